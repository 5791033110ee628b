// The command line of the ffmpeg executable for a live picture: FLV on stdin, one FLV per rendition from descriptor 3
// on, and the look as raw pictures behind them. What comes out is counted from its first frame on, so that the encoder begins at zero whatever went in.

import type { LiveAudioRequest, LiveRequest } from './engine.ts';
import {
  LIVE_DECODER_THREADS,
  LIVE_INPUT_OPTIONS,
  LIVE_MUXER_OPTIONS,
  liveEncoderOptions,
  liveGraph,
} from './live-recipe.ts';
import { AUDIO_RATE_HZ } from './recipe.ts';

/** Takes the first frame of each place from the first output on, and counts from there. */
function gridFilters(request: LiveRequest): string {
  const first = request.firstPlace;
  const isNew = 'if(isnan(prev_selected_pts),1,gt(pts,prev_selected_pts))';
  return `settb=1/${request.frameRate},select='gte(pts,${first})*${isNew}',setpts=PTS-${first}`;
}

/** What ffmpeg is called with. */
export function liveArguments(request: LiveRequest): string[] {
  const { outputs, frameRate } = request;
  const args = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error', '-copyts'];
  args.push('-protocol_whitelist', 'pipe', '-threads', String(LIVE_DECODER_THREADS), '-thread_type', 'slice');
  for (const [name, value] of Object.entries(LIVE_INPUT_OPTIONS)) args.push(`-${name}`, value);
  args.push('-f', 'flv', '-i', 'pipe:0');
  args.push('-filter_complex', liveGraph('[0:v]', outputs, gridFilters(request)));
  for (const [index, output] of outputs.entries()) {
    args.push('-map', `[v${index}]`, '-fps_mode', 'cfr', '-r', String(frameRate));
    args.push('-c:v', 'libx264', '-flags:v', '+bitexact');
    for (const [name, value] of Object.entries(liveEncoderOptions(request, output)))
      args.push(`-${name}`, value);
    args.push(...outputArguments(index + 3));
  }
  args.push('-map', `[v${outputs.length}]`, '-fps_mode', 'cfr', '-r', String(frameRate));
  args.push('-c:v', 'rawvideo', '-flush_packets', '1', '-f', 'rawvideo', `pipe:${outputs.length + 3}`);
  return args;
}

/** What ffmpeg is called with for live sound: Opus in Ogg on stdin, AAC in FLV on descriptor 3. */
export function liveAudioArguments(request: LiveAudioRequest): string[] {
  const args = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error'];
  args.push('-protocol_whitelist', 'pipe');
  for (const [name, value] of Object.entries(LIVE_INPUT_OPTIONS)) args.push(`-${name}`, value);
  args.push('-f', 'ogg', '-i', 'pipe:0', '-map', '0:a:0', '-c:a', 'aac', '-flags:a', '+bitexact');
  args.push('-ar', String(AUDIO_RATE_HZ), '-ac', '2', '-b:a', String(request.bitrateBps));
  return [...args, ...outputArguments(3)];
}

function outputArguments(descriptor: number): string[] {
  const options = Object.entries(LIVE_MUXER_OPTIONS).flatMap(([name, value]) => [`-${name}`, value]);
  return [...options, '-f', 'flv', `pipe:${descriptor}`];
}
