// What is going on, for whoever asks (key i): where the bytes come from, how much is buffered, what went wrong when.

import type { SwitchReason } from '../../../src/core/playback/failover.ts';
import type { Engine, PlayerStats } from '../engine.ts';
import { clock } from './clock.ts';
import { make } from './dom.ts';

/** Points of the buffer graph: half a minute at two a second. */
const POINTS_MAX = 60;
/** Moves shown; the rest is in stats(). */
const MOVES_SHOWN = 4;

export type StatsOverlay = {
  readonly element: HTMLElement;
  readonly refresh: () => void;
  readonly toggle: () => void;
};

/** A reason in words. */
export function describeReason(reason: SwitchReason): string {
  switch (reason.code) {
    case 'unreachable':
      return 'unreachable';
    case 'no-first-byte':
      return `no answer for ${Math.round(reason.waitedMs)} ms`;
    case 'no-progress':
      return `stopped sending for ${Math.round(reason.waitedMs)} ms`;
    case 'status':
      return `answered ${reason.status}`;
    case 'invalid':
      return 'sent nonsense';
    case 'steering':
      return 'steering';
    case 'start':
      return 'start';
  }
}

function megabits(bitsPerSecond: number): string {
  return `${(bitsPerSecond / 1_000_000).toFixed(2)} Mb/s`;
}

function rowsOf(engine: Engine, stats: PlayerStats): readonly (readonly [string, string])[] {
  const longest = stats.longestStallMs > 0 ? `, longest ${stats.longestStallMs} ms` : '';
  const total = engine.video.getVideoPlaybackQuality().totalVideoFrames;
  return [
    ['Pathway', stats.pathway],
    ['Edge', engine.edgeName()],
    ['Buffer', `${(stats.bufferedMs / 1_000).toFixed(1)} s`],
    ['Level', stats.level === '' ? '–' : `${stats.level} at ${megabits(stats.bitrateBps)}`],
    ['Throughput', stats.throughputBps > 0 ? megabits(stats.throughputBps) : '–'],
    ['Start', stats.startupMs === null ? '–' : `${stats.startupMs} ms to the first frame`],
    ['Frames', `${total} shown, ${stats.droppedFrames} dropped`],
    ['Stalls', `${stats.stalls.length}${longest}`],
    ['Session', engine.sessionId.slice(0, 12)],
  ];
}

/** Creates the overlay, hidden. */
export function createStatsOverlay(engine: () => Engine | undefined): StatsOverlay {
  const list = make('dl');
  const moves = make('ol');
  const graph = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  graph.setAttribute('class', 'graph');
  graph.setAttribute('viewBox', '0 0 60 30');
  graph.setAttribute('preserveAspectRatio', 'none');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  line.setAttribute('fill', 'rgb(108 140 255 / .25)');
  line.setAttribute('stroke', '#6c8cff');
  line.setAttribute('vector-effect', 'non-scaling-stroke');
  graph.append(line);
  const points: number[] = [];
  const element = make(
    'section',
    { class: 'stats', hidden: true, 'aria-label': 'Playback statistics' },
    make('header', {}, 'Playback', make('span', {}, 'i')),
    list,
    graph,
    moves,
  );

  const refresh = (): void => {
    const current = engine();
    if (element.hidden || current === undefined) return;
    const stats = current.stats();
    list.replaceChildren(
      ...rowsOf(current, stats).flatMap(([name, value]) => [
        make('dt', {}, name),
        make('dd', { title: value }, value),
      ]),
    );
    points.push(Math.min(30, stats.bufferedMs / 1_000));
    if (points.length > POINTS_MAX) points.shift();
    const path = points.map((seconds, i) => `L${i} ${30 - seconds}`).join('');
    line.setAttribute('d', `M0 30${path}L${points.length - 1} 30Z`);
    moves.replaceChildren(
      ...stats.switches
        .filter((entry) => entry.reason.code !== 'start')
        .slice(-MOVES_SHOWN)
        .reverse()
        .map((entry) =>
          make(
            'li',
            {},
            make('time', {}, clock(entry.atMs / 1_000)),
            `${entry.from} → ${entry.to}: ${describeReason(entry.reason)}`,
          ),
        ),
    );
  };
  return {
    element,
    refresh,
    toggle: () => {
      element.hidden = !element.hidden;
      refresh();
    },
  };
}
