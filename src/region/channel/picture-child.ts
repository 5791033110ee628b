// A child that encodes a live picture, as the channel sees it: frames with their places on the grid go in, and come out
// by rendition. Between here and the child it is FLV, with times that count from a second before the first frame on the
// way in, and from the first frame on the way out, so that they are small however long a broadcast lasts.

import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import {
  parseVideoPacket,
  type VideoCodec,
  writeVideoConfig,
  writeVideoFrame,
} from '#media/flv/flv-packets.ts';
import { createFlvReader, writeFlvHeader, writeFlvTag } from '#media/flv/flv-tags.ts';
import { type Engine, LIVE_LOOK, type LiveOutput } from '#platform/ffmpeg/engine.ts';
import { CHANNEL_NICENESS } from './limits.ts';

/** One access unit in decoding order. */
export interface PictureFrame {
  /** Its place on the grid of the frame rate. */
  readonly index: number;
  /** Presentation minus decoding time. */
  readonly ptsOffsetMs: number;
  readonly isKey: boolean;
  readonly data: Uint8Array;
}

export interface EncodedFrame {
  readonly index: number;
  readonly isKey: boolean;
  readonly data: Uint8Array;
}

export interface PictureChildOptions {
  readonly engine: Engine;
  readonly workDirectory: string;
  readonly codec: VideoCodec;
  readonly frameRate: number;
  readonly framesPerSegment: number;
  /** Place of the first frame that is written. */
  readonly firstInput: number;
  /** Place of the first frame that comes out. */
  readonly firstOutput: number;
  readonly outputs: readonly LiveOutput[];
  /** The AVCDecoderConfigurationRecord of an output, before its first frame. */
  onConfig(outputId: string, avcConfig: Uint8Array): void;
  /** Every frame of an output, one place after another. */
  onFrame(outputId: string, frame: EncodedFrame): void;
  /** The same picture, small: LIVE_LOOK bytes of luma, for every place, about when its frames come. */
  onLook(luma: Uint8Array): void;
}

export interface PictureChild {
  /** A decoder configuration record: before the first frame, and again when it changes. */
  configure(config: Uint8Array): void;
  /** Hands over the next frame; never waits. */
  write(frame: PictureFrame): void;
  /** What was written and not yet taken by the child: grows without end when it is too slow. */
  pendingBytes(): number;
  /** Says that no more is written; what is in the child still comes out. */
  end(): void;
  /** Settles when the child has ended and all that came out was handed on. */
  readonly done: Promise<void>;
  kill(): void;
}

/** Starts a child. */
export function startPictureChild(options: PictureChildOptions): PictureChild {
  const { codec, engine, firstInput, firstOutput, frameRate, framesPerSegment, outputs } = options;
  const base = firstInput - frameRate;
  const encode = engine.live({
    workDirectory: options.workDirectory,
    frameRate,
    framesPerSegment,
    firstPlace: firstOutput - base,
    outputs,
    niceness: CHANNEL_NICENESS,
  });
  const { input } = encode;
  input.write(writeFlvHeader({ audio: false, video: true }));
  let lastDtsMs = 0;
  const reading = [...encode.outputs].map(([id, output]) =>
    readOutput(output, id, options).catch((error: unknown) => {
      encode.kill();
      throw error;
    }),
  );
  reading.push(
    readLook(encode.look, options).catch((error: unknown) => {
      encode.kill();
      throw error;
    }),
  );
  const done = Promise.all([encode.done, ...reading]).then(() => undefined);
  // Whoever asks for the verdict later must not be ended by it.
  done.catch(() => {});

  return {
    configure(config) {
      const body = writeVideoConfig(codec, config);
      if (input.writable) input.write(writeFlvTag({ type: 'video', timestampMs: lastDtsMs, body }));
    },
    write({ index, ptsOffsetMs, isKey, data }) {
      if (!input.writable) return;
      const ptsMs = Math.max(0, Math.round(((index - base) * 1_000) / frameRate));
      // Decoders want decoding times that never fall back; what they are otherwise does not matter here.
      const dtsMs = Math.max(lastDtsMs, Math.round(ptsMs - ptsOffsetMs));
      lastDtsMs = dtsMs;
      const body = writeVideoFrame(codec, isKey, ptsMs - dtsMs, data);
      input.write(writeFlvTag({ type: 'video', timestampMs: dtsMs, body }));
    },
    pendingBytes: () => input.writableLength,
    end: () => input.end(),
    done,
    kill: () => encode.kill(),
  };
}

/** Hands on what comes out of one output until it ends. */
async function readOutput(output: Readable, id: string, options: PictureChildOptions): Promise<void> {
  const { firstOutput, frameRate, onConfig, onFrame } = options;
  const reader = createFlvReader();
  output.on('data', (chunk: Buffer) => {
    try {
      for (const { type, timestampMs, body } of reader.push(chunk)) {
        const packet = type === 'video' ? parseVideoPacket(body) : undefined;
        if (packet?.kind === 'config') onConfig(id, packet.config);
        if (packet?.kind !== 'frame') continue;
        const { compositionOffsetMs, data, isKeyFrame } = packet;
        const since = Math.round(((timestampMs + compositionOffsetMs) * frameRate) / 1_000);
        onFrame(id, { index: firstOutput + since, isKey: isKeyFrame, data });
      }
    } catch (error) {
      output.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  await finished(output, { writable: false });
}

const LOOK_BYTES = LIVE_LOOK.width * LIVE_LOOK.height;

/** Hands on small pictures until they end. */
async function readLook(look: Readable, { onLook }: PictureChildOptions): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  look.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (; at + LOOK_BYTES <= rest.length; at += LOOK_BYTES) onLook(rest.subarray(at, at + LOOK_BYTES));
    rest = rest.subarray(at);
  });
  await finished(look, { writable: false });
}
