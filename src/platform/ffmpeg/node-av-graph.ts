// Part of the node-av child: filter graphs from the same text that the ffmpeg executable gets.

import { AV_BUFFERSRC_FLAG_PUSH, AVERROR_EOF } from 'node-av/constants';
import {
  avChannelLayoutDescribe,
  avGetPixFmtName,
  avGetSampleFmtName,
  FFmpegError,
  type FilterContext,
  FilterGraph,
  type Frame,
  type Stream,
} from 'node-av/lib';
import { defined } from '#base/assert.ts';
import { FILTER_THREADS } from './recipe.ts';

/** The source takes over what it is given, and the frame is still needed by other branches. */
export function pushFrame(source: FilterContext, frame: Frame): void {
  const copy = defined(frame.clone(), 'a reference to the frame');
  const result = source.buffersrcAddFrameSync(copy, AV_BUFFERSRC_FLAG_PUSH);
  copy.free();
  // The graph ends before the file when it has what it wants.
  if (result !== AVERROR_EOF) FFmpegError.throwIfError(result, 'filter');
}

export interface Graph {
  readonly graph: FilterGraph;
  readonly source: FilterContext;
  readonly sinks: readonly FilterContext[];
}

/**
 * A graph for the frames that look like this one. The description begins at the pad `[in]` and ends at the pads
 * `[v0]`, `[v1]` … for pictures, `[a0]` … for sound.
 */
export function createGraph(
  kind: 'video' | 'audio',
  frame: Frame,
  stream: Stream,
  description: string,
  sinkCount: number,
): Graph {
  const isVideo = kind === 'video';
  const sourceFilter = isVideo ? 'buffer' : 'abuffer';
  const sourceOptions = isVideo ? videoSource(frame, stream) : audioSource(frame, stream);
  const sinkFilter = isVideo ? 'buffersink' : 'abuffersink';
  const pad = isVideo ? 'v' : 'a';
  const graph = new FilterGraph();
  graph.alloc();
  graph.nbThreads = FILTER_THREADS;
  const sinkNames = Array.from({ length: sinkCount }, (_, index) => `${sinkFilter}@${pad}${index}`);
  const tails = sinkNames.map((name, index) => `[${pad}${index}]${name}`);
  const text = [`${sourceFilter}@in=${sourceOptions}[in]`, description, ...tails].join(';');
  FFmpegError.throwIfError(graph.parse2(text), 'describe the filters');
  FFmpegError.throwIfError(graph.configSync(), 'connect the filters');
  return {
    graph,
    source: defined(graph.getFilter(`${sourceFilter}@in`), 'the source'),
    sinks: sinkNames.map((name) => defined(graph.getFilter(name), name)),
  };
}

function videoSource(frame: Frame, stream: Stream): string {
  const { timeBase, sampleAspectRatio: aspect, rFrameRate: rate } = stream;
  const format = avGetPixFmtName(frame.format as Parameters<typeof avGetPixFmtName>[0]);
  const options = [
    `video_size=${frame.width}x${frame.height}`,
    `pix_fmt=${format}`,
    `time_base=${timeBase.num}/${timeBase.den}`,
    `pixel_aspect=${aspect.num > 0 ? aspect.num : 1}/${aspect.num > 0 ? aspect.den : 1}`,
    `colorspace=${frame.colorSpace}`,
    `range=${frame.colorRange}`,
  ];
  if (rate.num > 0 && rate.den > 0) options.push(`frame_rate=${rate.num}/${rate.den}`);
  return options.join(':');
}

function audioSource(frame: Frame, stream: Stream): string {
  const format = avGetSampleFmtName(frame.format as Parameters<typeof avGetSampleFmtName>[0]);
  const layout = avChannelLayoutDescribe(frame.channelLayout) ?? `${frame.channels}c`;
  return [
    `time_base=${stream.timeBase.num}/${stream.timeBase.den}`,
    `sample_rate=${frame.sampleRate}`,
    `sample_fmt=${format}`,
    `channel_layout=${layout}`,
  ].join(':');
}
