// Prints the mean brightness of the four corners of a file's first picture, as JSON: the tests' eye.
// Argument: the path. Answers `[top left, top right, bottom left, bottom right]`, 0 to 255.

import { AV_LOG_ERROR } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Log, Packet } from 'node-av/lib';
import { defined } from '#base/assert.ts';

function firstPicture(path: string): Frame {
  const input = new FormatContext();
  input.allocContext();
  FFmpegError.throwIfError(input.openInputSync(path, null, null), path);
  FFmpegError.throwIfError(input.findStreamInfoSync(null), path);
  const stream = defined(input.streams[0], 'a stream');
  const codec = defined(Codec.findDecoder(stream.codecpar.codecId), 'a decoder');
  const decoder = new CodecContext();
  decoder.allocContext3(codec);
  FFmpegError.throwIfError(decoder.parametersToContext(stream.codecpar), path);
  FFmpegError.throwIfError(decoder.open2Sync(codec, null), path);
  const packet = new Packet();
  packet.alloc();
  const frame = new Frame();
  frame.alloc();
  while (input.readFrameSync(packet) >= 0) {
    decoder.sendPacketSync(packet);
    packet.unref();
    if (decoder.receiveFrameSync(frame) >= 0) return frame;
  }
  decoder.sendPacketSync(null);
  FFmpegError.throwIfError(decoder.receiveFrameSync(frame), path);
  return frame;
}

function corners(frame: Frame): number[] {
  const luma = defined(frame.data?.[0], 'a picture');
  const stride = defined(frame.linesize[0], 'a line');
  const { width, height } = frame;
  const side = 16;
  const mean = (left: number, top: number): number => {
    let sum = 0;
    for (let y = top; y < top + side; y++)
      for (let x = left; x < left + side; x++) sum += luma[y * stride + x] ?? 0;
    return Math.round(sum / (side * side));
  };
  const [right, bottom] = [width - side, height - side];
  return [mean(0, 0), mean(right, 0), mean(0, bottom), mean(right, bottom)];
}

Log.setLevel(AV_LOG_ERROR);
try {
  const answer = JSON.stringify(corners(firstPicture(defined(process.argv[2], 'a path'))));
  process.stdout.write(answer, () => process.exit(0));
} catch (error) {
  process.stderr.write(`${String(error)}\n`, () => process.exit(1));
}
