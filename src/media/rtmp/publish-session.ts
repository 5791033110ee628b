// One RTMP connection of a publisher, without sockets: bytes in, bytes to send and events out. It understands what
// publishing needs and no more: handshake, connect, createStream, publish, media, and the control messages.
// Whoever owns it is told of the wish to publish and answers with accept() or refuse(); until then media is dropped,
// so that nothing is taken from somebody who has not shown a key.
// Sources: "Adobe's Real Time Messaging Protocol" 2012; Enhanced RTMP v1 and v2 (github.com/veovera/enhanced-rtmp) for
// fourCcList: it tells encoders such as OBS that HEVC may be sent.

import { type AmfValue, decodeAmf, encodeAmf } from './amf0.ts';
import { createChunkReader, type RtmpMessage } from './chunk-reader.ts';
import { writeMessage } from './chunk-writer.ts';
import {
  COMMAND_BYTES_MAX,
  NAME_LENGTH_MAX,
  OWN_CHUNK_BYTES,
  OWN_WINDOW_BYTES,
  WINDOW_BYTES_MIN,
} from './limits.ts';
import { RtmpError } from './rtmp-error.ts';

export type PublishEvent =
  | { readonly kind: 'publish'; readonly app: string; readonly name: string; readonly query: string }
  | {
      readonly kind: 'media';
      readonly track: 'video' | 'audio';
      readonly timestampMs: number;
      /** Body of an FLV tag. */
      readonly payload: Uint8Array;
    }
  | { readonly kind: 'metadata'; readonly values: Readonly<Record<string, AmfValue>> }
  /** The publisher says that it is done. */
  | { readonly kind: 'unpublish' };

export interface PublishStep {
  readonly send: readonly Uint8Array[];
  readonly events: readonly PublishEvent[];
}

export interface PublishSession {
  /**
   * Takes what arrived.
   * @throws RtmpError; the connection is to be closed
   */
  step(bytes: Uint8Array): PublishStep;
  /** What to send when the publisher may begin. */
  accept(): Uint8Array[];
  /** What to send, before closing, when it may not: BadName with a sentence for its log. */
  refuse(reason: string): Uint8Array[];
}

const TYPE = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowSize: 5,
  peerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  commandAmf3: 17,
  dataAmf0: 18,
  commandAmf0: 20,
} as const;
const PING_REQUEST = 6;
const PING_RESPONSE = 7;
const STREAM_BEGIN = 0;
const CONTROL_CHUNK_STREAM = 2;
const COMMAND_CHUNK_STREAM = 3;
const STREAM_ID = 1;
const VERSION = 3;
const HANDSHAKE_BYTES = 1_536;
/** Video codecs that may come as enhanced packets; 1 = can decode (Enhanced RTMP v2, FourCcInfoMask). */
const VIDEO_CODECS = ['avc1', 'hvc1'];
const AUDIO_CODECS = ['mp4a'];
const CAN_DECODE = 1;

