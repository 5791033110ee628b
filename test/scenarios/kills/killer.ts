// Kills processes of a running world: one, two at once, all of them, or the whole machine with its supervisor. Most
// rounds wait until everything is ready again, so that there is work to be cut off; the others fall into the start.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { defined } from '#base/assert.ts';
import type { Prng } from '#base/prng.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type RunningWorld, startWorld, type WorldOptions } from '../../support/world.ts';

/** Longest work between two rounds; the moment is the seed's. */
const WORK_MS_MAX = 2_000;
/** Rounds that do not wait for the world to be whole. */
const HASTY_SHARE = 0.3;
const READY_MS_MAX = 60_000;
/** Of the log of who does not become ready. */
const LOG_CHARACTERS = 1_500;

type Runtime = {
  readonly pid: number;
  readonly children: readonly {
    readonly name: string;
    readonly pid: number | null;
    readonly isReady: boolean;
    readonly restarts: number;
    readonly lastReason: string | null;
  }[];
};

export interface Killer {
  /** One round; returns the names of those who were killed. */
  round(): Promise<readonly string[]>;
  /** Waits until everybody is ready. */
  whenWhole(): Promise<void>;
  /** The world as it runs now. */
  world(): RunningWorld;
}

/** Creates the killer of a world that was started with these options. */
export function createKiller(started: RunningWorld, options: WorldOptions, prng: Prng): Killer {
  let world = started;

  function runtime(): Runtime {
    return JSON.parse(readFileSync(join(world.dataDirectory, 'runtime.json'), 'utf8')) as Runtime;
  }

  async function whenWhole(): Promise<void> {
    const waiting = (): Runtime['children'] => runtime().children.filter(({ isReady }) => !isReady);
    try {
      await waitFor('everybody to be ready', () => waiting().length === 0, READY_MS_MAX);
    } catch (error) {
      const reasons = await Promise.all(waiting().map(describe));
      throw new Error(`not ready: ${reasons.join('; ')}`, { cause: error });
    }
  }

  async function describe({ name, pid, restarts, lastReason }: Runtime['children'][number]): Promise<string> {
    const node = world.regions.find(({ id }) => name.startsWith(id));
    const answer = await fetch(`${node?.nodeUrl ?? world.controlUrl}/readyz`).then(
      (response) => response.text(),
      (error: unknown) => String(error),
    );
    const log = readFileSync(join(world.dataDirectory, 'logs', `${name}.log`), 'utf8').slice(-LOG_CHARACTERS);
    return `${name} (process ${pid}, restart ${restarts}, ${lastReason ?? 'never ended'}) says "${answer}"; its log ends: ${log}`;
  }

  /** Everything at once, as when the machine loses its power, and a new start. */
  async function killMachine(): Promise<readonly string[]> {
    const { pid, children } = runtime();
    const exited = new Promise((resolve) => world.process.on('exit', resolve));
    for (const victim of [pid, ...children.map((child) => child.pid)]) killNow(victim);
    world.process.kill('SIGKILL');
    await exited;
    world = await startWorld(options, world);
    return ['supervisor', ...children.flatMap((child) => (child.pid === null ? [] : [child.name]))];
  }

  return {
    whenWhole,
    world: () => world,
    async round() {
      if (prng() >= HASTY_SHARE) await whenWhole();
      await delay(prng() * WORK_MS_MAX);
      const kind = prng();
      if (kind < 0.04) return killMachine();
      const alive = runtime().children.filter(({ pid }) => pid !== null);
      const count = kind < 0.12 ? alive.length : kind < 0.35 ? 2 : 1;
      const killed: string[] = [];
      while (killed.length < count && alive.length > 0) {
        const [victim] = alive.splice(Math.floor(prng() * alive.length), 1);
        if (killNow(defined(victim, 'a process').pid)) killed.push(defined(victim, 'a process').name);
      }
      return killed;
    },
  };
}

function killNow(pid: number | null): boolean {
  if (pid === null) return false;
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    // It had just ended by itself.
    return false;
  }
}
