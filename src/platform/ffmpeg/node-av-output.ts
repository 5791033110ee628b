// Part of the node-av child: one encoder and the muxer behind it, which writes to a descriptor that we inherited.

import {
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVIO_FLAG_WRITE,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  FormatContext,
  type Frame,
  IOContext,
  Packet,
  Rational,
} from 'node-av/lib';
import { defined } from '#base/assert.ts';
import type { AudioOutput, EncodeRequest, LiveOutput, LiveRequest, VideoOutput } from './engine.ts';
import { LIVE_MUXER_OPTIONS, liveEncoderOptions } from './live-recipe.ts';
import { muxerOptions, PREVIEW_ENCODER_OPTIONS, PREVIEW_MUXER_OPTIONS, type VideoRequest } from './recipe.ts';
import { codecOf, VIDEO_ENCODERS, videoEncoderOptions } from './video-codecs.ts';

export interface OutputEncoder {
  encode(frame: Frame): void;
  /** Flushes and closes the output; true, so that it reads well as "is ended". */
  end(): true;
}

/** An output that is opened with its first frame, which tells the colours of the picture or the layout of the sound. */
function openLate(open: (frame: Frame) => OutputEncoder): OutputEncoder {
  let opened: OutputEncoder | null = null;
  return {
    encode(frame) {
      opened ??= open(frame);
      opened.encode(frame);
    },
    end: () => opened?.end() ?? true,
  };
}

/** A rendition: the encoder of its codec into fragmented MP4. */
export function createVideoEncoder(
  request: EncodeRequest,
  video: VideoRequest,
  output: VideoOutput,
  descriptor: number,
): OutputEncoder {
  const { numerator, denominator } = video.frameRate;
  return openLate((frame) => {
    const [encoder, codec] = allocateEncoder(VIDEO_ENCODERS[codecOf(output)]);
    describePicture(encoder, frame, output, [numerator, denominator]);
    encoder.colorRange = frame.colorRange;
    encoder.colorPrimaries = frame.colorPrimaries;
    encoder.colorTrc = frame.colorTrc;
    encoder.colorSpace = frame.colorSpace;
    encoder.chromaLocation = frame.chromaLocation;
    return openOutput(
      encoder,
      codec,
      videoEncoderOptions(video, output),
      muxerOptions('video', request),
      descriptor,
      'mp4',
      codecOf(output) === 'hevc' ? HVC1 : undefined,
    );
  });
}

/** An audio track: AAC into fragmented MP4. */
export function createAudioEncoder(
  request: EncodeRequest,
  output: AudioOutput,
  descriptor: number,
): OutputEncoder {
  return openLate((frame) => {
    const [encoder, codec] = allocateEncoder('aac');
    describeSound(encoder, frame);
    return openOutput(
      encoder,
      codec,
      { b: String(output.bitrateBps) },
      muxerOptions('audio', request),
      descriptor,
    );
  });
}

/** A preview: libx264 into a fragmented MP4, small. */
export function createPreviewEncoder(
  size: { readonly width: number; readonly height: number },
  framesPerSecond: number,
  descriptor: number,
): OutputEncoder {
  return openLate((frame) => {
    const [encoder, codec] = allocateEncoder('libx264');
    describePicture(encoder, frame, size, [framesPerSecond, 1]);
    return openOutput(
      encoder,
      codec,
      { ...PREVIEW_ENCODER_OPTIONS },
      { ...PREVIEW_MUXER_OPTIONS },
      descriptor,
    );
  });
}

/** A rendition of a live picture: libx264 into FLV, a tag a frame. */
export function createLiveEncoder(
  request: Pick<LiveRequest, 'frameRate' | 'framesPerSegment'>,
  output: LiveOutput,
  descriptor: number,
): OutputEncoder {
  const [encoder, codec] = allocateEncoder('libx264');
  encoder.width = output.width;
  encoder.height = output.height;
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.timeBase = new Rational(1, request.frameRate);
  encoder.framerate = new Rational(request.frameRate, 1);
  encoder.sampleAspectRatio = new Rational(1, 1);
  encoder.colorRange = AVCOL_RANGE_MPEG;
  encoder.colorPrimaries = AVCOL_PRI_BT709;
  encoder.colorTrc = AVCOL_TRC_BT709;
  encoder.colorSpace = AVCOL_SPC_BT709;
  return openOutput(
    encoder,
    codec,
    liveEncoderOptions(request, output),
    LIVE_MUXER_OPTIONS,
    descriptor,
    'flv',
  );
}

/** Live sound: AAC into FLV, a tag a frame. */
export function createLiveAudioEncoder(bitrateBps: number, descriptor: number): OutputEncoder {
  return openLate((frame) => {
    const [encoder, codec] = allocateEncoder('aac');
    describeSound(encoder, frame);
    return openOutput(encoder, codec, { b: String(bitrateBps) }, LIVE_MUXER_OPTIONS, descriptor, 'flv');
  });
}