/** Creates the session of one connection; `random` fills the handshake: 1,528 bytes that nobody can foresee. */
export function createPublishSession(random: Uint8Array): PublishSession {
  const chunks = createChunkReader();
  const handshake = new Uint8Array(1 + 2 * HANDSHAKE_BYTES);
  let handshakeBytes = 0;
  let hasAnswered = false;
  let windowBytes = OWN_WINDOW_BYTES;
  let received = 0;
  let acknowledged = 0;
  let app = '';
  let state: 'new' | 'connected' | 'asked' | 'publishing' | 'over' = 'new';
  let send: Uint8Array[] = [];
  let events: PublishEvent[] = [];

  const control = (type: number, payload: Uint8Array): Uint8Array =>
    writeMessage({ chunkStreamId: CONTROL_CHUNK_STREAM, type, streamId: 0, payload });
  const command = (streamId: number, ...values: AmfValue[]): Uint8Array =>
    writeMessage({
      chunkStreamId: COMMAND_CHUNK_STREAM,
      type: TYPE.commandAmf0,
      streamId,
      payload: encodeAmf(values),
    });

  /** Takes bytes of the handshake (C0, C1, C2); returns how many it took. */
  function shakeHands(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, handshake.length - handshakeBytes);
    handshake.set(taken, handshakeBytes);
    handshakeBytes += taken.length;
    if (handshake[0] !== VERSION) throw new RtmpError('unsupported', 'this is not RTMP');
    if (!hasAnswered && handshakeBytes >= 1 + HANDSHAKE_BYTES) {
      hasAnswered = true;
      // S0 and S1 (time 0, zero, random), then S2, which echoes C1.
      const own = new Uint8Array(HANDSHAKE_BYTES);
      own.set(random.subarray(0, HANDSHAKE_BYTES - 8), 8);
      send.push(Uint8Array.of(VERSION), own, handshake.slice(1, 1 + HANDSHAKE_BYTES));
    }
    return taken.length;
  }

  function onMessage(message: RtmpMessage): void {
    const { type, payload } = message;
    const isMedia = type === TYPE.audio || type === TYPE.video;
    if (!isMedia && payload.length > COMMAND_BYTES_MAX)
      throw new RtmpError('too-large', `a command of ${payload.length} bytes`);
    switch (type) {
      case TYPE.setChunkSize:
        chunks.setChunkBytes(u32(payload));
        break;
      case TYPE.abort:
        chunks.abort(u32(payload));
        break;
      case TYPE.windowSize:
        windowBytes = Math.max(WINDOW_BYTES_MIN, u32(payload));
        break;
      case TYPE.userControl:
        onUserControl(payload);
        break;
      case TYPE.audio:
      case TYPE.video:
        if (state !== 'publishing' || payload.length === 0) return;
        events.push({
          kind: 'media',
          track: type === TYPE.video ? 'video' : 'audio',
          timestampMs: message.timestampMs,
          payload,
        });
        break;
      case TYPE.dataAmf0:
        onData(payload);
        break;
      case TYPE.dataAmf3:
        onData(payload.subarray(1));
        break;
      case TYPE.commandAmf0:
        onCommand(decodeAmf(payload));
        break;
      case TYPE.commandAmf3:
        onCommand(decodeAmf(payload.subarray(1)));
        break;
    }
  }

  function onUserControl(payload: Uint8Array): void {
    if (payload.length !== 6 || payload[0] !== 0 || payload[1] !== PING_REQUEST) return;
    const answer = payload.slice();
    answer[1] = PING_RESPONSE;
    send.push(control(TYPE.userControl, answer));
  }

  /** `@setDataFrame onMetaData {…}` of encoders; anything else is theirs. */
  function onData(payload: Uint8Array): void {
    if (state !== 'publishing') return;
    const values = decodeAmf(payload);
    const body = values[0] === '@setDataFrame' ? values.slice(1) : values;
    const [name, metadata] = body;
    if (name === 'onMetaData' && isObject(metadata)) events.push({ kind: 'metadata', values: metadata });
  }

  function onCommand(values: readonly AmfValue[]): void {
    const [name, transaction, target, argument] = values;
    const id = typeof transaction === 'number' ? transaction : 0;
    switch (name) {
      case 'connect':
        onConnect(id, target);
        break;
      case 'createStream':
        if (state === 'new') throw new RtmpError('malformed', 'createStream before connect');
        send.push(command(0, '_result', id, null, STREAM_ID));
        break;
      case 'publish':
        onPublish(argument);
        break;
      case 'FCUnpublish':
      case 'closeStream':
      case 'deleteStream':
        if (state !== 'publishing') return;
        state = 'over';
        events.push({ kind: 'unpublish' });
        break;
      // releaseStream, FCPublish, _checkbw: nobody waits for an answer.
    }
  }

  function onConnect(id: number, target: AmfValue | undefined): void {
    if (state !== 'new') throw new RtmpError('malformed', 'connect a second time');
    if (!isObject(target)) throw new RtmpError('malformed', 'connect without an object');
    app = nameOf(target.app).split('?')[0] ?? '';
    state = 'connected';
    send.push(
      control(TYPE.windowSize, u32Bytes(OWN_WINDOW_BYTES)),
      // 2: dynamic, the peer may ignore it (5.4.5).
      control(TYPE.peerBandwidth, Uint8Array.of(...u32Bytes(OWN_WINDOW_BYTES), 2)),
      control(TYPE.setChunkSize, u32Bytes(OWN_CHUNK_BYTES)),
      command(
        0,
        '_result',
        id,
        { fmsVer: 'FMS/3,5,7,7009', capabilities: 31, mode: 1 },
        {
          level: 'status',
          code: 'NetConnection.Connect.Success',
          description: 'connected',
          objectEncoding: 0,
          fourCcList: [...VIDEO_CODECS, ...AUDIO_CODECS],
          videoFourCcInfoMap: Object.fromEntries(VIDEO_CODECS.map((codec) => [codec, CAN_DECODE])),
          audioFourCcInfoMap: Object.fromEntries(AUDIO_CODECS.map((codec) => [codec, CAN_DECODE])),
        },
      ),
    );
  }

  function onPublish(argument: AmfValue | undefined): void {
    if (state !== 'connected') throw new RtmpError('malformed', 'publish out of turn');
    const [name = '', ...query] = nameOf(argument).split('?');
    state = 'asked';
    events.push({ kind: 'publish', app, name, query: query.join('?') });
  }

  const status = (level: string, code: string, description: string): Uint8Array =>
    command(STREAM_ID, 'onStatus', 0, null, { level, code, description });

  return {
    step(bytes) {
      send = [];
      events = [];
      received += bytes.length;
      const taken = handshakeBytes < handshake.length ? shakeHands(bytes) : 0;
      if (handshakeBytes === handshake.length) chunks.push(bytes.subarray(taken), onMessage);
      // Half a window early, since the publisher stops when a whole one is not acknowledged.
      if (received - acknowledged >= windowBytes / 2) {
        acknowledged = received;
        send.push(control(TYPE.acknowledgement, u32Bytes(received)));
      }
      return { send, events };
    },
    accept() {
      state = 'publishing';
      const begin = Uint8Array.of(0, STREAM_BEGIN, 0, 0, 0, STREAM_ID);
      return [control(TYPE.userControl, begin), status('status', 'NetStream.Publish.Start', 'publishing')];
    },
    refuse(reason) {
      state = 'over';
      return [status('error', 'NetStream.Publish.BadName', reason)];
    },
  };
}

function isObject(value: AmfValue | undefined): value is { readonly [key: string]: AmfValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf(value: AmfValue | undefined): string {
  if (typeof value !== 'string') throw new RtmpError('malformed', 'a name is missing');
  if (value.length > NAME_LENGTH_MAX) throw new RtmpError('too-large', 'a name is too long');
  return value;
}

function u32(payload: Uint8Array): number {
  if (payload.length < 4) throw new RtmpError('malformed', 'a control message is too short');
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(0);
}

function u32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value % 2 ** 32);
  return bytes;
}
