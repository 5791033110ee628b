// A region's edge in miniature, for player tests: one child process per region, so that tests can kill, stop, drain
// and steer them. It serves one small HLS and DASH asset with absolute addresses per pathway, as real edges do.

import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { claimPorts } from './free-ports.ts';
import { generatedDirectory } from './media.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SEGMENT_SECONDS = 2;

export type FakeSettings = {
  /** Media and playlists answer 421, as a draining edge does; steering stays 200. */
  isDraining: boolean;
  priority: readonly string[];
  /** Segments listed; the playlist has no end while fewer than all are. */
  segmentsListed: number;
  state: 'unknown' | 'processing' | 'growing' | 'complete' | 'failed' | 'deleted';
  /** Pace of one response; 0 is as fast as it goes. */
  bytesPerSecond: number;
  delayMs: number;
};

const DEFAULTS: FakeSettings = {
  isDraining: false,
  priority: [],
  segmentsListed: 0,
  state: 'complete',
  bytesPerSecond: 0,
  delayMs: 0,
};

export type FakeEdge = {
  readonly pathwayId: string;
  readonly baseUrl: string;
  readonly signal: (signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => Promise<void>;
  readonly restart: () => Promise<void>;
  readonly set: (settings: Partial<FakeSettings>) => Promise<void>;
  readonly requests: () => Promise<readonly string[]>;
  /** CMCD events that players posted. */
  readonly events: () => Promise<readonly string[]>;
};

export type FakeWorld = {
  readonly edges: readonly FakeEdge[];
  readonly segments: number;
  readonly durationSeconds: number;
  readonly stop: () => Promise<void>;
};

type Peer = { readonly pathwayId: string; readonly baseUrl: string };
type ToChild =
  | { readonly type: 'start'; readonly port: number }
  | { readonly type: 'peers'; readonly peers: readonly Peer[] }
  | { readonly type: 'set'; readonly settings: Partial<FakeSettings> }
  | { readonly type: 'requests' | 'events' };

function runFfmpeg(args: readonly string[]): void {
  const { status, stderr } = spawnSync('ffmpeg', ['-nostdin', '-y', '-loglevel', 'error', ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`ffmpeg failed: ${stderr}`);
}

/** Encodes the asset (two video renditions, one audio) into a directory: fMP4 segments named {n}.m4s. */
function makeAsset(directory: string, durationSeconds: number): void {
  for (const name of ['v360', 'v180', 'a1']) mkdirSync(join(directory, name));
  const hls = ['-f', 'hls', '-hls_segment_type', 'fmp4', '-hls_time', String(SEGMENT_SECONDS)];
  const list = ['-hls_playlist_type', 'vod', '-hls_fmp4_init_filename', 'init.mp4'];
  const out = (name: string): string[] => [
    ...hls,
    ...list,
    '-hls_segment_filename',
    join(directory, name, '%d.m4s'),
    join(directory, name, 'list.m3u8'),
  ];
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '60', '-sc_threshold', '0', '-bf', '0'];
  const seconds = `duration=${durationSeconds}`;
  runFfmpeg([
    ...['-f', 'lavfi', '-i', `testsrc2=size=640x360:rate=30:${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=330:sample_rate=48000:${seconds}`],
    ...['-filter_complex', '[0:v]split=2[x][y];[y]scale=320:180[z]'],
    ...['-map', '[x]', ...video, '-b:v', '700k', '-maxrate', '700k', '-bufsize', '700k', ...out('v360')],
    ...['-map', '[z]', ...video, '-b:v', '250k', '-maxrate', '250k', '-bufsize', '250k', ...out('v180')],
    ...['-map', '1:a', '-c:a', 'aac', '-b:a', '64k', ...out('a1')],
  ]);
  const cues = Array.from({ length: Math.floor(durationSeconds / 2) }, (_, n) => {
    const time = (at: number): string => `00:00:${String(at).padStart(2, '0')}.000`;
    return `${time(n * 2)} --> ${time(n * 2 + 2)}\nCaption number ${n + 1}\n`;
  });
  mkdirSync(join(directory, 's1'));
  writeFileSync(join(directory, 's1', '0.vtt'), `WEBVTT\n\n${cues.join('\n')}`);
  runFfmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=1:duration=1', '-frames:v', '1'],
    join(directory, 'poster.jpg'),
  ]);
}

