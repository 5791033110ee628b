// Keys. A page registers what it understands while it is mounted; typing in a field, or an open dialog or menu,
// keeps all of them quiet. "g w" is two keys in a row.

import { useEffect, useRef } from 'react';

export type KeyMap = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** How long the first key of a pair waits for the second. */
const PAIR_MS_MAX = 1_200;

let prefix = { key: '', atMs: 0 };

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

/** Runs the handler of each key while mounted. */
export function useKeys(keys: KeyMap): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector('dialog[open], [popover]:popover-open') !== null)
        return;
      const isPair = prefix.key !== '' && event.timeStamp - prefix.atMs < PAIR_MS_MAX;
      const handler = latest.current[isPair ? `${prefix.key} ${event.key}` : event.key];
      if (handler === undefined) return;
      event.preventDefault();
      handler(event);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

/** Remembers the first key of a pair; mounted once, after every page has had its turn. */
export function useKeyPairs(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (isTyping(event.target)) return;
      prefix = { key: event.key === 'g' ? 'g' : '', atMs: event.timeStamp };
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
