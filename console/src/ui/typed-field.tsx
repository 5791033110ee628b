// A field of a filter that is typed in: what is typed counts a moment after the last key, so that a list is not asked for
// with every letter.

import { useEffect, useRef, useState } from 'react';

/** A pause that says that somebody has stopped typing. */
const PAUSE_MS = 250;

interface TypedFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly isInvalid?: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** The field. */
export function TypedField({ label, placeholder, isInvalid = false, value, onChange }: TypedFieldProps) {
  const [text, setText] = useState(value);
  const [told, setTold] = useState(value);
  const onChangeRef = useRef(onChange);
  onChangeRef.current = onChange;
  // Changed from elsewhere: by a link, or by clearing.
  if (value !== told) {
    setTold(value);
    setText(value);
  }
  useEffect(() => {
    if (text === told) return;
    const timer = setTimeout(() => {
      setTold(text);
      onChangeRef.current(text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, told]);
  return (
    <input
      className="input"
      type="search"
      aria-label={label}
      placeholder={placeholder}
      aria-invalid={isInvalid}
      maxLength={200}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}
