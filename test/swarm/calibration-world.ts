// What the calibration plays: one presentation with three levels, and links that get slower and faster. Every viewer
// has links of its own with the same plan, so that a browser and a virtual viewer may play at the same time without
// sharing anything but the machine.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMediaPlaylist } from '#viewer/swarm/read-playlist.ts';
import type { SwarmEdge } from '#viewer/swarm/swarm.ts';
import { listen, openWay, type Plan, runFfmpeg, type Way } from './planned-ways.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const ASSET_PATH = '/m/default/ast_1/v1/main.m3u8';
const SEGMENT_SECONDS = 2;
const LEVELS = [
  { name: 'v180', size: '320x180', kbps: 250, codec: 'avc1.42c00d' },
  { name: 'v270', size: '480x270', kbps: 600, codec: 'avc1.42c015' },
  { name: 'v360', size: '640x360', kbps: 1_200, codec: 'avc1.42c01e' },
] as const;

export type CalibrationWorld = {
  readonly pageUrl: string;
  readonly openWay: (plan: Plan) => Promise<Way>;
  readonly close: () => Promise<void>;
};

const HEADERS = { 'access-control-allow-origin': '*', 'cache-control': 'no-store' };

function makeAsset(seconds: number): string {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-calibration-'));
  for (const name of [...LEVELS.map((level) => level.name), 'a1']) mkdirSync(join(directory, name));
  const out = (name: string): string[] => [
    ...['-f', 'hls', '-hls_segment_type', 'fmp4', '-hls_time', String(SEGMENT_SECONDS)],
    ...['-hls_playlist_type', 'vod', '-hls_fmp4_init_filename', 'init.mp4'],
    ...['-hls_segment_filename', join(directory, name, '%d.m4s'), join(directory, name, 'index.m3u8')],
  ];
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '60', '-sc_threshold', '0', '-bf', '0'];
  const outputs = LEVELS.flatMap(({ name, size, kbps }) => [
    ...['-map', '0:v', '-s', size, ...x264, '-b:v', `${kbps}k`, '-maxrate', `${kbps}k`],
    ...['-minrate', `${kbps}k`, '-bufsize', `${kbps}k`, ...out(name)],
  ]);
  runFfmpeg([
    ...['-f', 'lavfi', '-i', `testsrc2=size=640x360:rate=30:duration=${seconds},noise=alls=20:allf=t`],
    ...['-f', 'lavfi', '-i', `sine=frequency=330:sample_rate=48000:duration=${seconds}`],
    ...outputs,
    ...['-map', '1:a', '-c:a', 'aac', '-b:a', '64k', ...out('a1')],
  ]);
  return directory;
}

/** Bandwidth of a rendition as it must be declared: its fattest segment, and its mean. */
function rateOf(directory: string, name: string): { readonly peak: number; readonly mean: number } {
  const playlist = readMediaPlaylist(readFileSync(join(directory, name, 'index.m3u8'), 'utf8'));
  const rates = (playlist?.segments ?? []).map(({ uri, durationSeconds }) => ({
    bits: statSync(join(directory, name, uri)).size * 8,
    durationSeconds,
  }));
  const bits = rates.reduce((sum, rate) => sum + rate.bits, 0);
  // A last segment of a few frames says nothing.
  const whole = rates.filter(({ durationSeconds }) => durationSeconds > SEGMENT_SECONDS / 2);
  return {
    peak: Math.ceil(Math.max(...whole.map((rate) => rate.bits / rate.durationSeconds))),
    mean: Math.ceil(bits / (playlist?.durationSeconds ?? 1)),
  };
}

type RatedLevel = (typeof LEVELS)[number] & { readonly peak: number; readonly mean: number };

