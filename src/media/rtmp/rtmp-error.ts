// The one error that reading RTMP may throw, whatever the bytes are.

export type RtmpErrorKind = 'malformed' | 'too-large' | 'unsupported';

/** Bytes that are not the RTMP that a publisher speaks. */
export class RtmpError extends Error {
  override readonly name = 'RtmpError';
  readonly kind: RtmpErrorKind;

  constructor(kind: RtmpErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
