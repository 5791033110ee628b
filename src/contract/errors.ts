// The error table: every error a user or another process can receive, with what to do about it.
// A test proves that this table, docs/errors.md and the OpenAPI document agree.

interface ErrorEntry {
  readonly status: number;
  /** What is wrong; `{name}` is filled in from the details. */
  readonly message: string;
  /** What the reader can do. */
  readonly action: string;
}

export const ERRORS = {
  invalid_request: {
    status: 400,
    message: 'The request is not valid: {reason}.',
    action: 'Correct the named field and send it again.',
  },
  invalid_config: {
    status: 400,
    message: 'The configuration is not valid: {reason}.',
    action: 'Correct meridian.yaml; `meridian config check` repeats this check.',
  },
  unauthenticated: {
    status: 401,
    message: 'No valid credential was sent.',
    action: 'Send an API token as `Authorization: Bearer …`, or log in.',
  },
  wrong_credential: {
    status: 401,
    message: 'That token is not known or has expired.',
    action: 'Check the token; an admin can make a new one.',
  },
  forbidden: { status: 403, message: 'This needs the role {role}.', action: 'Use a token with that role.' },
  wrong_region: {
    status: 403,
    message: 'This concerns {region}; the credential may act in {own} only.',
    action: 'Ask an operator of that region or an admin; in an emergency, break the glass.',
  },
  wrong_project: {
    status: 403,
    message: 'The credential belongs to another project.',
    action: 'Use a credential of the project that owns the resource.',
  },
  cross_origin: {
    status: 403,
    message: 'The request comes from a page of another site.',
    action: 'Use the console at its own address, or an API token.',
  },
  not_found: {
    status: 404,
    message: 'There is no {what}.',
    action: 'Check the identifier; it may have been deleted.',
  },
  conflict: { status: 409, message: '{reason}.', action: 'Read the current state and try again.' },
  lease_lost: {
    status: 409,
    message: 'The lease on job {job} belongs to someone else now.',
    action: 'Stop working on it; its output is ignored.',
  },
  offset_mismatch: {
    status: 409,
    message: 'The upload is at byte {offset}.',
    action: 'Ask for the offset with HEAD and go on from there.',
  },
  gone: { status: 410, message: 'This {what} was deleted.', action: 'Nothing; it will not come back.' },
  upload_too_large: {
    status: 413,
    message: 'The upload is larger than the limit of {limitBytes} bytes.',
    action: 'Send a smaller file, or ask an admin to raise `limits.uploadBytesMax`.',
  },
  quota_exceeded: {
    status: 403,
    message: 'The project {project} has reached its quota: {reason}.',
    action: 'Delete something, wait, or ask an admin to raise the quota.',
  },
  request_too_large: {
    status: 413,
    message: 'The request body is larger than {limitBytes} bytes.',
    action: 'Send less in one request.',
  },
  checksum_mismatch: {
    status: 460,
    message: 'The checksum of what arrived differs from the one declared.',
    action: 'Send that part again.',
  },
  rate_limited: { status: 429, message: 'Too many attempts.', action: 'Wait {retryAfterSeconds} seconds.' },
  token_expired: { status: 403, message: 'The token has expired.', action: 'Ask for a new one.' },
  token_forged: {
    status: 403,
    message: 'The token is not one of ours.',
    action: 'Ask for a new one; check that keys are not mixed up.',
  },
  token_revoked: { status: 403, message: 'The token was revoked.', action: 'Ask for a new one.' },
  token_wrong_scope: {
    status: 403,
    message: 'The token does not cover this {what}.',
    action: 'Ask for a token with the right scope.',
  },
  token_required: {
    status: 403,
    message: 'This asset is private.',
    action: 'Ask for a playback token and use the address that comes with it.',
  },
  node_unknown: {
    status: 401,
    message: 'The node is not known here.',
    action: 'Join it with a one-time token: `meridian node --join-token …`.',
  },
  node_signature: {
    status: 401,
    message: 'The node signature is not valid: {reason}.',
    action: 'Check the node clock and its key.',
  },
  join_token_used: {
    status: 403,
    message: 'The join token is not known, was used, or has expired.',
    action: 'Make a new one with `meridian join-token`.',
  },
  draining: { status: 421, message: 'This site is draining.', action: 'Use another pathway.' },
  media_unsupported: {
    status: 422,
    message: 'This file cannot be processed: {reason}.',
    action: 'Send a video or audio file that FFmpeg can read.',
  },
  media_forbidden: {
    status: 422,
    message: 'This kind of file is refused: {reason}.',
    action: 'Send the media itself, not a playlist or script that points to it.',
  },
  media_truncated: {
    status: 422,
    message: 'The file ends early: {reason}.',
    action: 'Upload the whole file again.',
  },
  media_empty: {
    status: 422,
    message: 'The file has no bytes.',
    action: 'Check the file and upload it again.',
  },
  media_harmful: {
    status: 422,
    message: 'Encoders died or hung while they worked on this file: {reason}.',
    action: 'Convert the file with another tool and upload the result.',
  },
  processing_cancelled: {
    status: 409,
    message: 'Processing was cancelled by {actor}.',
    action: 'Repeat the processing of the asset to begin anew.',
  },
  captions_invalid: {
    status: 422,
    message: 'The caption file cannot be used: line {line}: {reason}.',
    action: 'Correct that line; WebVTT and SubRip (.srt) files in UTF-8 are taken.',
  },
  publish_key_missing: {
    status: 401,
    message: 'No stream key was sent.',
    action: 'Send it as `Authorization: Bearer …`; most encoders call it bearer token.',
  },
  publish_refused: {
    status: 403,
    message: 'This stream key cannot be published with: {reason}.',
    action: 'Check that the broadcast is open, and copy its stream key again.',
  },
  offer_refused: {
    status: 422,
    message: 'This offer cannot be taken: {reason}.',
    action: 'Publish one picture in H.264 and one sound in Opus from a browser or encoder that has them.',
  },
  media_type_unsupported: {
    status: 415,
    message: 'The body has another type than {expected}.',
    action: 'Send it with that content-type.',
  },
  method_not_allowed: {
    status: 405,
    message: 'This address does not take {method}.',
    action: 'Use one of: {allowed}.',
  },
  image_invalid: {
    status: 422,
    message: 'The picture cannot be used: {reason}.',
    action: 'Send a JPEG of at most 2 MiB.',
  },
  slo_invalid: {
    status: 422,
    message: 'The SLO {document} cannot be used: {reason}.',
    action: 'Correct the file; `meridian slo lint` names everything that is wrong with it.',
  },
  import_forbidden: {
    status: 422,
    message: 'This may not be imported: {reason}.',
    action: 'Use a public http(s) address; an operator can allow more under `imports` in meridian.yaml.',
  },
  import_unreachable: {
    status: 502,
    message: 'The source cannot be reached: {reason}.',
    action: 'Check the address and that its server is up, then import it again.',
  },
  import_refused: {
    status: 502,
    message: 'The source did not give the media: {reason}.',
    action: 'Check that the address is right and may be read without logging in, then import it again.',
  },
  import_source_unknown: {
    status: 422,
    message: 'There is no import source {source} that can be used here: {reason}.',
    action: 'Name it under `imports.sources` in the meridian.yaml of every node.',
  },
  rota_invalid: {
    status: 422,
    message: 'The rota cannot be put in force: {reason}.',
    action: 'Correct it and send it again; `meridian oncall lint FILE` repeats this check.',
  },
  snapshot_refused: {
    status: 409,
    message: 'The snapshot was refused: {reason}.',
    action: 'Look at the control plane that published it.',
  },
  storage_full: {
    status: 507,
    message: 'There is no room left on {where}.',
    action: 'Free some space; uploads resume where they stopped.',
  },
  overloaded: {
    status: 503,
    message: 'Too much at once: {reason}.',
    action: 'Try again shortly, or at another region.',
  },
  unavailable: {
    status: 503,
    message: '{what} cannot be reached.',
    action: 'Try again shortly; nothing was lost.',
  },
  internal: {
    status: 500,
    message: 'Something went wrong on our side.',
    action: 'Tell the operator the request id {requestId}.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** The form in which an error travels (RFC 9457 problem details, with our code and action). */
export interface Problem {
  readonly type: string;
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly action: string;
  readonly details: ErrorDetails;
}

/** An expected failure that is to be shown to whoever asked. */
export class MeridianError extends Error {
  override readonly name = 'MeridianError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(fill(ERRORS[code].message, details), options);
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get action(): string {
    return fill(ERRORS[this.code].action, this.details);
  }
}

/** Renders an error for the wire; anything unexpected becomes `internal` without its text. */
export function toProblem(error: unknown, requestId = ''): Problem {
  const known = error instanceof MeridianError ? error : new MeridianError('internal', { requestId });
  return {
    type: `https://meridian.video/errors/${known.code}`,
    code: known.code,
    status: known.status,
    title: known.message,
    action: known.action,
    details: known.details,
  };
}

/** Rebuilds an error from the wire; undefined when the body is not a problem of ours. */
export function fromProblem(body: unknown): MeridianError | undefined {
  if (typeof body !== 'object' || body === null || !('code' in body)) return undefined;
  const { code } = body;
  if (typeof code !== 'string' || !(code in ERRORS)) return undefined;
  const details =
    'details' in body && typeof body.details === 'object' && body.details !== null ? body.details : {};
  return new MeridianError(code as ErrorCode, details as ErrorDetails);
}

function fill(text: string, details: ErrorDetails): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? '…'));
}
