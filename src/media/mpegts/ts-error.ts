/** Bytes that are no MPEG transport stream, or one whose media is not taken. */
export class TsError extends Error {
  override readonly name = 'TsError';
}
