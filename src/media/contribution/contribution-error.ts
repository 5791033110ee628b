// The one error that reading a contribution stream may throw, whatever the bytes are.

export type ContributionErrorKind = 'malformed' | 'too-large' | 'unsupported';

/** Bytes that are no contribution stream, or media in it that cannot be understood. */
export class ContributionError extends Error {
  override readonly name = 'ContributionError';
  readonly kind: ContributionErrorKind;

  constructor(kind: ContributionErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
