// Looks at a JPEG without decoding it: is it one, how large is its picture, and what does it carry besides.
// Metadata is dropped: a photograph tells where it was taken, and a poster is shown to everybody. So is whatever
// stands behind the picture's end.
// Source: ITU-T T.81, annex B.

export type CleanJpeg =
  | { readonly kind: 'jpeg'; readonly bytes: Uint8Array; readonly width: number; readonly height: number }
  | { readonly kind: 'refused'; readonly reason: string };

/** Largest side of a poster: pages show it no larger than a 4K screen. */
export const POSTER_SIDE_MAX = 4_096;
const SEGMENTS_MAX = 1_000;

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const COMMENT = 0xfe;

/** Application data that decoders need: JFIF, colour profiles, Adobe's colour transform. */
const KEPT_APPLICATION_DATA: ReadonlySet<number> = new Set([0xe0, 0xe2, 0xee]);

function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function refuse(reason: string): CleanJpeg {
  return { kind: 'refused', reason };
}

/** Checks a JPEG and drops its metadata. */
export function cleanJpeg(data: Uint8Array): CleanJpeg {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 4 || data[0] !== 0xff || data[1] !== SOI) return refuse('it is no JPEG');
  const kept: Uint8Array[] = [data.subarray(0, 2)];
  let size: { width: number; height: number } | null = null;
  let at = 2;
  for (let count = 0; count < SEGMENTS_MAX && at + 4 <= data.length; count += 1) {
    if (data[at] !== 0xff) return refuse('it is damaged');
    const marker = data[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = view.getUint16(at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > data.length) return refuse('it ends early');
    if (isFrameHeader(marker) && length >= 8)
      size = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    if (marker === SOS) {
      const close = endOfPicture(data, end);
      if (size === null) return refuse('it is damaged');
      if (close === null) return refuse('it ends early');
      if (Math.min(size.width, size.height) < 1 || Math.max(size.width, size.height) > POSTER_SIDE_MAX)
        return refuse(
          `it has ${size.width} × ${size.height} pixels; at most ${POSTER_SIDE_MAX} a side are taken`,
        );
      kept.push(data.subarray(at, close));
      return { kind: 'jpeg', bytes: join(kept), ...size };
    }
    const isMetadata =
      marker === COMMENT || (marker >= 0xe0 && marker <= 0xef && !KEPT_APPLICATION_DATA.has(marker));
    if (!isMetadata) kept.push(data.subarray(at, end));
    at = end;
  }
  return refuse('it holds no picture');
}

/** One past the end marker, from the first scan on. */
function endOfPicture(data: Uint8Array, from: number): number | null {
  for (let at = data.indexOf(0xff, from); at !== -1; at = data.indexOf(0xff, at + 1))
    if (data[at + 1] === EOI) return at + 2;
  return null;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Takes pictures apart that stand one behind the other, as an encoder writes them to a pipe. */
export function splitJpegs(data: Uint8Array): Uint8Array[] {
  const pictures: Uint8Array[] = [];
  let at = 0;
  while (at + 1 < data.length && data[at] === 0xff && data[at + 1] === SOI) {
    // Our encoder writes one scan and no thumbnails, so the first end marker behind the scan is the end.
    const scan = scanStart(data, at + 2);
    const end = scan === null ? null : endOfPicture(data, scan);
    if (end === null) break;
    pictures.push(data.subarray(at, end));
    at = end;
  }
  return pictures;
}

/** Where the segment that begins the scan lies. */
function scanStart(data: Uint8Array, from: number): number | null {
  let at = from;
  for (let count = 0; count < SEGMENTS_MAX && at + 4 <= data.length; count += 1) {
    if (data[at] !== 0xff) return null;
    if (data[at + 1] === SOS) return at;
    at += 2 + (((data[at + 2] ?? 0) << 8) | (data[at + 3] ?? 0));
  }
  return null;
}
