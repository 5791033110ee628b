// How long a frame is in a channel: from its arrival out of the contribution to the part that it completes at an edge
// that follows the feed. 720p with 30 frames a second, two renditions, parts of a third of a second.

import { temporaryDirectory } from '../../test/encoder/support.ts';
import {
  broadcastOf,
  documentOf,
  FakeIngest,
  makeClip,
  readFeed,
  startChannelNode,
} from '../../test/live/channel-support.ts';
import type { BenchContext } from '../context.ts';
import { type Group, quantile, type Row, rounded } from '../row.ts';

const SECONDS = 20;
const RENDITIONS = [
  { id: 'v720', width: 1_280, height: 720, bitrateBps: 1_500_000 },
  { id: 'v360', width: 640, height: 360, bitrateBps: 500_000 },
];

/** What tests get from their runner: here the bench ends what was started. */
function createScope(): { after(done: () => Promise<void> | void): void; end(): Promise<void> } {
  const steps: (() => Promise<void> | void)[] = [];
  return {
    after: (done) => steps.push(done),
    async end() {
      for (const step of steps.reverse()) await step();
    },
  };
}

/** Milliseconds from the arrival of a part's last frame to the part, of the largest rendition. */
async function measure(scope: ReturnType<typeof createScope>): Promise<number[]> {
  const options = { seconds: SECONDS, size: '1280x720', segmentDurationMs: 2_000, partsPerSegment: 6 };
  const clip = makeClip(temporaryDirectory(scope), { ...options, renditions: RENDITIONS });
  const ingest = new FakeIngest('dublin-1-a', clip);
  await ingest.listen(scope);
  const sentAtMs: { readonly ptsMs: number; readonly atMs: number }[] = [];
  ingest.onSent = ({ kind, dtsUs, ptsOffsetUs }) => {
    if (kind === 'video') sentAtMs.push({ ptsMs: (dtsUs + ptsOffsetUs) / 1_000, atMs: performance.now() });
  };
  const node = await startChannelNode(scope, 'dublin', broadcastOf(clip.timeline, ['dublin-1-a']), [ingest]);
  const playing = ingest.play();
  await documentOf(node);
  const feed = await readFeed(`${node.url}/v720/feed?from=0`);
  await playing;
  ingest.say('end', 'the publisher ended');
  await feed.ended;
  const frameMs = 1_000 / 30;
  return feed.records.flatMap(({ header }, index) => {
    if (header.kind !== 'part') return [];
    const endMs = (header.startTicks + header.durationTicks) / 90 - clip.timeline.anchorMs;
    const last = sentAtMs.findLast(({ ptsMs }) => ptsMs < endMs - frameMs / 2);
    const arrivedAtMs = feed.arrivedAtMs[index];
    return last === undefined || arrivedAtMs === undefined ? [] : [arrivedAtMs - last.atMs];
  });
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  const scope = createScope();
  try {
    const delays = await measure(scope);
    context.note(`${delays.length} parts, the slowest after ${rounded(quantile(delays, 1), 1)} ms`);
    const peer = 'fragments of an mp4 muxer behind the filter fps: 72 and 96 ms';
    const row = (name: string, share: number, goal: number): Row => ({
      name,
      value: rounded(quantile(delays, share), 1),
      unit: 'ms, last frame in to part out',
      op: '<=',
      goal,
      peer,
    });
    return [row('channel-delay-p50', 0.5, 50), row('channel-delay-p95', 0.95, 100)];
  } finally {
    await scope.end();
  }
}

export const channelGroup: Group = {
  names: ['channel-delay-p50', 'channel-delay-p95'],
  budgetMs: 90_000,
  run,
};
