// Connecting to an address that somebody else chose: the name is resolved, the addresses are judged, and the socket goes
// to one of those judged and no other. A name that answers differently the next time (DNS rebinding) changes nothing,
// since the judged address is the one that the socket is given (`lookup` of node:net).
// Limits: an address written into the URL is never looked up; ask `findForbiddenHost` before connecting as well.
// Names are resolved as the machine resolves them (getaddrinfo, in the thread pool), one at a time per name, so that a
// name whose servers are silent takes one thread and not all.

import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { addressKind, addressOfHost } from '#base/ip-address.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}
export type Resolver = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** A name or address that may not be connected to. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
}

/** The machine's own way to resolve names; calls for the same name at the same time share one. */
export function createSystemResolver(): Resolver {
  const running = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return (hostname) => {
    const known = running.get(hostname);
    if (known !== undefined) return known;
    const started = systemLookup(hostname, { all: true, order: 'verbatim' }).finally(() =>
      running.delete(hostname),
    );
    running.set(hostname, started);
    return started;
  };
}

/** What is wrong with the host of a URL when it is an address that is not public; undefined when it may be tried. */
export function findForbiddenHost(url: URL): ForbiddenAddressError | undefined {
  const address = addressOfHost(url.hostname);
  const kind = address === undefined ? undefined : addressKind(address);
  if (kind !== undefined && kind !== 'public')
    return new ForbiddenAddressError(`${address} is not a public address (${kind})`);
  const name = url.hostname.replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost')
    ? new ForbiddenAddressError(`${name} is this machine itself`)
    : undefined;
}

/** A `lookup` for node:http and node:net that gives only public addresses. */
export function createPublicLookup(resolve: Resolver): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (found) => {
        const wanted = options.family === 4 || options.family === 6 ? options.family : undefined;
        const allowed = found.filter(
          ({ address, family }) =>
            addressKind(address) === 'public' && (wanted === undefined || family === wanted),
        );
        const first = allowed[0];
        if (first === undefined) {
          const kinds = found.map(({ address }) => `${address}, ${addressKind(address) ?? 'unknown'}`);
          callback(
            new ForbiddenAddressError(`${hostname} has no public address (${kinds.join('; ')})`),
            '',
            0,
          );
        } else if (options.all === true) callback(null, [...allowed]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}
