// Files to test with: real footage when it lies beside the repository (or MERIDIAN_TEST_MEDIA names it), and clips
// that are generated once.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOOTAGE =
  process.env.MERIDIAN_TEST_MEDIA ?? fileURLToPath(new URL('../../../shared/media', import.meta.url));
const GENERATED = join(tmpdir(), 'meridian-test-media');

/** Path of a real file, or undefined where there is no footage. */
export function footage(name: string): string | undefined {
  const path = join(FOOTAGE, name);
  return existsSync(path) ? path : undefined;
}

export interface ClipOptions {
  readonly seconds: number;
  readonly width?: number;
  readonly height?: number;
  readonly frameRate?: string;
  readonly hasAudio?: boolean;
  /** Moving pictures, or bars that stand still and cost little to encode; default: moving. */
  readonly pictures?: 'testsrc2' | 'smptehdbars';
}

/** A directory of generated files, made at first use and kept; `make` fills it. */
export function generatedDirectory(name: string, make: (directory: string) => void): string {
  mkdirSync(GENERATED, { recursive: true });
  const path = join(GENERATED, name);
  if (existsSync(path)) return path;
  const partial = mkdtempSync(join(GENERATED, 'partial-'));
  make(partial);
  try {
    renameSync(partial, path);
  } catch (error) {
    // Another test has made the same meanwhile.
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(path)) throw error;
  }
  return path;
}

/** Path of a generated H.264 + AAC clip; made at first use. */
export function clip(options: ClipOptions): string {
  const { seconds, width = 1280, height = 720, frameRate = '30', hasAudio = true } = options;
  const { pictures = 'testsrc2' } = options;
  mkdirSync(GENERATED, { recursive: true });
  const name = `clip-${seconds}-${width}x${height}-${frameRate.replace('/', '_')}${hasAudio ? '' : '-silent'}${pictures === 'testsrc2' ? '' : `-${pictures}`}.mp4`;
  const path = join(GENERATED, name);
  if (existsSync(path)) return path;
  const audio = hasAudio
    ? ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`]
    : [];
  const partial = join(GENERATED, `partial-${process.pid}-${name}`);
  execFileSync('ffmpeg', [
    ...[
      '-v',
      'error',
      '-y',
      '-f',
      'lavfi',
      '-i',
      `${pictures}=size=${width}x${height}:rate=${frameRate}:duration=${seconds}`,
    ],
    ...audio,
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-b:v',
      '3M',
      '-g',
      '75',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      '-b:a',
      '128k',
    ],
    ...['-movflags', '+faststart', partial],
  ]);
  renameSync(partial, path);
  return path;
}
