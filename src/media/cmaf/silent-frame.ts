// AAC frames of silence, by number of channels, for gaps in a track that may not be encoded again: constants, so that
// every channel of a broadcast fills a gap with the same bytes.
// Each is a raw_data_block (ISO/IEC 14496-3, table 4.3) of one long window without spectral data for each element of
// the default layout of so many channels. Limits: layouts of seven and eight channels have none.

const SILENT_FRAMES: Readonly<Record<number, string>> = {
  1: '00c800802380',
  2: '210049900219002380',
  3: '00c8008020840126400864008e',
  4: '00c800802084012640086400802c80080238',
  5: '00c800802084012640086400823004990021900238',
  6: '00c800802084012640086400823004990021900200b2002008e0',
};

/** A frame of silence for so many channels; undefined when there is none. */
export function silentFrame(channels: number): Uint8Array | undefined {
  const hexadecimal = SILENT_FRAMES[channels];
  return hexadecimal === undefined ? undefined : Uint8Array.from(Buffer.from(hexadecimal, 'hex'));
}
