// Reports that control has not taken yet, a file each, oldest first. A report is written before it is sent, so that it
// outlives the process; a power cut may take the last ones (an fsync every five seconds would cost more than they are worth).
// Bounded by bytes: the oldest go first, and the next report says how many went.

import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TelemetryReport, telemetryReportSchema } from '#contract/telemetry.ts';
import { makeDirectoryDurably } from '#platform/disk.ts';
import type { Log } from '#platform/log.ts';

export interface TelemetrySpool {
  /** Finds what an earlier process has left. */
  load(): Promise<void>;
  /** Keeps a report. */
  add(report: TelemetryReport): Promise<void>;
  /** The oldest report, as it travels; undefined when there is none. */
  oldest(): Promise<{ readonly name: string; readonly body: TelemetryReport } | undefined>;
  remove(name: string): Promise<void>;
  /** Reports lost since the last call. */
  takeLost(): number;
  count(): number;
  bytes(): number;
}

const NAME = /^\d{15}-\d{9}\.json$/;

/** Keeps reports under a directory. */
export function createTelemetrySpool(directory: string, bytesMax: number, log: Log): TelemetrySpool {
  /** Name → bytes, oldest first. */
  const files = new Map<string, number>();
  let bytes = 0;
  let lost = 0;
  let lastMs = 0;

  async function remove(name: string): Promise<void> {
    bytes -= files.get(name) ?? 0;
    files.delete(name);
    await rm(join(directory, name), { force: true });
  }

  async function read(name: string): Promise<TelemetryReport | undefined> {
    try {
      return telemetryReportSchema.parse(JSON.parse(await readFile(join(directory, name), 'utf8')));
    } catch (error) {
      log.warn({ name, error: String(error).slice(0, 200) }, 'a kept telemetry report cannot be read');
      return undefined;
    }
  }

  async function makeRoom(): Promise<void> {
    for (const name of files.keys()) {
      if (bytes <= bytesMax) return;
      // With it goes what it said was lost.
      lost += 1 + ((await read(name))?.losses.reports ?? 0);
      await remove(name);
    }
  }

  return {
    async load() {
      await makeDirectoryDurably(directory);
      for (const name of (await readdir(directory)).filter((file) => NAME.test(file)).sort()) {
        const { size } = await stat(join(directory, name));
        files.set(name, size);
        bytes += size;
        lastMs = Number(name.slice(0, 15));
      }
      await makeRoom();
    },
    async add(report) {
      // A clock that was put back must not change the order.
      lastMs = Math.max(lastMs, report.sentAtMs);
      const name = `${String(lastMs).padStart(15, '0')}-${String(report.sequence).padStart(9, '0')}.json`;
      const text = JSON.stringify(report);
      try {
        await writeFile(join(directory, name), text, { mode: 0o600 });
      } catch (error) {
        lost += 1;
        log.warn({ error: String(error) }, 'a telemetry report could not be kept and is lost');
        await rm(join(directory, name), { force: true }).catch(() => undefined);
        return;
      }
      files.set(name, Buffer.byteLength(text));
      bytes += Buffer.byteLength(text);
      await makeRoom();
    },
    async oldest() {
      for (const name of files.keys()) {
        const body = await read(name);
        if (body !== undefined) return { name, body };
        lost += 1;
        await remove(name);
      }
      return undefined;
    },
    remove,
    takeLost() {
      const taken = lost;
      lost = 0;
      return taken;
    },
    count: () => files.size,
    bytes: () => bytes,
  };
}
