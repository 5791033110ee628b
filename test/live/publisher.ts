// A publisher as people have it: ffmpeg, with test pictures and a tone, over RTMP or SRT.

import { type ChildProcess, spawn } from 'node:child_process';

export interface Publisher {
  readonly process: ChildProcess;
  /** What it said; empty while all is well. */
  said(): string;
  stop(): Promise<void>;
}

/** Publishes until it is stopped; `seconds` bounds it in any case. */
export function startPublisher(url: string, options: { size?: string; seconds?: number } = {}): Publisher {
  const { size = '640x360', seconds = 180 } = options;
  const picture = `testsrc2=size=${size}:rate=30`;
  const sound = 'sine=frequency=440:sample_rate=48000';
  const format = url.startsWith('srt:') ? 'mpegts' : 'flv';
  const child = spawn(
    'ffmpeg',
    [
      ...['-v', 'error', '-nostdin', '-re', '-f', 'lavfi', '-i', picture, '-re', '-f', 'lavfi', '-i', sound],
      ...[
        '-t',
        String(seconds),
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-tune',
        'zerolatency',
        '-g',
        '60',
      ],
      ...['-b:v', '800k', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', '-b:a', '96k', '-f', format, url],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    process: child,
    said: () => text,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
