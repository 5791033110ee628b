// What both engines do to a live picture, as data. Frames arrive with their times already laid on the grid of the frame
// rate (by whoever writes them), so a frame is encoded the moment it is decoded: nothing here waits for the next one,
// as the filter `fps` would. Of two frames on one place the first is taken; a hole is filled with copies of the frame
// before it when the next one comes. So what comes out has every frame of the grid from the first on, whatever came in.
//
// Groups of pictures are closed and as long as a segment, and the first frame begins a segment, so that every segment
// begins with a key frame in all renditions, without any forcing.
//
// The colours are brought to BT.709 in the usual range and named so, and the size is that of the rendition, whatever a
// publisher changes in mid-stream: the decoder's configuration of a rendition may never change.

import { availableParallelism } from 'node:os';
import { LIVE_LOOK, type LiveOutput, type LiveRequest } from './engine.ts';

/** More threads make more slices, which cost quality; four do 1080p with 60 frames a second. */
export const LIVE_ENCODER_THREADS = Math.min(4, availableParallelism());
/** Threads of a decoder that work on slices of one frame; those that work on frames hold frames back. */
export const LIVE_DECODER_THREADS = Math.min(4, availableParallelism());

/** How far two shapes may differ before bars are drawn rather than the picture stretched. */
const SHAPE_TOLERANCE = 0.02;
export const LIVE_COLOUR = 'bt709';

/** Filters that bring any picture to a rendition's size: stretched by a hair, else with bars. */
function sizeFilters({ width, height }: LiveOutput): string {
  const shape = `(dar*${height}/${width})`;
  const isAlike = `lt(abs(${shape}-1),${SHAPE_TOLERANCE})`;
  const fitWidth = `if(${isAlike},${width},2*trunc(min(1,${shape})*${width}/2))`;
  const fitHeight = `if(${isAlike},${height},2*trunc(min(1,1/${shape})*${height}/2))`;
  const scale = `scale=w='${fitWidth}':h='${fitHeight}':flags=bicubic:out_range=tv:out_color_matrix=${LIVE_COLOUR}`;
  return `${scale},pad=${width}:${height}:-1:-1,format=yuv420p,setsar=1`;
}

/**
 * The graph from the pad or filter `input` to one pad per output, `[v0]`, `[v1]` …, each scaled from the one before it,
 * and one more for the look. `grid` is put before everything else.
 */
export function liveGraph(input: string, outputs: readonly LiveOutput[], grid: string): string {
  const names = `setparams=range=tv:colorspace=${LIVE_COLOUR}:color_primaries=${LIVE_COLOUR}:color_trc=${LIVE_COLOUR}`;
  const chains = outputs.map((output, index) => {
    const size = sizeFilters(output);
    const filters = index === 0 ? [...(grid === '' ? [] : [grid]), size, names] : [size];
    const from = index === 0 ? input : `[s${index}]`;
    return `${from}${filters.join(',')},split=2[v${index}][s${index + 1}]`;
  });
  const { width, height } = LIVE_LOOK;
  const look = `[s${outputs.length}]scale=${width}:${height}:flags=area:out_range=pc,format=gray[v${outputs.length}]`;
  return [...chains, look].join(';');
}

/** Settings of libx264 by FFmpeg's names, the same in both engines. */
export function liveEncoderOptions(
  request: Pick<LiveRequest, 'framesPerSegment'>,
  output: LiveOutput,
): Record<string, string> {
  const frames = String(request.framesPerSegment);
  const rate = String(output.bitrateBps);
  return {
    preset: 'veryfast',
    tune: 'zerolatency',
    threads: String(LIVE_ENCODER_THREADS),
    bf: '0',
    b: rate,
    maxrate: rate,
    bufsize: rate,
    g: frames,
    keyint_min: frames,
    'x264-params': 'scenecut=0:open-gop=0',
  };
}

/** How the input is opened: with the first frame, whatever its size. */
export const LIVE_INPUT_OPTIONS: Readonly<Record<string, string>> = {
  probesize: '4096',
  analyzeduration: '0',
  fpsprobesize: '0',
};

/** How outputs are written: each frame as soon as it is there, nothing that cannot be known while it runs. */
export const LIVE_MUXER_OPTIONS: Readonly<Record<string, string>> = {
  fflags: '+bitexact',
  flvflags: 'no_duration_filesize',
  flush_packets: '1',
};
