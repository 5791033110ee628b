// Tells what a file is by its first bytes, before FFmpeg sees it. Only containers that hold media themselves are
// let through, each with the one demuxer that may read it. FFmpeg's own guessing is never used: it would take a
// playlist or a script named .mp4 for what it is and open the files and addresses named in it.
//
// Limits: SNIFF_BYTES from the start (and as many behind an ID3 tag). Names never matter, only bytes.
// Sources: the probe functions of libavformat; ISO/IEC 14496-12; RFC 8216 section 4; FFmpeg's security reports on
// HLS playlists and concat scripts inside uploads (CVE-2016-1897, CVE-2016-1898).

export type Sniffed =
  | { readonly kind: 'media'; readonly demuxer: Demuxer }
  /** An ID3 tag comes first; what follows begins at this byte. */
  | { readonly kind: 'tag'; readonly nextOffset: number }
  /** It points to other files or addresses. */
  | { readonly kind: 'forbidden'; readonly reason: string }
  | { readonly kind: 'unsupported'; readonly reason: string };

export type Demuxer =
  | 'mov'
  | 'matroska'
  | 'avi'
  | 'mpegts'
  | 'mpeg'
  | 'flv'
  | 'ogg'
  | 'wav'
  | 'w64'
  | 'aiff'
  | 'caf'
  | 'mp3'
  | 'flac'
  | 'aac'
  | 'asf'
  | 'mxf';

const SIGNATURES: readonly (readonly [demuxer: Demuxer, offset: number, bytes: string])[] = [
  ['matroska', 0, '\x1a\x45\xdf\xa3'],
  ['flv', 0, 'FLV\x01'],
  ['ogg', 0, 'OggS'],
  ['flac', 0, 'fLaC'],
  ['caf', 0, 'caff'],
  ['mpeg', 0, '\x00\x00\x01\xba'],
  ['asf', 0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c'],
  ['mxf', 0, '\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02'],
  ['w64', 0, 'riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00'],
];

/** The four letters behind `RIFF` or `FORM` and a size. */
const CHUNKED: Readonly<Record<string, Demuxer>> = {
  'RIFFAVI ': 'avi',
  RIFFAVIX: 'avi',
  RIFFWAVE: 'wav',
  RF64WAVE: 'wav',
  BW64WAVE: 'wav',
  FORMAIFF: 'aiff',
  FORMAIFC: 'aiff',
};

const STILL_IMAGES: readonly string[] = [
  '\xff\xd8\xff',
  '\x89PNG',
  'GIF8',
  'BM',
  'II*\0',
  'MM\0*',
  '\0\0\x01\0',
];
const MOV_FIRST_BOXES = new Set(['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot', 'styp']);
const MOV_IMAGE_BRANDS = new Set(['avif', 'heic', 'heix', 'heim', 'heis', 'mif1']);

/** Judges the first bytes of a file, which must not be empty. */
export function sniff(head: Buffer): Sniffed {
  const latin = head.toString('latin1');
  for (const [demuxer, offset, bytes] of SIGNATURES)
    if (latin.startsWith(bytes, offset)) return { kind: 'media', demuxer };
  const chunked = CHUNKED[latin.slice(0, 4) + latin.slice(8, 12)];
  if (chunked !== undefined) return { kind: 'media', demuxer: chunked };
  if (MOV_FIRST_BOXES.has(latin.slice(4, 8))) return sniffMov(head, latin);
  if (isTransportStream(head)) return { kind: 'media', demuxer: 'mpegts' };
  if (latin.startsWith('ID3') && head.length >= 10) return { kind: 'tag', nextOffset: id3End(head) };
  if (STILL_IMAGES.some((signature) => latin.startsWith(signature)) || latin.slice(8, 12) === 'WEBP')
    return { kind: 'unsupported', reason: 'it is a still image' };
  const text = asText(head);
  if (text !== null) return sniffText(text);
  if (isAdts(head)) return { kind: 'media', demuxer: 'aac' };
  if (isMpegAudio(head)) return { kind: 'media', demuxer: 'mp3' };
  return { kind: 'unsupported', reason: 'it is not a media file of any kind known here' };
}

function sniffMov(head: Buffer, latin: string): Sniffed {
  if (latin.slice(4, 8) === 'ftyp' && MOV_IMAGE_BRANDS.has(latin.slice(8, 12)))
    return { kind: 'unsupported', reason: 'it is a still image' };
  const size = head.readUInt32BE(0);
  if (size > 1 && size < 8)
    return { kind: 'unsupported', reason: 'it is not a media file of any kind known here' };
  return { kind: 'media', demuxer: 'mov' };
}

/** Sync bytes at the distance of plain (188), time-stamped (192) or error-corrected (204) packets, three in a row. */
function isTransportStream(head: Buffer): boolean {
  for (const packetBytes of [188, 192, 204])
    for (const first of packetBytes === 192 ? [4, 0] : [0])
      if ([0, 1, 2].every((packet) => head[first + packet * packetBytes] === 0x47)) return true;
  return false;
}

/** RFC-less ID3v2: ten bytes of header, the size in four times seven bits, and ten more with a footer. */
function id3End(head: Buffer): number {
  const at = (index: number): number => (head[index] ?? 0) & 0x7f;
  const hasFooter = ((head[5] ?? 0) & 0x10) !== 0;
  return 10 + ((at(6) << 21) | (at(7) << 14) | (at(8) << 7) | at(9)) + (hasFooter ? 10 : 0);
}

/** Two ADTS frames in a row (ISO/IEC 13818-7), or one that fills what is there. */
function isAdts(head: Buffer): boolean {
  let offset = 0;
  for (let frame = 0; frame < 2; frame++) {
    if (offset + 7 > head.length) return frame > 0;
    if (head[offset] !== 0xff || ((head[offset + 1] ?? 0) & 0xf6) !== 0xf0) return false;
    const bytes = ((head.readUInt32BE(offset + 3) >>> 13) & 0x1fff) >>> 0;
    if (bytes < 7) return false;
    offset += bytes;
  }
  return true;
}

const MPEG1_LAYER3_KBPS = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MPEG2_LAYER3_KBPS = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const MPEG1_RATES_HZ = [44_100, 48_000, 32_000];

/** Length of a layer III frame whose header begins here, or 0. */
function mpegAudioFrameBytes(head: Buffer, offset: number): number {
  if (offset + 4 > head.length) return 0;
  const header = head.readUInt32BE(offset);
  const version = (header >>> 19) & 3;
  if (header >>> 21 !== 0x7ff || version === 1 || ((header >>> 17) & 3) !== 1) return 0;
  const kbps = (version === 3 ? MPEG1_LAYER3_KBPS : MPEG2_LAYER3_KBPS)[(header >>> 12) & 15] ?? 0;
  const rateHz = (MPEG1_RATES_HZ[(header >>> 10) & 3] ?? 0) / (version === 3 ? 1 : version === 2 ? 2 : 4);
  if (kbps === 0 || rateHz === 0) return 0;
  return Math.floor(((version === 3 ? 144_000 : 72_000) * kbps) / rateHz) + ((header >>> 9) & 1);
}

/** Two MP3 frames in a row, so that noise which happens to begin with a sync word is not taken for music. */
function isMpegAudio(head: Buffer): boolean {
  const first = mpegAudioFrameBytes(head, 0);
  return first > 0 && mpegAudioFrameBytes(head, first) > 0;
}

/** The start of a text in UTF-8 or UTF-16, or null when the bytes are no text. */
function asText(head: Buffer): string | null {
  const isUtf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (isUtf16) return head[0] === 0xff ? head.toString('utf16le', 2) : head.toString('latin1');
  if (head.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c))
    return null;
  // A character cut off at the end of the window is no reason to call it binary.
  const text = head.toString('utf8').replace(/\uFFFD{1,3}$/, '');
  return text.includes('\uFFFD') ? null : text.replace(/^\uFEFF/, '');
}

