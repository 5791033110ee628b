// The grid that audio frames lie on: frame i begins at phase + i·1024 samples after the timeline's anchor. Whoever
// packages a broadcast finds the index of a frame from its time and so agrees with everybody else, to the sample.
// Microseconds are fine enough: at 96 kHz a frame is 10,667 of them.

/** Samples of an AAC-LC frame (ISO/IEC 14496-3, 4.5.2.1.1). HE-AAC counts in samples of its core, which are as many. */
export const AUDIO_FRAME_SAMPLES = 1_024;

export interface AudioGrid {
  readonly sampleRate: number;
  readonly phaseSamples: number;
}

/** Where a time lies on the grid, in frames; whole for the beginning of a frame. */
export function audioGridPosition(grid: AudioGrid, timeUs: number): number {
  return ((timeUs * grid.sampleRate) / 1e6 - grid.phaseSamples) / AUDIO_FRAME_SAMPLES;
}

/** Index of the frame that begins at this time, as contribution records carry it. */
export function audioFrameIndex(grid: AudioGrid, dtsUs: number): number {
  // Adding zero turns the -0 that rounding may give into 0.
  return Math.round(audioGridPosition(grid, dtsUs)) + 0;
}

/** Time at which a frame begins, in whole microseconds. */
export function audioFrameTimeUs(grid: AudioGrid, index: number): number {
  return Math.round(((grid.phaseSamples + index * AUDIO_FRAME_SAMPLES) * 1e6) / grid.sampleRate);
}

/** The phase that puts a frame beginning at this time on the grid, as near as a sample. */
export function phaseOf(sampleRate: number, firstTimeUs: number): number {
  const samples = Math.round((firstTimeUs * sampleRate) / 1e6);
  return ((samples % AUDIO_FRAME_SAMPLES) + AUDIO_FRAME_SAMPLES) % AUDIO_FRAME_SAMPLES;
}
