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

import type { Readable, Writable } from 'node:stream';

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
  /** One that the engine has; absent: h264. */
  codec?: 'h264' | 'av1' | 'hevc' | undefined;
  /** Constant quality under the peak rate, by the codec's own scale; absent: the average rate is kept. */
  qualityFactor?: number | undefined;
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
     * Exactly this many frames come out of each output, starting at time zero of the file (or at `firstFrame`). At most about a second
     * is filled by repeating the last frame; when more is missing, `done` rejects with `media_truncated`.
     */
    frameCount: number;
    /**
     * Frames before this one are left out, and `frameCount` come out from here on, at the times and with the contents
     * that they have in an encode of the whole; absent: 0. For containers with an index, at the start of a segment.
     */
    firstFrame?: number | undefined;
    /** The first of the largest size; every other size is made from the one that came before it. */
    outputs: readonly VideoOutput[];
    /** How long encoders search for savings; absent: fast. */
    speed?: 'fast' | 'thorough' | undefined;
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
  /** What it can encode; h264 is always there. */
  readonly videoCodecs: readonly NonNullable<VideoOutput['codec']>[];
  /** Whether it was built with SRT: only then may it be told to listen. */
  readonly takesSrt: boolean;
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
  /** Starts one child that decodes a live picture once and makes all its renditions. */
  live(request: LiveRequest): LiveEncode;
  /** Starts one child that waits for an SRT publisher and hands on what it sends, the one exception to "no network". */
  listenSrt(request: SrtListenRequest): SrtListener;
  /** Starts one child that brings live sound in Opus to AAC. */
  liveAudio(request: LiveAudioRequest): LiveAudioEncode;
  /**
   * Encodes some frames at constant quality in H.264 and says how many bytes they took, in the order of `outputs`.
   * The sample begins at the key frame before `atMs`, so that nothing is decoded in vain.
   */
  sample(request: SampleRequest): Promise<SampledBytes[]>;
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

/** A rendition of a live channel. */
export interface LiveOutput {
  /** Unique among all outputs of the request. */
  id: string;
  /** Both even; pixels are square. */
  width: number;
  height: number;
  bitrateBps: number;
}

export interface LiveRequest {
  /** An existing directory for this child alone; it becomes its working directory. */
  workDirectory: string;
  /** Whole frames a second, of the input's places and of all outputs. */
  frameRate: number;
  /** Every output is cut into closed groups of pictures of so many frames, from its first frame on. */
  framesPerSegment: number;
  /** Place of the first frame that comes out, counted from time zero of the input: those before are only decoded. */
  firstPlace: number;
  /** Largest first. */
  outputs: readonly LiveOutput[];
  niceness: number;
}

export interface SrtListenRequest {
  /** An existing directory for this child alone; it becomes its working directory. */
  readonly workDirectory: string;
  /** Address to listen on. */
  readonly host: string;
  readonly port: number;
  /** 10 to 79 characters; callers without it are refused. */
  readonly passphrase: string;
  /** How long lost packets may take to come again; the longer of this and the caller's holds. */
  readonly latencyMs: number;
  /** A caller that is silent for so long is gone. */
  readonly silenceMs: number;
  /** A caller was refused: its passphrase is wrong, or it has none. */
  onRefusal(): void;
}

/** A child that listens, for one publisher: whoever comes second is refused by SRT while it lives. */
export interface SrtListener {
  /** What the publisher sends, as it sent it; nothing until one has come. */
  readonly bytes: Readable;
  /** Resolves when the child has ended, with FFmpeg's last words, which never name the passphrase. */
  readonly done: Promise<string>;
  kill(): void;
}

/** Size of the pictures of `LiveEncode.look`: enough to tell stillness and blackness, nothing to pay for. */
export const LIVE_LOOK = { width: 64, height: 36 } as const;

/** A running encode of a live picture. */
export interface LiveEncode {
  /**
   * Takes FLV with a picture alone, beginning with a key frame, its frames on the places of the frame rate as near as a
   * millisecond. HEVC needs FFmpeg 6.1 or newer. What the child cannot take any more is seen in how it ends.
   */
  readonly input: Writable;
  /**
   * By output id: FLV with H.264, a frame on every place from the first on, which has time zero. A frame comes out as
   * soon as it went in; holes of the input are filled when they end. All outputs must be read.
   */
  readonly outputs: ReadonlyMap<string, Readable>;
  /**
   * The same picture as small as LIVE_LOOK says, a byte of luma for each pixel in full range, one after another for each
   * frame of the outputs: for whoever watches what is made. Must be read like the outputs.
   */
  readonly look: Readable;
  /** Settles when the child has ended, as it does after the end of its input; rejects as `Encode.done` does. */
  readonly done: Promise<void>;
  kill(): void;
}

export interface LiveAudioRequest {
  /** An existing directory for this child alone; it becomes its working directory. */
  workDirectory: string;
  bitrateBps: number;
  niceness: number;
}

/** A running encode of live sound. */
export interface LiveAudioEncode {
  /** Takes Opus in Ogg, a page a packet, decoded to two channels. */
  readonly input: Writable;
  /**
   * FLV with AAC of 48 kHz in two channels, a tag a frame of 1,024 samples. The first frame is priming: the first sample
   * of the input is the first one of the second frame.
   */
  readonly output: Readable;
  /** Settles when the child has ended, as it does after the end of its input; rejects as `Encode.done` does. */
  readonly done: Promise<void>;
  kill(): void;
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

export interface SampleRequest {
  inputPath: string;
  workDirectory: string;
  /** Index among all streams of the file. */
  streamIndex: number;
  rotationDegrees: 0 | 90 | 180 | 270;
  frameRate: { numerator: number; denominator: number };
  atMs: number;
  /** At most; fewer when the file ends before. */
  frameCount: number;
  /** Sizes of the upright picture, the largest first. */
  outputs: readonly { width: number; height: number }[];
  /** By x264's scale. */
  qualityFactor: number;
  niceness: number;
  signal: AbortSignal;
}

/** What a sample took; its first frame is a key frame, the others are not. */
export interface SampledBytes {
  keyFrameBytes: number;
  otherBytes: number;
  otherFrames: number;
}

export interface Loudness {
  /** Integrated, in LUFS; below -70 counts as silence. */
  integratedLufs: number;
  /** The loudest point between samples, in dB relative to full scale. */
  truePeakDb: number;
}