const POINTERS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^#EXTM3U/i, 'it is an HLS or M3U playlist'],
  [/^#EXT/i, 'it is an HLS playlist'],
  [/^ffconcat\b/i, 'it is a concat script'],
  [/^(file|stream)\s+\S/im, 'it is a concat script'],
  [/^\[playlist\]/i, 'it is a PLS playlist'],
  [/^\[Reference\]/i, 'it is a reference file'],
  [/^(RTSPtext|SMILtext)/i, 'it is a reference file'],
  [/^v=0\s/, 'it is an SDP description'],
  [/<MPD[\s>]/i, 'it is a DASH manifest'],
  [/<SmoothStreamingMedia/i, 'it is a Smooth Streaming manifest'],
  [/<(smil|asx|playlist|rss|wpl)[\s>]/i, 'it is a playlist'],
  [/^;FFMETADATA/i, 'it is a metadata script'],
  [/[a-z][a-z0-9+.-]{1,15}:(\/\/|\\\\)/i, 'it is text with addresses in it'],
  [/%0?\d*d\b/, 'it is text with a file name pattern in it'],
];

function sniffText(text: string): Sniffed {
  const start = text.trimStart();
  for (const [pattern, reason] of POINTERS) if (pattern.test(start)) return { kind: 'forbidden', reason };
  if (/^(WEBVTT|\d+\r?\n\d\d:\d\d:\d\d|\[Script Info\])/i.test(start))
    return { kind: 'unsupported', reason: 'it is a subtitle file' };
  if (start.startsWith('<')) return { kind: 'unsupported', reason: 'it is an XML or web page' };
  return { kind: 'unsupported', reason: 'it is text' };
}
