// Engines with and without the tools that not every machine has.

import { defined } from '#base/assert.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { createFfmpegEngine } from '#platform/ffmpeg/ffmpeg-engine.ts';
import { createNodeAvEngine } from '#platform/ffmpeg/node-av-engine.ts';
import { resolveEngine } from '#platform/ffmpeg/resolve-engine.ts';
import { findExecutable, findSandboxTools, type SandboxTools } from '#platform/ffmpeg/sandbox.ts';
import { silentLog } from '#platform/log.ts';

export type Sandbox = 'full' | 'bare';
export const SANDBOXES: readonly Sandbox[] = ['full', 'bare'];

/** The tools of this machine, or only what every machine has. */
export async function toolsOf(sandbox: Sandbox): Promise<SandboxTools> {
  const tools = await findSandboxTools(process.env.PATH ?? '');
  return sandbox === 'full' ? tools : { ...tools, setpriv: null, prlimit: null };
}

export async function engineWith(name: 'ffmpeg' | 'node-av', sandbox: Sandbox): Promise<Engine> {
  const tools = await toolsOf(sandbox);
  const { version, videoCodecs, takesSrt } = await resolveEngine(
    { ...process.env, MERIDIAN_ENGINE: name },
    silentLog,
  );
  if (name === 'node-av') return createNodeAvEngine({ version, videoCodecs, takesSrt, tools });
  const find = (executable: string): string =>
    defined(findExecutable(executable, process.env.PATH ?? ''), executable);
  return createFfmpegEngine({
    ffmpegPath: find('ffmpeg'),
    ffprobePath: find('ffprobe'),
    version,
    videoCodecs,
    takesSrt,
    tools,
    environment: {},
  });
}
