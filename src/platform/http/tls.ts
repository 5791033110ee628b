// A certificate that may change while servers run. Its files are looked at every two seconds, since notifications
// miss what Kubernetes does (it swaps a symbolic link) and network file systems send none. A new pair is taken only
// when it can be read whole and its halves belong together; until then the old one stays, so that a renewal that is
// half written, or wrong, takes no edge down.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { MeridianError } from '#contract/errors.ts';
import { systemClock } from '../clock.ts';
import type { Log } from '../log.ts';

export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface CertificateWatch {
  /** The pair in use, for a server that is created now. */
  current(): SecureContextOptions;
  /** Ends the watching; idempotent. */
  stop(): Promise<void>;
}

const LOOK_MS = 2_000;
/** Certificates are renewed weeks ahead; less than this means that renewal is broken. */
const EXPIRY_WARNING_MS = 7 * 86_400_000;

interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Loads the pair, calls `onChange` with it at once and again after each change; pass `server.setSecureContext`.
 * Throws MeridianError('invalid_config') when the first pair is of no use.
 */
export function watchCertificate(
  files: CertificateFiles,
  log: Log,
  onChange: (secure: SecureContextOptions) => void = () => undefined,
  lookMs: number = LOOK_MS,
): CertificateWatch {
  let used = firstPair(files);
  let refused: Pair | undefined;
  warnOfExpiry(used, files, log);
  onChange(optionsOf(used));

  async function look(): Promise<void> {
    const found = await readPair(files);
    if (found === undefined || isSame(found, used)) return;
    const problem = problemOf(found);
    if (problem !== undefined) {
      // Told once for each content, and not while it may only be half written: the next look sees the same.
      if (refused !== undefined && isSame(found, refused)) return;
      const isSettled = isSame(found, (await settled(files)) ?? used);
      if (!isSettled) return;
      refused = found;
      log.warn({ ...files, problem }, 'a changed certificate is not used; the old one stays in place');
      return;
    }
    used = found;
    refused = undefined;
    warnOfExpiry(used, files, log);
    log.info({ ...files, validTo: new X509Certificate(used.certificate).validTo }, 'took a new certificate');
    onChange(optionsOf(used));
  }

  /** Looks again a moment later. */
  async function settled(paths: CertificateFiles): Promise<Pair | undefined> {
    await systemClock.sleep(Math.min(lookMs, LOOK_MS) / 4, stopping.signal).catch(() => undefined);
    return await readPair(paths);
  }

  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await systemClock.sleep(lookMs, stopping.signal).catch(() => undefined);
      if (stopping.signal.aborted) return;
      await look().catch((error: unknown) =>
        log.warn({ ...files, error: String(error) }, 'a changed certificate could not be taken'),
      );
    }
  })();
  return {
    current: () => optionsOf(used),
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

function firstPair(files: CertificateFiles): Pair {
  let pair: Pair;
  try {
    pair = {
      certificate: readFileSync(files.certificateFile, 'utf8'),
      key: readFileSync(files.keyFile, 'utf8'),
    };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const reason = `the certificate cannot be read: ${text}`;
    throw new MeridianError('invalid_config', { reason }, { cause: error });
  }
  const problem = problemOf(pair);
  if (problem === undefined) return pair;
  throw new MeridianError('invalid_config', {
    reason: `${files.certificateFile} and ${files.keyFile}: ${problem}`,
  });
}

/** Both files, or undefined while one is away, as in the middle of a renewal. */
async function readPair(files: CertificateFiles): Promise<Pair | undefined> {
  try {
    const [certificate, key] = await Promise.all([
      readFile(files.certificateFile, 'utf8'),
      readFile(files.keyFile, 'utf8'),
    ]);
    return { certificate, key };
  } catch {
    return undefined;
  }
}

/** Why a pair is of no use, or undefined when it is fine. */
function problemOf({ certificate, key }: Pair): string | undefined {
  try {
    const leaf = new X509Certificate(certificate);
    if (!leaf.checkPrivateKey(createPrivateKey(key))) return 'the key does not belong to the certificate';
    // Also reads the rest of the chain, which the lines above do not look at.
    createSecureContext({ cert: certificate, key });
    return undefined;
  } catch (error) {
    return `not a certificate and key in PEM (${error instanceof Error ? error.message : String(error)})`;
  }
}

function warnOfExpiry({ certificate }: Pair, files: CertificateFiles, log: Log): void {
  const { validTo } = new X509Certificate(certificate);
  const leftMs = Date.parse(validTo) - systemClock.nowMs();
  if (leftMs > EXPIRY_WARNING_MS) return;
  const message = leftMs < 0 ? 'the certificate has expired' : 'the certificate expires soon';
  log.warn({ certificateFile: files.certificateFile, validTo }, message);
}

function isSame(one: Pair, other: Pair): boolean {
  return one.certificate === other.certificate && one.key === other.key;
}

function optionsOf({ certificate, key }: Pair): SecureContextOptions {
  return { cert: certificate, key, minVersion: 'TLSv1.2' };
}
