// An edge for the console's tests: posters, drawn as small pictures of hills so that screenshots look like a
// library, and an empty embedded player.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { crc32, deflateSync } from 'node:zlib';
import { hash32 } from '#base/prng.ts';

const WIDTH = 160;
const HEIGHT = 90;

/** One variant of one segment. */
const PLAYLISTS = [
  ['/main.m3u8', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv720/index.m3u8\n'],
  [
    '/index.m3u8',
    '#EXTM3U\n#EXT-X-MAP:URI="../a1/v720/init.mp4"\n#EXTINF:2,\n../a1/v720/0.m4s\n#EXT-X-ENDLIST\n',
  ],
] as const;

/** Answers posters, playlists, segments and watch pages. */
export function answerAsEdge(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '/';
  if (path.endsWith('/poster.jpg')) {
    response.writeHead(200, { 'content-type': 'image/png', 'cache-control': 'max-age=600' });
    response.end(poster(hash32(path)));
    return;
  }
  const text = PLAYLISTS.find(([end]) => path.endsWith(end))?.[1];
  if (text !== undefined || path.endsWith('.mp4') || path.endsWith('.m4s')) {
    response.writeHead(200, { 'access-control-allow-origin': '*' });
    response.end(text ?? Buffer.alloc(40_000));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!doctype html><title>Player</title><body style="margin:0;background:#10141a">');
}

/** One of a few dozen landscapes; drawn once each. */
const posters = new Map<number, Buffer>();

function poster(seed: number): Buffer {
  const kind = seed % 48;
  const known = posters.get(kind) ?? drawPoster(kind);
  posters.set(kind, known);
  return known;
}

function drawPoster(kind: number): Buffer {
  const hue = (kind * 67) % 360;
  const rows: number[] = [];
  for (let y = 0; y < HEIGHT; y += 1) {
    rows.push(0);
    for (let x = 0; x < WIDTH; x += 1) {
      const far = 52 + 9 * Math.sin(x / 21 + kind) + 4 * Math.sin(x / 7 + kind * 2);
      const near = 70 + 7 * Math.sin(x / 33 + kind * 3);
      const isSun = Math.hypot(x - 30 - ((kind * 17) % 100), y - 34) < 10;
      if (y > near) rows.push(...toRgb(hue, 0.36, 0.14));
      else if (y > far) rows.push(...toRgb(hue, 0.38, 0.24));
      else if (isSun) rows.push(...toRgb(hue + 60, 0.8, 0.85));
      else rows.push(...toRgb(hue + y / 2, 0.5, 0.34 + y / 190));
    }
  }
  return encodePng(Buffer.from(rows));
}

function toRgb(hue: number, saturation: number, lightness: number): [number, number, number] {
  const chroma = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): number => {
    const at = (offset + hue / 30) % 12;
    return Math.round(255 * (lightness - chroma * Math.max(-1, Math.min(at - 3, 9 - at, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** PNG (ISO/IEC 15948) of 8-bit RGB rows, each with its filter byte. */
function encodePng(rows: Buffer): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8 + body.length);
    frame.writeUInt32BE(data.length, 0);
    body.copy(frame, 4);
    frame.writeUInt32BE(crc32(body), 4 + body.length);
    return frame;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
