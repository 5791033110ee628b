// Cleans the text of a cue. What comes out holds only elements that WebVTT knows, each opened and closed, without
// attributes but the name of a voice and a language tag; everything else is escaped or left out. So a player may
// build elements from it without a second look.
// Source: W3C WebVTT, sections 4.2.2 (cue components) and 6.4 (cue text parsing).

import { CUE_NESTING_MAX } from './limits.ts';

/** What a cue may hold besides text. */
const ELEMENTS: ReadonlySet<string> = new Set(['b', 'i', 'u', 'c', 'v', 'lang', 'ruby', 'rt']);
const ENTITY = /^&(?:amp|lt|gt|nbsp|lrm|rlm);/;
const TAG = /^<(\/?)([a-z]+)((?:\.[^\s<>.]+)*)(?:[ \t]+([^<>]*))?>/i;
/** Any other thing in angle brackets that looks like an element: a font of SubRip, a script. */
const FOREIGN = /^<\/?[a-z!][^<>]*>/i;
const TIMESTAMP = /^<(?:\d{2,4}:)?\d{2}:\d{2}\.\d{3}>/;
const CLASS_NAME = /^[A-Za-z0-9_-]{1,32}$/;
const ANNOTATION_LENGTH_MAX = 100;

function opening(name: string, classes: string, annotation: string | undefined): string {
  const kept = classes
    .split('.')
    .filter((part) => CLASS_NAME.test(part))
    .map((part) => `.${part}`)
    .join('');
  const note = name === 'v' || name === 'lang' ? (annotation ?? '').replaceAll('&', '').trim() : '';
  return `<${name}${kept}${note === '' ? '' : ` ${note.slice(0, ANNOTATION_LENGTH_MAX)}`}>`;
}

/** Cleans the lines of a cue; an empty text when nothing is left to read. */
export function cleanCueText(raw: string): string {
  // Control characters, and the marks that turn the direction of whole lines around.
  const text = Array.from(raw, (character) =>
    (character < ' ' && character !== '\n') ||
    character === '\u007f' ||
    /[\u202a-\u202e\u2066-\u2069]/.test(character)
      ? ''
      : character,
  ).join('');
  const open: string[] = [];
  let out = '';
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === '&') {
      const entity = ENTITY.exec(text.slice(at, at + 8))?.[0];
      out += entity ?? '&amp;';
      at += entity?.length ?? 1;
    } else if (character === '>') {
      out += '&gt;';
      at += 1;
    } else if (character === '<') {
      const [piece, length] = readAngle(text.slice(at), open);
      out += piece;
      at += length;
    } else {
      out += character;
      at += 1;
    }
  }
  for (const name of open.reverse()) out += `</${name}>`;
  const lines = out.split('\n').map((line) => line.trim());
  // An empty line would end the cue.
  const joined = lines.filter((line) => line !== '').join('\n');
  return joined.replace(/<[^>]*>/g, '').trim() === '' ? '' : joined;
}

/** What an opening angle bracket becomes, and how much of the text it takes; keeps `open` up to date. */
function readAngle(rest: string, open: string[]): readonly [string, number] {
  const time = TIMESTAMP.exec(rest)?.[0];
  if (time !== undefined) return [time, time.length];
  const tag = TAG.exec(rest);
  const name = tag?.[2]?.toLowerCase() ?? '';
  if (tag === null || !ELEMENTS.has(name)) {
    const foreign = FOREIGN.exec(rest)?.[0];
    return foreign === undefined ? ['&lt;', 1] : ['', foreign.length];
  }
  const length = tag[0].length;
  if (tag[1] !== '/') {
    if (open.length >= CUE_NESTING_MAX) return ['', length];
    open.push(name);
    return [opening(name, tag[3] ?? '', tag[4]), length];
  }
  if (!open.includes(name)) return ['', length];
  // Whatever was opened inside ends with it.
  let closing = '';
  for (let last = open.pop(); last !== undefined; last = open.pop()) {
    closing += `</${last}>`;
    if (last === name) break;
  }
  return [closing, length];
}
