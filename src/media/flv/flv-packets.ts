// What lies inside video and audio tags of FLV and RTMP: configurations and frames of H.264, HEVC and AAC, in the old
// form and in the enhanced one (FourCC). Sources: annex E.4 of the FLV specification; Enhanced RTMP v1 and v2
// (github.com/veovera/enhanced-rtmp): ExVideoTagHeader, ExAudioTagHeader.

import { FlvError } from './flv-error.ts';

export type VideoCodec = 'avc1' | 'hvc1';

export type VideoPacket =
  /** AVCDecoderConfigurationRecord or HEVCDecoderConfigurationRecord. */
  | { readonly kind: 'config'; readonly codec: VideoCodec; readonly config: Uint8Array }
  | {
      readonly kind: 'frame';
      readonly codec: VideoCodec;
      readonly isKeyFrame: boolean;
      /** Presentation minus decoding time. */
      readonly compositionOffsetMs: number;
      /** NAL units with lengths before them. */
      readonly data: Uint8Array;
    }
  /** Carries no picture: an end of sequence, metadata, a seek. */
  | { readonly kind: 'nothing' };

export type AudioPacket =
  /** AudioSpecificConfig. */
  | { readonly kind: 'config'; readonly config: Uint8Array }
  | { readonly kind: 'frame'; readonly data: Uint8Array }
  | { readonly kind: 'nothing' };

const NOTHING = { kind: 'nothing' } as const;
const KEY_FRAME = 1;
const AVC = 7;
const AAC = 10;
const EX_AUDIO = 9;
const EX_VIDEO_FLAG = 0x80;
/** Packet types of enhanced packets. */
const EX = { sequenceStart: 0, codedFrames: 1, codedFramesX: 3, multitrack: 6, modEx: 7 } as const;
const EX_AUDIO_MULTITRACK = 5;
/** ModEx entries before a packet: only one kind is defined yet. */
const MOD_EX_MAX = 8;
const FRAME_TYPE_COMMAND = 5;

/**
 * Reads the body of a video tag.
 * @throws FlvError, also for codecs that are not taken
 */
export function parseVideoPacket(body: Uint8Array): VideoPacket {
  const view = viewOf(body, 1);
  const first = view.getUint8(0);
  if (first & EX_VIDEO_FLAG) return parseEnhancedVideo(body, view, first);
  const frameType = first >> 4;
  if ((first & 15) !== AVC)
    throw new FlvError(`video of FLV codec ${first & 15} is not taken; send H.264 or HEVC`);
  if (frameType === FRAME_TYPE_COMMAND || body.length < 5) return NOTHING;
  const packetType = view.getUint8(1);
  const data = body.subarray(5);
  if (packetType === 0) return { kind: 'config', codec: 'avc1', config: data };
  if (packetType !== 1 || data.length === 0) return NOTHING;
  return {
    kind: 'frame',
    codec: 'avc1',
    isKeyFrame: frameType === KEY_FRAME,
    compositionOffsetMs: i24(view, 2),
    data,
  };
}

function parseEnhancedVideo(body: Uint8Array, view: DataView, first: number): VideoPacket {
  const frameType = (first >> 4) & 7;
  const { packetType, at } = skipModifiers(view, first & 15);
  if (packetType === EX.multitrack) throw new FlvError('several video tracks in one stream are not taken');
  if (frameType === FRAME_TYPE_COMMAND || body.length < at + 4) return NOTHING;
  const codec = fourCcAt(body, at);
  if (codec !== 'avc1' && codec !== 'hvc1')
    throw new FlvError(`video of codec ${JSON.stringify(codec)} is not taken; send H.264 or HEVC`);
  const dataAt = at + 4;
  if (packetType === EX.sequenceStart) return { kind: 'config', codec, config: body.subarray(dataAt) };
  if (packetType !== EX.codedFrames && packetType !== EX.codedFramesX) return NOTHING;
  const hasOffset = packetType === EX.codedFrames;
  const data = body.subarray(dataAt + (hasOffset ? 3 : 0));
  if (data.length === 0) return NOTHING;
  return {
    kind: 'frame',
    codec,
    isKeyFrame: frameType === KEY_FRAME,
    compositionOffsetMs: hasOffset ? i24(view, dataAt) : 0,
    data,
  };
}

