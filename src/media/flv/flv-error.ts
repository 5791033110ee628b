// The one error that reading FLV may throw, whatever the bytes are.

/** Bytes that are not the FLV that is understood here. */
export class FlvError extends Error {
  override readonly name = 'FlvError';
}
