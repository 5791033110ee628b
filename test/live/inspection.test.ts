// A channel that makes a black picture and silence says so, and an edge goes to one that does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { BroadcastRecord } from '#contract/live.ts';
import { systemClock } from '#platform/clock.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { silentLog } from '#platform/log.ts';
import { LiveStation } from '#region/edge/live/live-station.ts';
import { temporaryDirectory } from '../encoder/support.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  broadcastOf,
  type ChannelNode,
  type Clip,
  documentOf,
  FakeIngest,
  fetchBytes,
  makeClip,
  startChannelNode,
} from './channel-support.ts';

const SEEING = 'dublin-1-a';
const BLIND = 'singapore-1-a';
const RENDITION = 'v180';

/** An edge's station of the broadcast in a region, at the time of the clip, and how often its feeds changed over. */
function watchFrom(
  regionId: string,
  record: BroadcastRecord,
  nodes: ReadonlyMap<string, ChannelNode>,
  nowMs: number,
): { station: LiveStation; changes(): number; stop(): Promise<void> } {
  const transport = createTransport();
  let changes = 0;
  const station = new LiveStation({
    clock: { ...systemClock, nowMs: () => nowMs },
    log: silentLog,
    transport,
    ownRegionId: regionId,
    record: () => record,
    nodeUrlOf: (nodeId) => new URL(defined(nodes.get(nodeId), nodeId).url).origin,
    onFeed(isChange) {
      if (isChange) changes += 1;
    },
    onPart: () => {},
    onForgotten: () => {},
    onFetch: () => {},
  });
  return {
    station,
    changes: () => changes,
    async stop() {
      await station.stop();
      transport.close();
    },
  };
}

/** Seconds of the clips, and after how many of them a channel's own goes blank. */
const SECONDS = 12;
const BLANK_AFTER = 4;

/** The clip, whose picture and sound are gone from a key frame on. */
function goingBlank(directory: string, clip: Clip): Clip {
  const blank = makeClip(directory, { seconds: SECONDS, isBlank: true });
  const cutUs = defined(
    blank.records.find(({ isKeyFrame, dtsUs }) => isKeyFrame && dtsUs >= BLANK_AFTER * 1e6),
    'a key frame',
  ).dtsUs;
  const before = clip.records.filter(({ dtsUs }) => dtsUs < cutUs);
  const after = blank.records.filter(({ kind, dtsUs }) => kind === 'video_config' || dtsUs >= cutUs);
  return { ...clip, records: [...before, ...after] };
}

test('an edge leaves a channel that has gone black for one that has not', async (t) => {
  const directory = temporaryDirectory(t);
  const clip = makeClip(directory, { seconds: SECONDS });
  const ingests = [new FakeIngest(SEEING, clip), new FakeIngest(BLIND, goingBlank(directory, clip))] as const;
  const record = broadcastOf(clip.timeline, [BLIND, SEEING]);
  for (const ingest of ingests) await ingest.listen(t);
  const seeing = await startChannelNode(t, 'dublin', record, [ingests[0]]);
  const blind = await startChannelNode(t, 'singapore', record, [ingests[1]]);
  const playing = ingests.map((ingest) => ingest.play());
  await Promise.all([documentOf(seeing), documentOf(blind)]);
  const nodes = new Map([
    [SEEING, seeing],
    [BLIND, blind],
  ]);
  // Its own region's channel comes first, until it is seen what that one shows.
  const edge = watchFrom('singapore', record, nodes, clip.timeline.anchorMs);
  t.after(edge.stop);
  const follower = defined(await edge.station.follow(RENDITION), RENDITION);
  await waitFor('the channel to say that it is blind', async () => {
    const { faults = [] } = await documentOf(blind);
    return faults.includes('black') && faults.includes('silent');
  });
  await waitFor('the edge to change over', () => edge.changes() > 0);
  assert.equal(edge.changes(), 1);
  const from = defined(follower.window.next(), 'a place').segment + 1;
  const segment = await waitFor('a segment of the other channel', () => {
    const held = follower.window.segment(from);
    return held?.isWhole ? held : undefined;
  });
  assert.deepEqual(
    Buffer.concat(segment.parts.map(({ data }) => data)),
    await fetchBytes(`${seeing.url}/${RENDITION}/${from}.m4s`),
  );
  const [good, bad] = [await documentOf(seeing), await documentOf(blind)];
  assert.deepEqual([good.faults, good.marks], [undefined, undefined]);
  const marked = (renditionId: string, fault: string): boolean =>
    (bad.marks ?? []).some(
      (mark) => mark.renditionId === renditionId && mark.faults.some((it) => it === fault),
    );
  assert.ok(marked(RENDITION, 'black') && marked('audio', 'silent'), JSON.stringify(bad.marks));
  await waitFor('a report of both', () =>
    blind.reports.some(({ figures }) => (figures.blackMs ?? 0) > 0 && (figures.silentMs ?? 0) > 0),
  );
  for (const ingest of ingests) ingest.say('end', 'the publisher ended');
  await Promise.all(playing);
});
