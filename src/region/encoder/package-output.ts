// One output of the engine on its way into the store: bytes, fragments, segments. Reading waits for the store, so that
// a slow store slows FFmpeg through its pipe rather than filling memory.

import type { Readable } from 'node:stream';
import { CmafError } from '#media/cmaf/cmaf-error.ts';
import type { InitTrack } from '#media/cmaf/init-segment.ts';
import { Segmenter } from '#media/cmaf/segmenter.ts';
import { FragmentSplitter } from '#media/cmaf/splitter.ts';
import type { SegmentSink, WriterInit } from '../shared/media-writer.ts';

export interface OutputGrid {
  readonly timelineStartMs: number;
  readonly segmentDurationMs: number;
  readonly firstSegmentMs?: number;
}

/** Reads an output to its end; `onSegment` is called after each stored segment. */
export async function packageOutput(
  renditionId: string,
  output: Readable,
  writer: SegmentSink,
  grid: OutputGrid,
  onSegment: () => void,
): Promise<void> {
  const splitter = new FragmentSplitter();
  const segmenter = new Segmenter(grid);
  for await (const chunk of output as AsyncIterable<Buffer>) {
    for (const item of splitter.push(chunk)) {
      if (item.kind === 'init') {
        await writer.putInit(renditionId, item.data, initOf(item.tracks));
        continue;
      }
      for (const segment of segmenter.push(item)) {
        await writer.addSegment(renditionId, segment);
        onSegment();
      }
    }
  }
  splitter.end();
  for (const segment of segmenter.flush()) {
    await writer.addSegment(renditionId, segment);
    onSegment();
  }
  writer.endRendition(renditionId);
}

function initOf(tracks: readonly InitTrack[]): WriterInit {
  const track = tracks[0];
  if (track === undefined || tracks.length > 1)
    throw new CmafError('unsupported', `an output has ${tracks.length} tracks`);
  return {
    codecs: track.codecs,
    timescale: track.timescale,
    width: track.width ?? undefined,
    height: track.height ?? undefined,
    channels: track.channels ?? undefined,
    sampleRate: track.sampleRate ?? undefined,
  };
}