function multivariant(edges: readonly SwarmEdge[], levels: readonly RatedLevel[]): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  const first = edges[0];
  lines.push(
    `#EXT-X-CONTENT-STEERING:SERVER-URI="${first?.baseUrl}/steering/hls.json",PATHWAY-ID="${first?.pathwayId}"`,
  );
  for (const { pathwayId, baseUrl } of edges) {
    const base = `${baseUrl}/m/default/ast_1/v1`;
    lines.push(
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-${pathwayId}",NAME="English",DEFAULT=YES,AUTOSELECT=YES,STABLE-RENDITION-ID="a1",URI="${base}/a1/index.m3u8"`,
    );
    for (const { name, size, codec, peak, mean } of levels)
      lines.push(
        `#EXT-X-STREAM-INF:BANDWIDTH=${peak},AVERAGE-BANDWIDTH=${mean},RESOLUTION=${size},FRAME-RATE=30.000,CODECS="${codec},mp4a.40.2",AUDIO="audio-${pathwayId}",PATHWAY-ID="${pathwayId}",STABLE-VARIANT-ID="${name}"`,
        `${base}/${name}/index.m3u8`,
      );
  }
  return `${lines.join('\n')}\n`;
}

/** Encodes the presentation and serves it. */
export async function startCalibrationWorld(seconds: number): Promise<CalibrationWorld> {
  const directory = makeAsset(seconds);
  const audio = rateOf(directory, 'a1');
  const levels = LEVELS.map((level) => {
    const { peak, mean } = rateOf(directory, level.name);
    return { ...level, peak: peak + audio.peak, mean: mean + audio.mean };
  });
  /** Pathways of the way that an address (host and port) belongs to. */
  const ways = new Map<string, readonly SwarmEdge[]>();
  const onFirst = new Map<string, () => void>();

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const host = request.headers.host ?? '';
    onFirst.get(host)?.();
    const edges = ways.get(host) ?? [];
    const path = new URL(request.url ?? '/', 'http://edge').pathname;
    const send = (type: string, body: string | Buffer): void => {
      const headers = { ...HEADERS, 'content-type': type, 'content-length': Buffer.byteLength(body) };
      response.writeHead(200, headers).end(body);
    };
    if (path === '/page') send('text/html', PAGE);
    else if (path === '/player.js')
      send('text/javascript', readFileSync(join(ROOT, 'player/dist/meridian-player.js')));
    else if (path === ASSET_PATH) send('application/vnd.apple.mpegurl', multivariant(edges, levels));
    else if (path === '/steering/hls.json') {
      const priority = edges.map(({ pathwayId }) => pathwayId);
      send('application/json', JSON.stringify({ VERSION: 1, TTL: 10, 'PATHWAY-PRIORITY': priority }));
    } else {
      const file = /^\/m\/default\/ast_1\/v1\/([a-z0-9]+\/[a-z0-9]+\.(?:m3u8|mp4|m4s))$/.exec(path)?.[1];
      if (file === undefined) response.writeHead(404, { 'content-length': 0 }).end();
      else send('application/octet-stream', readFileSync(join(directory, file)));
    }
  };
  const server = createServer(answer);
  const port = await listen(server);

  return {
    pageUrl: `http://127.0.0.1:${port}/page`,
    async openWay(plan) {
      const way = await openWay(port, plan);
      const { edges } = way;
      for (const { baseUrl } of edges) {
        const { host } = new URL(baseUrl);
        ways.set(host, edges);
        onFirst.set(host, () => {
          for (const edge of edges) onFirst.delete(new URL(edge.baseUrl).host);
          way.begin();
        });
      }
      return way;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The real player without anything around it; levels of the segments that arrived are noted. */
const PAGE = `<!doctype html><title>calibration</title><body>
<video muted playsinline width="640" height="360"></video><script src="/player.js"></script><script>
window.play = (src, edges) => {
  localStorage.setItem('meridian-throughput', '3750000');
  const video = document.querySelector('video');
  window.levels = [];
  const player = window.Meridian.createPlayer(video, { src, edges, isAutoplay: true, isMuted: true, hasCmcd: false });
  let watched;
  const watch = () => {
    const hls = player.engine.hls();
    if (hls === undefined || hls === watched) return;
    watched = hls;
    hls.on('hlsFragBuffered', (_, { frag }) => {
      if (frag.type === 'main' && frag.sn !== 'initSegment') window.levels.push(frag.level);
    });
  };
  watch();
  // The last resort plays on with a new instance.
  setInterval(watch, 50);
  const startedAtMs = performance.now();
  video.addEventListener('ended', () => { window.endedAfterMs = performance.now() - startedAtMs; });
};
</script>`;
