// What control is told when a job fails: is the file at fault, so that trying again is of no use, or the machine?

import { MeridianError } from '#contract/errors.ts';
import type { JobFailure } from '#contract/jobs.ts';
import { CmafError } from '#media/cmaf/cmaf-error.ts';
import { isOutOfSpace } from '#platform/disk.ts';
import { TransportError } from '#platform/http/transport.ts';
import { FAILURE_MESSAGE_LENGTH_MAX } from './limits.ts';

const FILE_FAULTS: ReadonlySet<string> = new Set([
  'media_empty',
  'media_unsupported',
  'media_forbidden',
  'media_truncated',
]);

/** Fewer or more frames came out than planned: something went wrong on the way, so it is worth another attempt. */
export class FrameCountError extends Error {
  override readonly name = 'FrameCountError';

  constructor(renditionId: string, frameCount: number, plannedCount: number) {
    super(`Rendition ${renditionId} has ${frameCount} frames instead of the ${plannedCount} planned.`);
  }
}

/** Whether the failure ends the job for good. */
export function isFileFault(error: unknown): boolean {
  return error instanceof MeridianError && FILE_FAULTS.has(error.code);
}

/** Whether the region's store or the node's disk is full. */
export function isStorageFull(error: unknown): boolean {
  return isOutOfSpace(error) || (error instanceof MeridianError && error.code === 'storage_full');
}

/** Describes an error for control and for people. */
export function describeFailure(error: unknown): JobFailure {
  const limit = (message: string): string => message.slice(0, FAILURE_MESSAGE_LENGTH_MAX);
  if (isOutOfSpace(error)) {
    const full = new MeridianError('storage_full', { where: 'the disk of the encoder' });
    return { code: full.code, message: full.message, isRetryable: true };
  }
  if (error instanceof MeridianError)
    return { code: error.code, message: limit(error.message), isRetryable: !isFileFault(error) };
  if (error instanceof TransportError)
    return {
      code: 'unavailable',
      message: limit(`A region did not answer: ${error.message}`),
      isRetryable: true,
    };
  if (error instanceof FrameCountError)
    return { code: 'internal', message: limit(error.message), isRetryable: true };
  if (error instanceof CmafError)
    return {
      code: 'internal',
      message: limit(`The encoder's output cannot be packaged: ${error.message}.`),
      isRetryable: true,
    };
  return { code: 'internal', message: limit(`Encoding failed: ${String(error)}`), isRetryable: true };
}