/** ModEx packets of v2 carry additions, such as nanoseconds, before the packet that they belong to. */
function skipModifiers(view: DataView, first: number): { packetType: number; at: number } {
  let packetType = first;
  let at = 1;
  for (let count = 0; packetType === EX.modEx; count += 1) {
    if (count >= MOD_EX_MAX) throw new FlvError('too many modifiers before a packet');
    let length = byteAt(view, at) + 1;
    at += 1;
    if (length === 256) {
      length = byteAt(view, at) * 256 + byteAt(view, at + 1) + 1;
      at += 2;
    }
    at += length;
    packetType = byteAt(view, at) & 15;
    at += 1;
  }
  return { packetType, at };
}

/**
 * Reads the body of an audio tag.
 * @throws FlvError, also for codecs that are not taken
 */
export function parseAudioPacket(body: Uint8Array): AudioPacket {
  const view = viewOf(body, 1);
  const format = view.getUint8(0) >> 4;
  if (format === EX_AUDIO) return parseEnhancedAudio(body, view);
  if (format !== AAC) throw new FlvError(`audio of FLV format ${format} is not taken; send AAC`);
  if (body.length < 3) return NOTHING;
  const data = body.subarray(2);
  const packetType = view.getUint8(1);
  if (packetType === 0) return { kind: 'config', config: data };
  return packetType === 1 ? { kind: 'frame', data } : NOTHING;
}

function parseEnhancedAudio(body: Uint8Array, view: DataView): AudioPacket {
  const { packetType, at } = skipModifiers(view, view.getUint8(0) & 15);
  if (packetType === EX_AUDIO_MULTITRACK) return NOTHING;
  if (body.length <= at + 4) return NOTHING;
  const codec = fourCcAt(body, at);
  if (codec !== 'mp4a') throw new FlvError(`audio of codec ${JSON.stringify(codec)} is not taken; send AAC`);
  const data = body.subarray(at + 4);
  if (packetType === EX.sequenceStart) return { kind: 'config', config: data };
  return packetType === EX.codedFrames ? { kind: 'frame', data } : NOTHING;
}

/** Body of a video tag with a configuration: H.264 in the form that every demuxer reads, HEVC in the enhanced one. */
export function writeVideoConfig(codec: VideoCodec, config: Uint8Array): Uint8Array {
  if (codec === 'avc1') return withHead([(KEY_FRAME << 4) | AVC, 0, 0, 0, 0], config);
  return withHead([EX_VIDEO_FLAG | (KEY_FRAME << 4) | EX.sequenceStart, ...fourCcBytes(codec)], config);
}

/** Body of a video tag with a frame. */
export function writeVideoFrame(
  codec: VideoCodec,
  isKeyFrame: boolean,
  compositionOffsetMs: number,
  data: Uint8Array,
): Uint8Array {
  const frameType = isKeyFrame ? KEY_FRAME : 2;
  const offset = [
    (compositionOffsetMs >> 16) & 255,
    (compositionOffsetMs >> 8) & 255,
    compositionOffsetMs & 255,
  ];
  if (codec === 'avc1') return withHead([(frameType << 4) | AVC, 1, ...offset], data);
  const first = EX_VIDEO_FLAG | (frameType << 4) | EX.codedFrames;
  return withHead([first, ...fourCcBytes(codec), ...offset], data);
}

/** AAC as 44.1 kHz stereo of 16 bits, which says nothing: the configuration does (E.4.2.1). */
const AAC_HEAD = (AAC << 4) | 15;

/** Body of an audio tag with an AudioSpecificConfig. */
export function writeAudioConfig(config: Uint8Array): Uint8Array {
  return withHead([AAC_HEAD, 0], config);
}

/** Body of an audio tag with an AAC frame. */
export function writeAudioFrame(data: Uint8Array): Uint8Array {
  return withHead([AAC_HEAD, 1], data);
}

function withHead(head: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + data.length);
  bytes.set(head);
  bytes.set(data, head.length);
  return bytes;
}

function viewOf(body: Uint8Array, bytesMin: number): DataView {
  if (body.length < bytesMin) throw new FlvError('a tag is empty');
  return new DataView(body.buffer, body.byteOffset, body.byteLength);
}

function byteAt(view: DataView, at: number): number {
  if (at >= view.byteLength) throw new FlvError('a packet ends too early');
  return view.getUint8(at);
}

function i24(view: DataView, at: number): number {
  const value = (byteAt(view, at) << 16) | (byteAt(view, at + 1) << 8) | byteAt(view, at + 2);
  return (value << 8) >> 8;
}

function fourCcAt(body: Uint8Array, at: number): string {
  return String.fromCharCode(...body.subarray(at, at + 4));
}

function fourCcBytes(codec: VideoCodec): number[] {
  return [...codec].map((character) => character.charCodeAt(0));
}