/** Counts the bytes of what libx264 makes of frames, by packet. */
export function createCountingEncoder(
  size: { readonly width: number; readonly height: number },
  rate: readonly [numerator: number, denominator: number],
  options: Record<string, string>,
  onPacket: (bytes: number) => void,
): OutputEncoder {
  return openLate((frame) => {
    const [encoder, codec] = allocateEncoder('libx264');
    describePicture(encoder, frame, size, rate);
    FFmpegError.throwIfError(encoder.open2Sync(codec, Dictionary.fromObject(options)), 'open the encoder');
    return drainInto(
      encoder,
      (packet) => onPacket(packet.size),
      () => {},
    );
  });
}

/** `hvc1` as a tag of four characters, the first in the lowest byte. */
const HVC1 = Buffer.from('hvc1').readUInt32LE();

function describePicture(
  encoder: CodecContext,
  frame: Frame,
  size: { readonly width: number; readonly height: number },
  [numerator, denominator]: readonly [number, number],
): void {
  encoder.width = size.width;
  encoder.height = size.height;
  encoder.pixelFormat = frame.format as typeof encoder.pixelFormat;
  encoder.timeBase = new Rational(denominator, numerator);
  // Else libx264 takes one over the time base for the frame rate, and names a level far too high.
  encoder.framerate = new Rational(numerator, denominator);
  encoder.sampleAspectRatio = new Rational(1, 1);
}

function describeSound(encoder: CodecContext, frame: Frame): void {
  encoder.sampleFormat = frame.format as typeof encoder.sampleFormat;
  encoder.sampleRate = frame.sampleRate;
  encoder.channelLayout = frame.channelLayout;
  encoder.timeBase = new Rational(1, frame.sampleRate);
}

type EncoderName = (typeof VIDEO_ENCODERS)[keyof typeof VIDEO_ENCODERS] | 'aac';

function allocateEncoder(name: EncoderName): [CodecContext, Codec] {
  const codec = defined(Codec.findEncoderByName(name as Parameters<typeof Codec.findEncoderByName>[0]), name);
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  return [encoder, codec];
}

function openOutput(
  encoder: CodecContext,
  codec: Codec,
  encoderOptions: Record<string, string>,
  muxing: Readonly<Record<string, string>>,
  descriptor: number,
  format: 'mp4' | 'flv' = 'mp4',
  codecTag?: number,
): OutputEncoder {
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER, AV_CODEC_FLAG_BITEXACT);
  FFmpegError.throwIfError(
    encoder.open2Sync(codec, Dictionary.fromObject(encoderOptions)),
    'open the encoder',
  );
  const muxer = new FormatContext();
  FFmpegError.throwIfError(muxer.allocOutputContext2(null, format, null), 'open the muxer');
  const pipe = new IOContext();
  FFmpegError.throwIfError(pipe.open2Sync(`pipe:${descriptor}`, AVIO_FLAG_WRITE), 'open the output');
  muxer.pb = pipe;
  const stream = muxer.newStream(null);
  FFmpegError.throwIfError(encoder.parametersFromContext(stream.codecpar), 'describe the output');
  if (codecTag !== undefined) stream.codecpar.codecTag = codecTag;
  stream.timeBase = encoder.timeBase;
  FFmpegError.throwIfError(muxer.writeHeaderSync(Dictionary.fromObject(muxing)), 'write the header');
  return drainInto(
    encoder,
    (packet) => {
      packet.streamIndex = 0;
      packet.rescaleTs(encoder.timeBase, stream.timeBase);
      FFmpegError.throwIfError(muxer.writeFrameSync(packet), 'write');
    },
    () => {
      FFmpegError.throwIfError(muxer.writeTrailerSync(), 'write the trailer');
      pipe.closepSync();
    },
  );
}

/** An encoder that is open: every packet goes to `onPacket`, the end to `onEnd`. */
function drainInto(
  encoder: CodecContext,
  onPacket: (packet: Packet) => void,
  onEnd: () => void,
): OutputEncoder {
  const packet = new Packet();
  packet.alloc();
  let isEnded = false;

  function drain(): void {
    for (;;) {
      const result = encoder.receivePacketSync(packet);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      FFmpegError.throwIfError(result, 'encode');
      onPacket(packet);
      packet.unref();
    }
  }

  return {
    encode(frame) {
      FFmpegError.throwIfError(encoder.sendFrameSync(frame), 'encode');
      drain();
    },
    end() {
      if (isEnded) return true;
      isEnded = true;
      FFmpegError.throwIfError(encoder.sendFrameSync(null), 'encode');
      drain();
      onEnd();
      return true;
    },
  };
}
