// What a child process that reads untrusted media may use, and the reason for each number (laws 8 and 9).

/** What one child may use before it is ended. */
export interface ChildLimits {
  /** Private memory (RLIMIT_DATA). */
  readonly memoryBytes: number;
  /** Computing time over all threads (RLIMIT_CPU). */
  readonly cpuSeconds: number;
  /** Time on the clock, however busy the machine. */
  readonly wallMs: number;
  /** Longest time without any sign of progress; null where there is none to see. */
  readonly silenceMs: number | null;
}

/** Bytes read to tell what a file is: the longest signature plus a few transport stream packets. */
export const SNIFF_BYTES = 4_096;
/** Top-level MP4 boxes looked at: a day of fragments of half a second has 350,000. */
export const TOP_LEVEL_BOXES_MAX = 400_000;
/** Boxes inside the index looked at for references to other files: 1,000 tracks of 20 boxes and their chunks. */
export const INDEX_BOXES_MAX = 50_000;

/** Largest picture: 8K is 33 million pixels; more is an attack or a mistake, and costs 50 MB a frame. */
export const PIXELS_MAX = 36_000_000;
/** libx264 and the players stop at this width or height. */
export const PICTURE_SIDE_PX_MAX = 16_384;
/** Streams FFmpeg may open in one file: real files stay below 50, and each costs buffers. */
export const STREAMS_MAX = 200;

/** Below this size a whole file is scanned for its packets: about 0.2 s from a disk. */
export const FULL_SCAN_BYTES_MAX = 64 * 2 ** 20;
/** Below this size it is scanned when nothing else tells its length: some seconds from a disk. */
export const LAST_RESORT_SCAN_BYTES_MAX = 2 * 2 ** 30;
/** Packets looked at to tell whether the frame rate varies: 20 s at 60 frames a second. */
export const RATE_PACKETS_MAX = 1_200;
/** How far from the end the last packet is searched: longer than the usual 10 s between key frames. */
export const TAIL_SCAN_SECONDS = 15;
/** Text that a probe may answer: a scan of 64 MiB at the lowest sensible bit rate is about 20 MB of lines. */
export const PROBE_OUTPUT_BYTES_MAX = 64 * 2 ** 20;
/** A poster of 8K at the quality used is below 6 MB. */
export const POSTER_BYTES_MAX = 16 * 2 ** 20;
/** Sheets of 300 small pictures at the quality used are below 4 MB. */
export const STORYBOARD_BYTES_MAX = 16 * 2 ** 20;
/** Six seconds of 320 pixels at the rate used are below 300 kB. */
export const PREVIEW_BYTES_MAX = 4 * 2 ** 20;
/** What EBU R128 leaves out of every measurement. */
export const SILENCE_LUFS = -70;
/** What is kept of a child's complaints: the last ones name the cause. */
export const STDERR_BYTES_MAX = 4_096;

/** Files that a child may hold open: input, outputs (at most some dozens), shared libraries at start-up. */
export const OPEN_FILES_MAX = 128;
/** A child writes to pipes only; this leaves room for nothing but a small temporary file. */
export const FILE_BYTES_MAX = 2 ** 20;

/** Reading headers: 8K HEVC headers decode within a fraction of this. */
export const PROBE_LIMITS: ChildLimits = {
  memoryBytes: 2 * 2 ** 30,
  cpuSeconds: 60,
  wallMs: 120_000,
  silenceMs: null,
};

/** Decoding up to one group of pictures: 250 frames of 8K take about 30 s. */
export const POSTER_LIMITS: ChildLimits = {
  memoryBytes: 3 * 2 ** 30,
  cpuSeconds: 120,
  wallMs: 180_000,
  silenceMs: null,
};

/** Some hundred pictures of the smallest rendition, or six seconds of it: seconds on a busy machine. */
export const EXTRAS_LIMITS: ChildLimits = {
  memoryBytes: 2 * 2 ** 30,
  cpuSeconds: 120,
  wallMs: 300_000,
  silenceMs: null,
};

/** Some dozens of frames of 8K in two sizes, on a busy machine; whoever waits has less patience. */
export const SAMPLE_LIMITS: ChildLimits = {
  memoryBytes: 3 * 2 ** 30,
  cpuSeconds: 120,
  wallMs: 60_000,
  silenceMs: null,
};
/** A line of numbers for each frame of each size. */
export const SAMPLE_OUTPUT_BYTES_MAX = 1 << 20;

/** Decoding twelve hours of sound takes some minutes. */
export const LOUDNESS_LIMITS: ChildLimits = {
  memoryBytes: 2 * 2 ** 30,
  cpuSeconds: 1_800,
  wallMs: 3_600_000,
  silenceMs: null,
};

/** Memory of an encode: 8K in and five renditions out stay below 4 GiB (720p with three: 0.3 GiB). */
const ENCODE_MEMORY_BYTES = 6 * 2 ** 30;
/** Start-up on a machine that is busy with other things. */
const ENCODE_CPU_SECONDS_BASE = 120;
/** 8K HEVC with 60 frames a second in, five renditions out: about 60 CPU seconds per second of media. */
const ENCODE_CPU_SECONDS_PER_SECOND = 80;
/** Start-up, and queueing behind whatever has a better nice level. */
const ENCODE_WALL_MS_BASE = 600_000;
/** As slow as the slowest honest encode on one core of which others take half. */
const ENCODE_WALL_MS_PER_MS = 160;
/** A child that brings out nothing for this long is stuck: one frame of 8K takes below a second. */
const ENCODE_SILENCE_MS = 60_000;

/** What an encode of so much media may use. */
export function encodeLimits(durationMs: number): ChildLimits {
  return {
    memoryBytes: ENCODE_MEMORY_BYTES,
    cpuSeconds: Math.ceil(ENCODE_CPU_SECONDS_BASE + (durationMs / 1_000) * ENCODE_CPU_SECONDS_PER_SECOND),
    wallMs: Math.ceil(ENCODE_WALL_MS_BASE + durationMs * ENCODE_WALL_MS_PER_MS),
    silenceMs: ENCODE_SILENCE_MS,
  };
}
