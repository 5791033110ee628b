// Cue settings: where and how a cue is shown. Unknown and wrong ones are left out, as a player would; regions too,
// since the file's definitions of them are not kept.
// Source: W3C WebVTT, section 6.3.

const KNOWN: readonly RegExp[] = [
  /^vertical:(?:rl|lr)$/,
  /^line:(?:-?\d{1,3}|\d{1,3}(?:\.\d{1,4})?%)(?:,(?:start|center|end))?$/,
  /^position:\d{1,3}(?:\.\d{1,4})?%(?:,(?:line-left|center|line-right))?$/,
  /^size:\d{1,3}(?:\.\d{1,4})?%$/,
  /^align:(?:start|center|end|left|right)$/,
];

/** The known settings of a cue, in their order. */
export function cleanSettings(text: string): string {
  return text
    .split(/\s+/)
    .filter((setting) => KNOWN.some((pattern) => pattern.test(setting)))
    .filter((setting) => Number(/:(\d+(?:\.\d+)?)%/.exec(setting)?.[1] ?? 0) <= 100)
    .join(' ');
}
