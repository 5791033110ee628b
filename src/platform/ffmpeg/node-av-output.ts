// Part of the node-av child: one encoder and the muxer behind it, which writes to a descriptor that we inherited.

import {
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_GLOBAL_HEADER,
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
import type { AudioOutput, EncodeRequest, VideoOutput } from './engine.ts';
import {
  muxerOptions,
  PREVIEW_ENCODER_OPTIONS,
  PREVIEW_MUXER_OPTIONS,
  type VideoRequest,
  videoEncoderOptions,
} from './recipe.ts';

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

/** A rendition: libx264 into fragmented MP4. */
export function createVideoEncoder(
  request: EncodeRequest,
  video: VideoRequest,
  output: VideoOutput,
  descriptor: number,
): OutputEncoder {
  const { numerator, denominator } = video.frameRate;
  return openLate((frame) => {
    const [encoder, codec] = allocateEncoder('libx264');
    encoder.width = output.width;
    encoder.height = output.height;
    encoder.pixelFormat = frame.format as typeof encoder.pixelFormat;
    encoder.timeBase = new Rational(denominator, numerator);
    // Else libx264 takes one over the time base for the frame rate, and names a level far too high.
    encoder.framerate = new Rational(numerator, denominator);
    encoder.sampleAspectRatio = new Rational(1, 1);
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
    encoder.sampleFormat = frame.format as typeof encoder.sampleFormat;
    encoder.sampleRate = frame.sampleRate;
    encoder.channelLayout = frame.channelLayout;
    encoder.timeBase = new Rational(1, frame.sampleRate);
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
    encoder.width = size.width;
    encoder.height = size.height;
    encoder.pixelFormat = frame.format as typeof encoder.pixelFormat;
    encoder.timeBase = new Rational(1, framesPerSecond);
    encoder.framerate = new Rational(framesPerSecond, 1);
    encoder.sampleAspectRatio = new Rational(1, 1);
    return openOutput(
      encoder,
      codec,
      { ...PREVIEW_ENCODER_OPTIONS },
      { ...PREVIEW_MUXER_OPTIONS },
      descriptor,
    );
  });
}

function allocateEncoder(name: 'libx264' | 'aac'): [CodecContext, Codec] {
  const codec = defined(Codec.findEncoderByName(name as Parameters<typeof Codec.findEncoderByName>[0]), name);
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  return [encoder, codec];
}

function openOutput(
  encoder: CodecContext,
  codec: Codec,
  encoderOptions: Record<string, string>,
  muxing: Record<string, string>,
  descriptor: number,
): OutputEncoder {
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER, AV_CODEC_FLAG_BITEXACT);
  FFmpegError.throwIfError(
    encoder.open2Sync(codec, Dictionary.fromObject(encoderOptions)),
    'open the encoder',
  );
  const muxer = new FormatContext();
  FFmpegError.throwIfError(muxer.allocOutputContext2(null, 'mp4', null), 'open the muxer');
  const pipe = new IOContext();
  FFmpegError.throwIfError(pipe.open2Sync(`pipe:${descriptor}`, AVIO_FLAG_WRITE), 'open the output');
  muxer.pb = pipe;
  const stream = muxer.newStream(null);
  FFmpegError.throwIfError(encoder.parametersFromContext(stream.codecpar), 'describe the output');
  stream.timeBase = encoder.timeBase;
  FFmpegError.throwIfError(muxer.writeHeaderSync(Dictionary.fromObject(muxing)), 'write the header');
  const packet = new Packet();
  packet.alloc();
  let isEnded = false;

  function drain(): void {
    for (;;) {
      const result = encoder.receivePacketSync(packet);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      FFmpegError.throwIfError(result, 'encode');
      packet.streamIndex = 0;
      packet.rescaleTs(encoder.timeBase, stream.timeBase);
      FFmpegError.throwIfError(muxer.writeFrameSync(packet), 'write');
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
      FFmpegError.throwIfError(muxer.writeTrailerSync(), 'write the trailer');
      pipe.closepSync();
      return true;
    },
  };
}
