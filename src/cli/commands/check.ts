// meridian check: judges an HLS or DASH presentation, or a steering manifest, from outside.

import { parseDurationMs } from '#base/duration.ts';
import { MeridianError } from '#contract/errors.ts';
import { systemClock } from '#platform/clock.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { CheckImpossible, type GatherOptions } from '#viewer/check/gather.ts';
import {
  BYTES_MAX_DEFAULT,
  REQUESTS_MAX_DEFAULT,
  TIME_MS_MAX_DEFAULT,
  WATCH_MS_DEFAULT,
  WATCH_MS_MAX,
} from '#viewer/check/limits.ts';
import { type CheckReport, exitCodeOf, renderFindings, trackRows } from '#viewer/check/report.ts';
import { runCheck } from '#viewer/check/run-check.ts';
import type { Command, Invocation } from '../command.ts';
import { formatBytes, printError, printJson, printTable } from '../output.ts';

/** Exit code when nothing could be checked, or not all of it. */
const EXIT_NOT_CHECKED = 2;
/** How often people without a terminal are told that it goes on. */
const PROGRESS_EVERY = 100;

function choiceOf(invocation: Invocation): 'all' | 'sample' {
  const text = invocation.text('segments') ?? 'sample';
  if (text === 'all' || text === 'sample') return text;
  throw new MeridianError('invalid_request', { reason: '--segments is all or sample' });
}

function countOf(invocation: Invocation, name: string, fallback: number): number {
  const text = invocation.text(name);
  if (text === undefined) return fallback;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new MeridianError('invalid_request', { reason: `--${name} is a whole number above 0` });
}

function timeOf(invocation: Invocation): number {
  const text = invocation.text('timeout');
  const milliseconds = text === undefined ? TIME_MS_MAX_DEFAULT : parseDurationMs(text);
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  throw new MeridianError('invalid_request', { reason: '--timeout is a time such as 90s or 15m' });
}

function watchOf(invocation: Invocation): number {
  const text = invocation.text('seconds');
  const seconds = text === undefined ? WATCH_MS_DEFAULT / 1_000 : Number(text);
  if (/^\d{1,4}$/.test(text ?? '0') && seconds * 1_000 <= WATCH_MS_MAX) return seconds * 1_000;
  throw new MeridianError('invalid_request', {
    reason: `--seconds is a whole number from 0 to ${WATCH_MS_MAX / 1_000}`,
  });
}

/** How much has been fetched, on stderr: in place on a terminal, else now and then. */
function createCounter(): { count(bytes: number): void; say(text: string): void; end(): void } {
  const isTerminal = process.stderr.isTTY === true;
  let requests = 0;
  let bytes = 0;
  return {
    count(more) {
      requests += 1;
      bytes += more;
      const text = `${requests} answers, ${formatBytes(bytes)}`;
      if (isTerminal) process.stderr.write(`\r\x1b[2K${text}`);
      else if (requests % PROGRESS_EVERY === 0) process.stderr.write(`${text}\n`);
    },
    say(text) {
      process.stderr.write(`${isTerminal ? '\r\x1b[2K' : ''}${text}\n`);
    },
    end() {
      if (isTerminal) process.stderr.write('\r\x1b[2K');
    },
  };
}

function show(report: CheckReport): void {
  process.stdout.write(`${report.kind} at ${report.url}\n\n`);
  const { headings, rows } = trackRows(report);
  if (rows.length > 0) {
    printTable(headings, rows);
    process.stdout.write('\n');
  }
  process.stdout.write(renderFindings(report));
}

type CheckOptions = Pick<GatherOptions, 'segments' | 'limits' | 'watchMs'>;

async function check(url: string, chosen: CheckOptions, isJson: boolean): Promise<number> {
  const transport = createTransport();
  const counter = createCounter();
  try {
    const options = {
      ...chosen,
      onAnswer: ({ bodyBytes }: { bodyBytes: number }) => counter.count(bodyBytes),
      onWatch: (playlists: number) =>
        counter.say(`watching ${playlists} live playlists for ${chosen.watchMs / 1_000} s`),
    };
    const dependencies = { transport, clock: systemClock };
    const report = await runCheck(dependencies, url, options);
    counter.end();
    if (isJson) printJson(report);
    else show(report);
    return exitCodeOf(report);
  } catch (error) {
    if (!(error instanceof CheckImpossible)) throw error;
    counter.end();
    process.stderr.write(`meridian: ${error.message}\n`);
    return EXIT_NOT_CHECKED;
  } finally {
    transport.close();
  }
}

/** A wrong option is no finding: scripts must not take it for one. */
async function run(invocation: Invocation): Promise<number> {
  let options: CheckOptions;
  try {
    const limits = {
      requestsMax: countOf(invocation, 'max-requests', REQUESTS_MAX_DEFAULT),
      bytesMax: countOf(invocation, 'max-bytes', BYTES_MAX_DEFAULT),
      timeMsMax: timeOf(invocation),
    };
    options = { segments: choiceOf(invocation), limits, watchMs: watchOf(invocation) };
  } catch (error) {
    printError(error);
    return EXIT_NOT_CHECKED;
  }
  return check(invocation.positionals[0] ?? '', options, invocation.isSet('json'));
}

export const checkCommand: Command = {
  name: 'check',
  usage:
    'check URL [--segments sample|all] [--seconds N] [--timeout TIME] [--max-requests N] [--max-bytes N] [--json]',
  summary: 'Judge an HLS or DASH presentation, or a steering manifest, by the specifications',
  positionals: [1, 1],
  options: {
    segments: {
      type: 'string',
      value: 'sample|all',
      summary: 'Segments that are fetched (default: sample, i.e. the first two, the middle one and the last)',
    },
    seconds: {
      type: 'string',
      value: 'N',
      summary: 'How long live playlists are watched (default: 10); 0 judges what there is at once',
    },
    timeout: { type: 'string', value: 'TIME', summary: 'Longest that the check takes (default: 15m)' },
    'max-requests': { type: 'string', value: 'N', summary: 'Most requests (default: 50000)' },
    'max-bytes': { type: 'string', value: 'N', summary: 'Most bytes (default: 8000000000)' },
    json: { type: 'boolean', summary: 'Print JSON for scripts' },
  },
  examples: [
    'meridian check http://127.0.0.1:8100/m/default/ASSET/v1/main.m3u8',
    'meridian check https://example.com/manifest.mpd --segments all',
    'meridian check http://127.0.0.1:8100/l/default/BROADCAST/main.m3u8 --seconds 30',
    'meridian check https://example.com/main.m3u8 --json | jq .verdict',
  ],
  run,
};
