// Rebuilds MP4 files for the tests: replaces one box deep inside, with all sizes put right.

import { boxes } from './read-fragments.ts';

/** One box. */
export function box(type: string, ...body: readonly Buffer[]): Buffer {
  const content = Buffer.concat(body);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + content.length);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, content]);
}

/** The file with the body of every box on this path replaced. */
export function replaceBox(file: Buffer, path: readonly string[], replace: (body: Buffer) => Buffer): Buffer {
  const [type, ...rest] = path;
  return Buffer.concat(
    boxes(file).map((entry) => {
      if (entry.type !== type) return entry.whole;
      return box(entry.type, rest.length === 0 ? replace(entry.body) : replaceBox(entry.body, rest, replace));
    }),
  );
}

/** A data reference (ISO/IEC 14496-12, section 8.7.2) that says the media is elsewhere. */
export function externalReference(kind: 'url ' | 'alis', target: string): Buffer {
  const place = Buffer.from(`${target}\0`);
  const flags = Buffer.alloc(4);
  const entry = kind === 'url ' ? box(kind, flags, place) : box(kind, flags, aliasRecord(target));
  const count = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]);
  return Buffer.concat([count, entry]);
}

/** A QuickTime alias with an absolute path (tag 2), laid out as libavformat's mov_read_dref reads it. */
function aliasRecord(path: string): Buffer {
  const text = Buffer.from(`volume:${path.replaceAll('/', ':').slice(1)}`);
  const fixed = Buffer.alloc(150);
  fixed.writeUInt8(6, 10);
  fixed.write('volume', 11);
  fixed.writeUInt8(4, 50);
  fixed.write('name', 51);
  const tag = Buffer.alloc(4);
  tag.writeUInt16BE(2, 0);
  tag.writeUInt16BE(text.length, 2);
  const padding = Buffer.alloc(text.length % 2);
  return Buffer.concat([fixed, tag, text, padding, Buffer.from([0xff, 0xff, 0, 0])]);
}
