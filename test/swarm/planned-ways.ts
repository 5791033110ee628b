// The ways of calibrated viewers: each has links of its own with the same plan of what happens to them, so that a browser
// and a virtual viewer may play at the same time without sharing anything but the machine.

import { spawnSync } from 'node:child_process';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LinkFault } from '#core/fault/catalogue.ts';
import { createLinkProxy, type LinkProxy } from '#platform/fault/link-proxy.ts';
import type { SwarmEdge } from '#viewer/swarm/swarm.ts';

/** Each way: 40 ms for a round trip. */
const DELAY_MS = 20;

/** What happens to a viewer's links, by time since its first request. */
export type Plan = {
  readonly pathways: readonly string[];
  /** Changes of one pathway's link, or of all. */
  readonly changes: readonly {
    readonly atMs: number;
    readonly pathwayId?: string;
    readonly kbps?: number;
    readonly isSilent?: boolean;
    readonly isRefusing?: boolean;
  }[];
};

/** One viewer's way to the presentation. */
export type Way = {
  readonly edges: readonly SwarmEdge[];
  /** Starts the clock of the plan. */
  readonly begin: () => void;
  readonly close: () => Promise<void>;
};

/** Listens on a port of its own. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Runs FFmpeg to its end. */
export function runFfmpeg(args: readonly string[]): void {
  const { status, stderr } = spawnSync('ffmpeg', ['-nostdin', '-y', '-loglevel', 'error', ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`ffmpeg failed: ${stderr}`);
}

/** Opens a viewer's links to a server of this machine. */
export async function openWay(port: number, plan: Plan): Promise<Way> {
  const links = await Promise.all(plan.pathways.map((pathwayId) => openLink(pathwayId, port, plan)));
  const timers: NodeJS.Timeout[] = [];
  return {
    edges: links.map(({ edge }) => edge),
    begin() {
      for (const { atMs } of plan.changes)
        if (atMs > 0)
          timers.push(
            setTimeout(() => {
              for (const link of links) link.apply(atMs);
            }, atMs),
          );
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      for (const { proxy } of links) await proxy.close();
    },
  };
}

type Link = { readonly edge: SwarmEdge; readonly proxy: LinkProxy; readonly apply: (atMs: number) => void };

async function openLink(pathwayId: string, port: number, plan: Plan): Promise<Link> {
  const faultsAt = (atMs: number): readonly LinkFault[] => {
    const own = plan.changes.filter(
      (change) => change.atMs <= atMs && (change.pathwayId ?? pathwayId) === pathwayId,
    );
    const kbps = own.findLast((change) => change.kbps !== undefined)?.kbps;
    return [
      { kind: 'latency', direction: 'both', delayMs: DELAY_MS },
      ...(kbps === undefined
        ? []
        : [{ kind: 'bandwidth' as const, direction: 'back' as const, bytesPerSecond: kbps * 125 }]),
      ...(own.some((change) => change.isSilent === true)
        ? [{ kind: 'blackhole' as const, direction: 'both' as const }]
        : []),
      ...(own.some((change) => change.isRefusing === true) ? [{ kind: 'refuse' as const }] : []),
    ];
  };
  const target = { host: '127.0.0.1', port };
  const proxy = await createLinkProxy({ target, seed: 1, faults: faultsAt(0) });
  const baseUrl = `http://127.0.0.1:${proxy.port}`;
  return {
    edge: { pathwayId, regionId: pathwayId, baseUrl },
    proxy,
    apply: (atMs) => {
      proxy.setFaults(faultsAt(atMs)).catch(() => undefined);
    },
  };
}
