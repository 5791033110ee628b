// Footage for tests: made once per test file, in a directory that goes away with it.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CHILD = fileURLToPath(new URL('make-media-child.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface MediaDescription {
  /** FFmpeg's name of the muxer. */
  readonly format:
    | 'mp4'
    | 'mov'
    | 'matroska'
    | 'webm'
    | 'mpegts'
    | 'avi'
    | 'mp3'
    | 'flac'
    | 'wav'
    | 'adts'
    | 'ogg'
    | 'flv';
  readonly muxerOptions?: Readonly<Record<string, string>>;
  /** A filter graph without inputs. */
  readonly video?: string;
  readonly videoCodec?: string;
  readonly videoOptions?: Readonly<Record<string, string>>;
  readonly audio?: readonly { readonly graph: string; readonly language?: string }[];
  readonly audioCodec?: string;
}

/** Makes a file in the directory and returns its path. */
export async function makeMedia(
  directory: string,
  name: string,
  description: MediaDescription,
): Promise<string> {
  const path = join(directory, name);
  await promisify(execFile)(process.execPath, ['--no-warnings', CHILD, path, JSON.stringify(description)]);
  return path;
}

/** A sine tone, in as many channels as the layout has. */
export function tone(seconds: number, layout = 'stereo', rateHz = 48_000): string {
  const format = `aformat=sample_fmts=fltp:sample_rates=${rateHz}:channel_layouts=${layout}`;
  return `sine=frequency=440:sample_rate=${rateHz}:duration=${seconds},${format}`;
}

/** The path of real footage, or undefined where it is not there. */
export function realMedia(name: string): string | undefined {
  const directory = process.env.MERIDIAN_TEST_MEDIA ?? resolve(ROOT, '../shared/media');
  const path = join(directory, name);
  return existsSync(path) ? path : undefined;
}
