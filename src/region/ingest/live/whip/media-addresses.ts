// Where browsers send media to: the address that they are told, and a UDP port for each of them.

import { networkInterfaces } from 'node:os';
import type { WhipConfig } from '#contract/config.ts';
import { MeridianError } from '#contract/errors.ts';

export interface MediaAddresses {
  readonly listenHost: string;
  /** The address that others reach this machine at. */
  announcedHost(): string;
  /** A port that nobody has; 0 when any will do. */
  take(): number;
  release(port: number): void;
}

const ANY = '0.0.0.0';
const LOOPBACK = '127.0.0.1';

/** `host` is what servers of this machine listen on; media is IPv4. */
export function createMediaAddresses(host: string, settings: WhipConfig): MediaAddresses {
  const listenHost = host === 'localhost' ? LOOPBACK : /^\d+(\.\d+){3}$/.test(host) ? host : ANY;
  const taken = new Set<number>();
  const { publicIp, udpPorts } = settings;

  function ownAddress(): string {
    const found = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal);
    return found?.address ?? LOOPBACK;
  }

  return {
    listenHost,
    announcedHost: () => publicIp ?? (listenHost === ANY ? ownAddress() : listenHost),
    take() {
      if (udpPorts === undefined) return 0;
      for (let port = udpPorts.first; port < udpPorts.first + udpPorts.count; port += 1)
        if (!taken.has(port)) {
          taken.add(port);
          return port;
        }
      throw new MeridianError('overloaded', {
        reason: `all UDP ports of this ingest are taken (${udpPorts.count} from ${udpPorts.first} on)`,
      });
    },
    release: (port) => void taken.delete(port),
  };
}
