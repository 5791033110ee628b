// Which key does what. Pure, so that it can be tested and shown.

export type Action =
  | {
      readonly type: 'toggle-play' | 'toggle-mute' | 'toggle-fullscreen' | 'toggle-captions' | 'toggle-stats';
    }
  | { readonly type: 'seek-by'; readonly seconds: number }
  | { readonly type: 'seek-to'; readonly share: number }
  | { readonly type: 'volume-by'; readonly amount: number }
  | { readonly type: 'speed-by'; readonly steps: number };

const KEYS: Readonly<Record<string, Action>> = {
  ' ': { type: 'toggle-play' },
  k: { type: 'toggle-play' },
  m: { type: 'toggle-mute' },
  f: { type: 'toggle-fullscreen' },
  c: { type: 'toggle-captions' },
  i: { type: 'toggle-stats' },
  j: { type: 'seek-by', seconds: -10 },
  l: { type: 'seek-by', seconds: 10 },
  ArrowLeft: { type: 'seek-by', seconds: -5 },
  ArrowRight: { type: 'seek-by', seconds: 5 },
  ArrowUp: { type: 'volume-by', amount: 0.1 },
  ArrowDown: { type: 'volume-by', amount: -0.1 },
  Home: { type: 'seek-to', share: 0 },
  End: { type: 'seek-to', share: 1 },
  '<': { type: 'speed-by', steps: -1 },
  '>': { type: 'speed-by', steps: 1 },
};

/** The action of a key; undefined for keys that are not the player's, and for all combinations with a modifier. */
export function actionOf(
  key: string,
  modifiers: { readonly ctrlKey: boolean; readonly altKey: boolean; readonly metaKey: boolean },
): Action | undefined {
  if (modifiers.ctrlKey || modifiers.altKey || modifiers.metaKey) return undefined;
  if (/^[0-9]$/.test(key)) return { type: 'seek-to', share: Number(key) / 10 };
  return KEYS[key.length === 1 ? key.toLowerCase() : key];
}
