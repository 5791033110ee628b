// The one contract that both FFmpeg engines fulfil: the ffmpeg executable, and the npm package node-av.
// Whoever plans and packages works against this file alone and cannot tell the engines apart.
//
// Everything here happens in a child process with limits (law 9 of the design: untrusted media is hostile).
// The child may read `inputPath` and nothing else; it never opens the network.
//
// Units: milliseconds (`…Ms`), bits per second (`…Bps`), hertz (`sampleRate`), pixels (`width`, `height`).
//
// Errors, for every promise below:
// - `MeridianError` `media_unsupported`, `media_forbidden`, `media_truncated` or `media_empty`: the file is at
//   fault, another attempt would end the same way. `details.reason` is a sentence for the person who sent it.
// - `AbortError` (a DOMException): the caller asked for it, by `signal` or `kill()`.
// - any other `Error`: the machine is at fault (killed, out of memory, no progress); another attempt may succeed.

import type { Readable } from 'node:stream';

export interface ProbeResult {
  /** FFmpeg's name of the demuxer that read it, e.g. `mov` or `matroska`. */
  container: string;
  /** Length of the whole file, measured where the file does not say; null when even that failed. */
  durationMs: number | null;
  /** The video to process (the first one); null when there is none. Cover art is not video. */
  video: {
    /** Index among all streams of the file: what `EncodeRequest.video.streamIndex` wants. */
    index: number;
    codec: string;
    /** Coded size in pixels, before the rotation. */
    width: number;
    height: number;
    /** How far a player turns the picture clockwise to show it upright. An encode wants it back as it is here. */
    rotationDegrees: 0 | 90 | 180 | 270;
    /** Width and height of one pixel, before the rotation; [1, 1] when the file says nothing. */
    sampleAspect: readonly [number, number];
    /** The average frame rate, snapped to the usual ones; null when it cannot be told. */
    frameRate: { numerator: number; denominator: number } | null;
    isVariableFrameRate: boolean;
    /**
     * How many frames the file holds, counted when the file does not say; null past the bound of counting. An encode
     * may need another number: dropped frames are filled, and so is the time before `startMs`.
     */
    frameCount: number | null;
    /** When the first frame is shown, counted from the start of the earliest stream, which is time zero of an encode. */
    startMs: number;
    /** Length of the video from its own first frame to the end of the last; null when unknown. */
    durationMs: number | null;
    /** FFmpeg's name, e.g. `yuv420p10le`. Whatever it is, renditions come out as yuv420p. */
    pixelFormat: string;
  } | null;
  audio: readonly {
    /** Index among all streams of the file. */
    index: number;
    codec: string;
    channels: number;
    sampleRate: number;
    /** As the file has it (mostly ISO 639-2); null when absent or `und`. */
    language: string | null;
    title: string | null;
    isDefault: boolean;
  }[];
}

export interface VideoOutput {
  /** Unique among all outputs of the request. */
  id: string;
  /** Size of the upright picture with square pixels; both even. */
  width: number;
  height: number;
  bitrateBps: number;
  /** Peak rate; the decoder buffer is twice its second. */
  maxBitrateBps: number;
}

export interface AudioOutput {
  id: string;
  /** Index among all streams of the file. */
  streamIndex: number;
  /** More channels are mixed down, fewer are mixed up. The rate is always 48 kHz. */
  channels: number;
  bitrateBps: number;
  /** Louder or softer by this, to come to a target; the same over the whole length. */
  gainDb?: number | undefined;
}

export interface EncodeRequest {
  inputPath: string;
  /** An existing directory for this child alone; it becomes its working directory. */
  workDirectory: string;
  video: {
    streamIndex: number;
    /** As the probe said. */
    rotationDegrees: 0 | 90 | 180 | 270;
    /** The rate to come out: constant. */
    frameRate: { numerator: number; denominator: number };
    /** Every segment starts with a closed group of pictures of exactly this many frames. */
    framesPerSegment: number;
    /** The first of these groups is two, cut after this many frames, so that the first is there sooner. */
    firstSegmentFrames: number;
    /**
     * Exactly this many frames come out of each output, starting at time zero of the file. At most about a second
     * is filled by repeating the last frame; when more is missing, `done` rejects with `media_truncated`.
     */
    frameCount: number;
    /** Largest first. */
    outputs: readonly VideoOutput[];
  } | null;
  audio: readonly AudioOutput[];
  /** Where time zero of the file lies on the timeline of the outputs; at least 1000, so that audio priming fits. */
  timelineStartMs: number;
  /** Twice as long as audio fragments are, about; video fragments are the groups of pictures. */
  segmentDurationMs: number;
  /** 0 to 19: how far the child stands back from others for the CPU (law 8). */
  niceness: number;
}

export interface Encode {
  /**
   * By output id: a fragmented MP4 (ftyp moov, then moof mdat …) that grows while the file is encoded. All of them
   * must be read: one that is not read holds up the others. After a failure they end early, after `kill()` they
   * are closed without an end.
   */
  readonly outputs: ReadonlyMap<string, Readable>;
  /** Settles when the child has ended: resolves when every output is complete, else rejects as said above. */
  readonly done: Promise<void>;
  /** Ends the child and whatever it started at once; `done` then rejects with an AbortError. Idempotent. */
  kill(): void;
}

export interface Engine {
  readonly name: 'ffmpeg' | 'node-av';
  /** Of FFmpeg itself, e.g. `5.1.9-0+deb12u1`. */
  readonly version: string;
  /** Says what the file holds. A file without any video and audio is refused with `media_unsupported`. */
  probe(path: string, options: { workDirectory: string; signal: AbortSignal }): Promise<ProbeResult>;
  /** Starts one child that decodes once and makes all outputs. */
  encode(request: EncodeRequest): Encode;
  /** One upright frame as a JPEG of exactly this size: that at `atMs`, or the first one when the video is shorter. */
  poster(request: {
    inputPath: string;
    workDirectory: string;
    atMs: number;
    width: number;
    height: number;
    signal: AbortSignal;
  }): Promise<Buffer>;
  /**
   * Sheets of small pictures as JPEGs, one behind the other: the key frames of the file, in their order, each of
   * exactly this size, row by row; the last sheet is filled up with black. For files of our own making.
   */
  storyboard(request: {
    inputPath: string;
    workDirectory: string;
    tileWidth: number;
    tileHeight: number;
    columns: number;
    rows: number;
    niceness: number;
    signal: AbortSignal;
  }): Promise<Buffer>;
  /**
   * A small silent film (H.264 in a fragmented MP4) of all frames of the file one after another, whatever their times
   * are, at a lower frame rate. For files of our own making.
   */
  preview(request: PreviewRequest): Promise<Buffer>;
  /** How loud a track is over its whole length (EBU R128); null when it is silent. */
  loudness(request: {
    inputPath: string;
    workDirectory: string;
    /** Index among all streams of the file. */
    streamIndex: number;
    niceness: number;
    signal: AbortSignal;
  }): Promise<Loudness | null>;
}

export interface PreviewRequest {
  inputPath: string;
  workDirectory: string;
  width: number;
  height: number;
  /** Of the file. */
  frameRate: number;
  niceness: number;
  signal: AbortSignal;
}

export interface Loudness {
  /** Integrated, in LUFS; below -70 counts as silence. */
  integratedLufs: number;
  /** The loudest point between samples, in dB relative to full scale. */
  truePeakDb: number;
}
