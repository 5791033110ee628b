// Caps the computing time of a process and of whatever it starts from then on, by a control group of version 1 with a
// CPU quota: so that encoders of several regions on one machine are as strong together as so many small machines.

import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from './wait-for.ts';

const ROOT = '/sys/fs/cgroup/cpu';
/** A tenth of a second, the kernel's own choice. */
const PERIOD_MICROSECONDS = 100_000;

export interface CpuCap {
  /** Puts all threads of a process under the cap; its children follow. */
  add(pid: number): void;
  /** Lifts the cap once its processes have ended. */
  remove(): Promise<void>;
}

/** Makes a cap of so many cores. Throws where control groups cannot be written. */
export function createCpuCap(name: string, cores: number): CpuCap {
  const directory = join(ROOT, `meridian-${process.pid}-${name}`);
  mkdirSync(directory);
  writeFileSync(join(directory, 'cpu.cfs_period_us'), String(PERIOD_MICROSECONDS));
  writeFileSync(join(directory, 'cpu.cfs_quota_us'), String(Math.round(cores * PERIOD_MICROSECONDS)));
  return {
    add(pid) {
      writeFileSync(join(directory, 'cgroup.procs'), String(pid));
    },
    async remove() {
      // A group goes when the last of its processes has gone.
      await waitFor(`${directory} to be empty`, () => {
        rmdirSync(directory);
        return true;
      });
    },
  };
}
