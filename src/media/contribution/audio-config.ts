// What an AudioSpecificConfig says (ISO/IEC 14496-3, 1.6.2.1). The rate is that of the core, since frames have 1,024
// samples at that rate, also where HE-AAC doubles it for the listener.

import { AUDIO_FRAME_SAMPLES } from './audio-grid.ts';
import { ContributionError } from './contribution-error.ts';

export interface AudioFormat {
  readonly sampleRate: number;
  readonly channels: number;
  /** RFC 6381, e.g. mp4a.40.2. */
  readonly codecs: string;
}

const RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
/** By channel configuration; 0: the stream itself says, which is not read here. */
const CHANNELS = [undefined, 1, 2, 3, 4, 5, 6, 8];
/** AAC Main, LC, SSR, LTP; SBR and parametric stereo, which wrap one of them. */
const CORE_TYPES = [1, 2, 3, 4];
const WRAPPED_TYPES = [5, 29];
const CONFIG_BYTES_LONGEST = 64;

/**
 * Reads an AudioSpecificConfig.
 * @throws ContributionError for audio that cannot lie on the grid
 */
export function readAudioFormat(config: Uint8Array): AudioFormat {
  if (config.length < 2 || config.length > CONFIG_BYTES_LONGEST)
    throw new ContributionError('malformed', `an audio configuration of ${config.length} bytes`);
  let at = 0;
  const u = (count: number): number => {
    if (at + count > config.length * 8)
      throw new ContributionError('malformed', 'an audio configuration ends too early');
    let value = 0;
    for (let index = 0; index < count; index += 1) {
      value = value * 2 + (((config[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
      at += 1;
    }
    return value;
  };
  const objectType = (): number => {
    const short = u(5);
    return short === 31 ? 32 + u(6) : short;
  };
  const rate = (): number | undefined => {
    const index = u(4);
    return index === 15 ? u(24) : RATES[index];
  };
  const type = objectType();
  const sampleRate = rate();
  const channels = CHANNELS[u(4)];
  let core = type;
  if (WRAPPED_TYPES.includes(type)) {
    rate();
    core = objectType();
  }
  if (!CORE_TYPES.includes(core) || sampleRate === undefined || sampleRate === 0 || channels === undefined)
    throw new ContributionError(
      'unsupported',
      `AAC of object type ${type} with ${channels} channels is not taken`,
    );
  if (u(1) === 1)
    throw new ContributionError(
      'unsupported',
      `AAC with frames other than ${AUDIO_FRAME_SAMPLES} samples is not taken`,
    );
  return { sampleRate, channels, codecs: `mp4a.40.${type}` };
}
