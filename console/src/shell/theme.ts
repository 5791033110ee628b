// Light, dark, or as the system says. Remembered in this browser.

import { createStore } from '../ui/store.ts';

export type Theme = 'auto' | 'light' | 'dark';
const KEY = 'meridian.theme';

function remembered(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'auto';
  } catch {
    return 'auto';
  }
}

export const theme = createStore<Theme>(remembered());

/** Puts the theme on the page; called once before the first drawing and at each change. */
export function applyTheme(): void {
  const value = theme.get();
  if (value === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
}

/** Changes and remembers the theme. */
export function setTheme(value: Theme): void {
  theme.set(value);
  applyTheme();
  try {
    if (value === 'auto') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, value);
  } catch {
    // A browser without storage forgets the choice at the next visit; nothing else is lost.
  }
}
