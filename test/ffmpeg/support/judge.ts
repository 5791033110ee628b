// FFmpeg as the judge of what an engine made, also where the engine under test must find none on PATH.

import { join } from 'node:path';

/** Directory of ffmpeg and ffprobe; on PATH where it is not named. */
const DIRECTORY = process.env.MERIDIAN_TEST_JUDGE ?? '';

/** How to call a tool of the judge. */
export const judge = (tool: 'ffmpeg' | 'ffprobe'): string =>
  DIRECTORY === '' ? tool : join(DIRECTORY, tool);
