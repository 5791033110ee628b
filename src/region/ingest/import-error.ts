// Why a fetch failed, and whether another attempt may end otherwise. What is wrong with the address or the file stays
// wrong; what is wrong with a network, a server or a full disk passes.

import { type ErrorCode, type ErrorDetails, MeridianError } from '#contract/errors.ts';
import type { JobFailure } from '#contract/jobs.ts';
import { isOutOfSpace } from '#platform/disk.ts';
import { ForbiddenAddressError } from '#platform/http/guarded-lookup.ts';
import { FAILURE_LENGTH_MAX } from './import-limits.ts';

const HOPELESS: ReadonlySet<ErrorCode> = new Set([
  'import_forbidden',
  'import_refused',
  'upload_too_large',
  'media_empty',
  'invalid_request',
]);

/** An error of an import that knows whether trying again is of use. */
export class ImportError extends MeridianError {
  readonly isRetryable: boolean;

  constructor(code: ErrorCode, details: ErrorDetails, isRetryable: boolean, options?: ErrorOptions) {
    super(code, details, options);
    this.isRetryable = isRetryable;
  }
}

/** The source did not answer, or stopped answering. */
export function unreachable(reason: string, cause?: unknown): ImportError {
  return new ImportError('import_unreachable', { reason }, true, cause === undefined ? {} : { cause });
}

/** What a failed connection means. */
export function explainConnection(error: unknown, host: string): Error {
  if (error instanceof MeridianError) return error;
  if (error instanceof ForbiddenAddressError)
    return new ImportError('import_forbidden', { reason: error.message }, false, { cause: error });
  const { code = '', message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOTFOUND: `there is no host ${host}`,
    EAI_AGAIN: `the name ${host} cannot be looked up now`,
    ECONNREFUSED: `${host} refuses connections`,
    ECONNRESET: `${host} broke the connection`,
    ETIMEDOUT: `${host} does not answer`,
  };
  return unreachable(reasons[code] ?? `${host}: ${message}`, error);
}

/** Describes a failure for control and for people. */
export function describeImportFailure(error: unknown): JobFailure {
  if (isOutOfSpace(error))
    return describeImportFailure(new MeridianError('storage_full', { where: 'the disk of the ingest' }));
  if (!(error instanceof MeridianError))
    return {
      code: 'internal',
      message: `The import failed: ${String(error)}`.slice(0, FAILURE_LENGTH_MAX),
      isRetryable: true,
    };
  const isRetryable = error instanceof ImportError ? error.isRetryable : !HOPELESS.has(error.code);
  return { code: error.code, message: error.message.slice(0, FAILURE_LENGTH_MAX), isRetryable };
}
