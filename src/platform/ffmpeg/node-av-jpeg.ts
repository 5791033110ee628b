// Part of the node-av child: pictures as JPEGs.

import { AV_CODEC_FLAG_QSCALE, FF_QP2LAMBDA } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, type Frame, Packet, Rational } from 'node-av/lib';
import { defined } from '#base/assert.ts';

/** One picture as a JPEG; `quality` is 2 (best) to 31. */
export function encodeJpeg(picture: Frame, quality: number): Buffer | null {
  const codec = defined(
    Codec.findEncoderByName('mjpeg' as Parameters<typeof Codec.findEncoderByName>[0]),
    'mjpeg',
  );
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = picture.width;
  encoder.height = picture.height;
  encoder.pixelFormat = picture.format as typeof encoder.pixelFormat;
  encoder.colorRange = picture.colorRange;
  encoder.timeBase = new Rational(1, 25);
  encoder.setFlags(AV_CODEC_FLAG_QSCALE);
  encoder.globalQuality = quality * FF_QP2LAMBDA;
  FFmpegError.throwIfError(encoder.open2Sync(codec, null), 'open the encoder');
  picture.quality = quality * FF_QP2LAMBDA;
  picture.pts = 0n;
  FFmpegError.throwIfError(encoder.sendFrameSync(picture), 'encode');
  encoder.sendFrameSync(null);
  const packet = new Packet();
  packet.alloc();
  FFmpegError.throwIfError(encoder.receivePacketSync(packet), 'encode');
  return packet.data;
}
