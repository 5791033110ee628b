// Which hosts may be imported from: those of the lists, and of these only public addresses, judged where the socket is
// opened (platform/http/guarded-lookup), so that a name that answers differently the next time changes nothing.

import type { LookupFunction } from 'node:net';
import type { Config } from '#contract/config.ts';
import {
  createPublicLookup,
  createSystemResolver,
  findForbiddenHost,
  type Resolver,
} from '#platform/http/guarded-lookup.ts';
import { ImportError } from './import-error.ts';

export interface ImportGuard {
  /** Throws import_forbidden unless the address may be fetched; asked again for each redirect. */
  check(url: URL): void;
  /** Judges the addresses that a connection goes to; undefined: any will do. */
  readonly lookup: LookupFunction | undefined;
}

/** Creates the guard of one node. */
export function createImportGuard(
  settings: Pick<Config['imports'], 'allowHosts' | 'denyHosts' | 'allowPrivateAddresses'>,
  resolve: Resolver = createSystemResolver(),
): ImportGuard {
  const { allowHosts, allowPrivateAddresses, denyHosts } = settings;
  return {
    check(url) {
      const forbid = (reason: string): never => {
        throw new ImportError('import_forbidden', { reason }, false);
      };
      if (url.protocol !== 'http:' && url.protocol !== 'https:')
        forbid(`${url.protocol.replace(':', '')} is neither http nor https`);
      if (url.username !== '' || url.password !== '') forbid('the address holds a user name or a password');
      const host = plainHost(url.hostname);
      if (denyHosts.some((pattern) => matchesHost(pattern, host)))
        forbid(`the configuration denies imports from ${host}`);
      if (allowHosts.length > 0 && !allowHosts.some((pattern) => matchesHost(pattern, host)))
        forbid(`the configuration does not allow imports from ${host}`);
      const problem = allowPrivateAddresses ? undefined : findForbiddenHost(url);
      if (problem !== undefined) forbid(problem.message);
    },
    lookup: allowPrivateAddresses ? undefined : createPublicLookup(resolve),
  };
}

/** For addresses that the operator has chosen: nothing is refused. */
export const OPEN_GUARD: ImportGuard = { check: () => undefined, lookup: undefined };

/** `media.example` is that host alone, `*.media.example` every host below it. */
export function matchesHost(pattern: string, host: string): boolean {
  const wanted = plainHost(pattern);
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
}

/** Lower case, without the dot that may end a name. */
function plainHost(text: string): string {
  return text.toLowerCase().replace(/\.$/, '');
}