/** Starts one edge per pathway, all with the same asset. */
export async function startFakeWorld(
  pathwayIds: readonly string[],
  durationSeconds: number,
  settings: Partial<FakeSettings> = {},
): Promise<FakeWorld> {
  const directory = generatedDirectory(`player-${durationSeconds}`, (empty) =>
    makeAsset(empty, durationSeconds),
  );
  const segments = readdirSync(join(directory, 'v360')).filter((name) => name.endsWith('.m4s')).length;
  const children = new Map<string, ChildProcess>();
  const first = { ...DEFAULTS, priority: pathwayIds, segmentsListed: segments, ...settings };
  const latest = new Map(pathwayIds.map((pathwayId) => [pathwayId, { ...first }]));

  const spawnEdge = async (pathwayId: string, port: number): Promise<number> => {
    const child = fork(fileURLToPath(import.meta.url), [pathwayId, directory, String(durationSeconds)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    children.set(pathwayId, child);
    return await ask<number>(child, { type: 'start', port });
  };
  const childOf = (pathwayId: string): ChildProcess => {
    const child = children.get(pathwayId);
    if (child === undefined) throw new Error(`no edge ${pathwayId}`);
    return child;
  };

  // Ports of its own, so that nobody else has one while its edge is dead.
  const claimed = await claimPorts(pathwayIds.length);
  const ports = new Map(pathwayIds.map((pathwayId, index) => [pathwayId, claimed[index] ?? 0]));
  for (const [pathwayId, port] of ports) await spawnEdge(pathwayId, port);
  const peers = pathwayIds.map((pathwayId) => ({
    pathwayId,
    baseUrl: `http://127.0.0.1:${ports.get(pathwayId)}`,
  }));
  const introduce = async (pathwayId: string): Promise<void> => {
    await ask(childOf(pathwayId), { type: 'peers', peers });
    await ask(childOf(pathwayId), { type: 'set', settings: latest.get(pathwayId) ?? {} });
  };
  for (const pathwayId of pathwayIds) await introduce(pathwayId);

  return {
    segments,
    durationSeconds,
    edges: peers.map(
      ({ pathwayId, baseUrl }): FakeEdge => ({
        pathwayId,
        baseUrl,
        ...lifeOf(() => childOf(pathwayId)),
        restart: async () => {
          await spawnEdge(pathwayId, ports.get(pathwayId) ?? 0);
          await introduce(pathwayId);
        },
        set: async (change) => {
          latest.set(pathwayId, { ...(latest.get(pathwayId) ?? first), ...change });
          // A dead edge learns it when it comes back.
          if (isAlive(childOf(pathwayId))) await ask(childOf(pathwayId), { type: 'set', settings: change });
        },
      }),
    ),
    stop: async () => {
      for (const child of children.values()) {
        if (!isAlive(child)) continue;
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await ended;
      }
    },
  };
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function lifeOf(child: () => ChildProcess): Pick<FakeEdge, 'signal' | 'requests' | 'events'> {
  return {
    signal: async (signal) => {
      const ended = once(child(), 'exit');
      child().kill(signal);
      if (signal === 'SIGKILL') await ended;
    },
    requests: async () => await ask<readonly string[]>(child(), { type: 'requests' }),
    events: async () => await ask<readonly string[]>(child(), { type: 'events' }),
  };
}

/** Messages are answered in order, one at a time per child. */
async function ask<T>(child: ChildProcess, message: ToChild): Promise<T> {
  const answer = once(child, 'message');
  child.send(message);
  const [value] = await answer;
  return value as T;
}

type Child = {
  readonly pathwayId: string;
  readonly directory: string;
  readonly durationSeconds: number;
  peers: readonly Peer[];
  settings: FakeSettings;
  readonly requests: string[];
  readonly events: string[];
};

/** Events that players post, a line each. */
async function takeEvents(child: Child, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  child.events.push(...body.split('\n').filter((line) => line !== ''));
  response.writeHead(204, { 'access-control-allow-origin': '*' }).end();
}

function multivariant(child: Child, prefix: string, asset: string): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  const own = child.peers.find((peer) => peer.pathwayId === child.pathwayId)?.baseUrl;
  const current = child.settings.priority[0] ?? child.pathwayId;
  lines.push(`#EXT-X-CONTENT-STEERING:SERVER-URI="${own}/steering/hls.json",PATHWAY-ID="${current}"`);
  for (const { pathwayId, baseUrl } of child.peers) {
    const base = `${baseUrl}${prefix}/m/${asset}`;
    lines.push(
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-${pathwayId}",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,STABLE-RENDITION-ID="a1",URI="${base}/a1/index.m3u8"`,
      `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs-${pathwayId}",NAME="English",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,URI="${base}/s1/index.m3u8"`,
    );
    for (const [name, bandwidth, size, codec] of [
      ['v180', 420_000, '320x180', 'avc1.42c00d'],
      ['v360', 950_000, '640x360', 'avc1.42c01e'],
    ] as const)
      lines.push(
        `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},AVERAGE-BANDWIDTH=${bandwidth},RESOLUTION=${size},FRAME-RATE=30,CODECS="${codec},mp4a.40.2",AUDIO="audio-${pathwayId}",SUBTITLES="subs-${pathwayId}",PATHWAY-ID="${pathwayId}",STABLE-VARIANT-ID="${name}"`,
        `${base}/${name}/index.m3u8`,
      );
  }
  return `${lines.join('\n')}\n`;
}

function mediaPlaylist(child: Child, rendition: string): string {
  if (rendition === 's1')
    return `#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:${child.durationSeconds}\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:${child.durationSeconds},\n0.vtt\n#EXT-X-ENDLIST\n`;
  const made = readFileSync(join(child.directory, rendition, 'list.m3u8'), 'utf8');
  const durations = [...made.matchAll(/#EXTINF:([\d.]+)/g)].map((match) => match[1] ?? '2');
  // Audio may have one segment more than video.
  const areAllListed = child.settings.segmentsListed >= child.durationSeconds / SEGMENT_SECONDS;
  const listed = areAllListed ? durations : durations.slice(0, child.settings.segmentsListed);
  const isEnded = areAllListed && child.settings.state === 'complete';
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-TARGETDURATION:3',
    `#EXT-X-PLAYLIST-TYPE:${isEnded ? 'VOD' : 'EVENT'}`,
    '#EXT-X-MAP:URI="init.mp4"',
    '#EXT-X-START:TIME-OFFSET=0,PRECISE=YES',
    ...listed.flatMap((seconds, n) => [`#EXTINF:${seconds},`, `${n}.m4s`]),
  ];
  if (isEnded) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

function dashManifest(child: Child, prefix: string, asset: string): string {
  const own = child.peers.find((peer) => peer.pathwayId === child.pathwayId)?.baseUrl;
  const ordered = child.settings.priority.flatMap((id) =>
    child.peers.filter((peer) => peer.pathwayId === id),
  );
  const bases = ordered.map(
    ({ pathwayId, baseUrl }) =>
      `<BaseURL serviceLocation="${pathwayId}">${baseUrl}${prefix}/m/${asset}/</BaseURL>`,
  );
  const template = `<SegmentTemplate timescale="1" duration="${SEGMENT_SECONDS}" startNumber="0" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s"/>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT${child.durationSeconds}S" minBufferTime="PT2S" profiles="urn:mpeg:dash:profile:isoff-live:2011">
<ContentSteering defaultServiceLocation="${ordered[0]?.pathwayId}" queryBeforeStart="false">${own}/steering/dash.json</ContentSteering>
${bases.join('\n')}
<Period id="0"><AdaptationSet contentType="video" segmentAlignment="true" mimeType="video/mp4">${template}
<Representation id="v180" bandwidth="420000" width="320" height="180" codecs="avc1.42c00d" frameRate="30"/>
<Representation id="v360" bandwidth="950000" width="640" height="360" codecs="avc1.42c01e" frameRate="30"/></AdaptationSet>
<AdaptationSet contentType="audio" lang="en" segmentAlignment="true" mimeType="audio/mp4">${template}
<Representation id="a1" bandwidth="70000" codecs="mp4a.40.2" audioSamplingRate="48000"/></AdaptationSet></Period></MPD>`;
}

type Answer = { readonly status: number; readonly type: string; readonly body: string | Buffer };

const TYPES: Readonly<Record<string, string>> = {
  m3u8: 'application/vnd.apple.mpegurl',
  mpd: 'application/dash+xml',
  m4s: 'video/iso.segment',
  mp4: 'video/mp4',
  vtt: 'text/vtt',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  html: 'text/html; charset=utf-8',
  json: 'application/json',
};

function answer(child: Child, url: URL): Answer {
  const json = (value: unknown): Answer => ({
    status: 200,
    type: 'application/json',
    body: JSON.stringify(value),
  });
  const path = url.pathname;
  if (path === '/probe') return { status: 204, type: 'text/plain', body: '' };
  if (path === '/player/edges.json')
    return json({
      edges: child.peers.map((peer) => ({ ...peer, regionId: peer.pathwayId, name: peer.pathwayId })),
      group: child.pathwayId,
    });
  if (path.startsWith('/steering/')) {
    const other = child.peers.find((peer) => peer.pathwayId !== child.settings.priority[0]);
    const name = path.endsWith('hls.json') ? 'PATHWAY-PRIORITY' : 'SERVICE-LOCATION-PRIORITY';
    return json({
      VERSION: 1,
      TTL: 5,
      'RELOAD-URI': `${other?.baseUrl}${path}`,
      'PATHWAY-PRIORITY': child.settings.priority,
      [name]: child.settings.priority,
    });
  }
  const page = /^\/(watch|embed)\//.exec(path)?.[1];
  if (page !== undefined) return file(join(root, 'player/dist', `${page}.html`));
  const player = /^\/player\/([a-z-]+\.(?:js|html))$/.exec(path)?.[1];
  if (player !== undefined) return file(join(root, 'player/dist', player));
  const library = /^\/lib\/([a-z0-9./-]+)$/.exec(path)?.[1];
  if (library !== undefined && !library.includes('..')) return file(join(root, 'node_modules', library));
  if (path === '/blank') return { status: 200, type: 'text/html', body: '<!doctype html><body></body>' };
  return media(child, path) ?? { status: 404, type: 'text/plain', body: 'not found' };
}

function media(child: Child, path: string): Answer | undefined {
  const match = /^(\/t\/[^/]+)?\/m\/([^/]+\/[^/]+)\/(v\d+|current)\/(.+)$/.exec(path);
  const [, prefix = '', place, version, rest] = match ?? [];
  if (rest === undefined) return undefined;
  const asset = `${place}/${version === 'current' ? 'v1' : version}`;
  const { settings } = child;
  if (rest === 'status.json') {
    const isPlayable = settings.state === 'growing' || settings.state === 'complete';
    const durationMs = child.durationSeconds * 1_000;
    const body = JSON.stringify({ state: settings.state, isPlayable, durationMs });
    return { status: 200, type: 'application/json', body };
  }
  if (settings.isDraining) return { status: 421, type: 'text/plain', body: 'draining' };
  if (settings.state === 'processing') return { status: 404, type: 'text/plain', body: 'not yet' };
  const text = (body: string, kind: 'm3u8' | 'mpd'): Answer => ({
    status: 200,
    type: TYPES[kind] ?? '',
    body,
  });
  if (rest === 'main.m3u8') return text(multivariant(child, prefix, asset), 'm3u8');
  if (rest === 'manifest.mpd') return text(dashManifest(child, prefix, asset), 'mpd');
  const list = /^([a-z0-9]+)\/index\.m3u8$/.exec(rest)?.[1];
  if (list !== undefined) return text(mediaPlaylist(child, list), 'm3u8');
  return /^[a-z0-9/]+\.[a-z0-9]+$/.test(rest) ? file(join(child.directory, rest)) : undefined;
}

function file(path: string): Answer {
  try {
    const type = TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    return { status: 200, type, body: readFileSync(path) };
  } catch {
    return { status: 404, type: 'text/plain', body: 'not found' };
  }
}

async function send(child: Child, response: ServerResponse, { status, type, body }: Answer): Promise<void> {
  const { bytesPerSecond, delayMs } = child.settings;
  if (delayMs > 0) await delay(delayMs);
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    'content-type': type,
    'content-length': bytes.length,
    'access-control-allow-origin': '*',
    'cache-control': 'no-store',
    ...(type.startsWith('text/html') ? { 'cache-control': 'no-cache' } : {}),
  });
  if (bytesPerSecond === 0 || !type.startsWith('video/')) {
    response.end(bytes);
    return;
  }
  const slice = Math.max(1, Math.round(bytesPerSecond / 20));
  for (let offset = 0; offset < bytes.length && !response.destroyed; offset += slice) {
    response.write(bytes.subarray(offset, offset + slice));
    await delay(50);
  }
  response.end();
}

function runChild(pathwayId: string, directory: string, durationSeconds: number): void {
  const child: Child = {
    pathwayId,
    directory,
    durationSeconds,
    peers: [],
    settings: DEFAULTS,
    requests: [],
    events: [],
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://edge');
    if (request.method === 'POST' && url.pathname === '/cmcd') {
      takeEvents(child, request, response).catch(() => response.destroy());
      return;
    }
    child.requests.push(`${request.method} ${request.url}`);
    send(child, response, answer(child, url)).catch(() => response.destroy());
  });
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: ToChild) => {
    if (message.type === 'start')
      server.listen(message.port, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
    else {
      if (message.type === 'peers') child.peers = message.peers;
      if (message.type === 'set') child.settings = { ...child.settings, ...message.settings };
      const isAsked = message.type === 'requests' || message.type === 'events';
      process.send?.(isAsked ? child[message.type] : 'done');
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  runChild(process.argv[2] ?? '', process.argv[3] ?? '', Number(process.argv[4]));
