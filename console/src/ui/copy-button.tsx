// Copies a text, and says so on the spot.

import { useState } from 'react';
import { Icon } from './icon.tsx';
import { tell, tellFailure } from './toast.tsx';

const SHOWN_MS = 1_500;

/** Puts text on the clipboard, also where the clipboard API is missing (a console served over plain HTTP). */
export async function copyText(text: string, what: string): Promise<boolean> {
  try {
    if (navigator.clipboard !== undefined) await navigator.clipboard.writeText(text);
    else if (!copyBySelection(text))
      throw new Error('the browser refused; select the text and copy it by hand');
    tell(`${what} copied`);
    return true;
  } catch (error) {
    tellFailure(`${what} could not be copied`, error);
    return false;
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  const host = document.querySelector('dialog[open]') ?? document.body;
  host.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  return isCopied;
}

/** A button that copies `text`; `what` names it for people ("HLS address"). */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async (): Promise<void> => {
    if (!(await copyText(text, what))) return;
    setIsCopied(true);
    setTimeout(() => setIsCopied(false), SHOWN_MS);
  };
  return (
    <button
      type="button"
      className="icon-button small"
      aria-label={`Copy ${what}`}
      title={`Copy ${what}`}
      onClick={() => void copy()}
    >
      <Icon name={isCopied ? 'check' : 'copy'} />
    </button>
  );
}

interface CopyTextProps {
  readonly text: string;
  readonly what: string;
  /** What is seen in place of the whole text. */
  readonly shown?: string;
}

/** A text that is long or exact, with the button that copies it. */
export function CopyText({ text, what, shown = text }: CopyTextProps) {
  return (
    <div className="copy-text">
      <code>{shown}</code>
      <CopyButton text={text} what={what} />
    </div>
  );
}
