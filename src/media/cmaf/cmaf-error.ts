// The one error that reading fragmented MP4 may throw, whatever the bytes are.

export type CmafErrorKind = 'malformed' | 'too-large' | 'unsupported' | 'truncated' | 'gap';

/** Bytes that are not the fragmented MP4 that this code packages. */
export class CmafError extends Error {
  override readonly name = 'CmafError';
  readonly kind: CmafErrorKind;

  constructor(kind: CmafErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
