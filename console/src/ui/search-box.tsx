// A search field above a list; Escape empties it, then leaves it. What was typed is given on once it settles.

import { useEffect, useState } from 'react';
import { Icon } from './icon.tsx';

interface SearchBoxProps {
  /** "Search incidents". */
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** The field. */
export function SearchBox({ label, value, onChange }: SearchBoxProps) {
  return (
    <search className="search">
      <Icon name="search" />
      <input
        className="input"
        type="text"
        inputMode="search"
        maxLength={100}
        aria-label={label}
        placeholder="Search"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          if (value === '') event.currentTarget.blur();
          else onChange('');
        }}
      />
      {value !== '' && (
        <button
          type="button"
          className="icon-button small"
          aria-label="Clear the search"
          onClick={() => onChange('')}
        >
          <Icon name="close" />
        </button>
      )}
    </search>
  );
}

/** Typing pauses this long before control is asked. */
const SETTLE_MS = 180;

/** What was typed, once it stays the same for a moment. */
export function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
