// Whole pictures of H.264 from RTP packets in their order (RFC 6184, packetization modes 0 and 1: single units,
// STAP-A, FU-A). A picture that misses a packet is left out, and so is everything until the next key frame, since it
// would be decoded against what is not there; `isBroken` says that a key frame is to be asked for.

import { AVC_UNIT, type AvcConfig, createAvcConfig } from '../contribution/avc-config.ts';
import { PICTURE_BYTES_MAX, PICTURE_UNITS_MAX } from './limits.ts';
import type { OrderedPacket } from './rtp-packet.ts';

export interface Picture {
  readonly timestamp: number;
  readonly isKeyFrame: boolean;
  /** NAL units with lengths of four bytes before them, without parameter sets. */
  readonly data: Uint8Array;
  /** The configuration record that holds; the same object as long as nothing changed. */
  readonly config: Uint8Array;
}

export interface H264Pictures {
  /** Takes the next packet; returns the pictures that it completes. */
  push(packet: OrderedPacket): Picture[];
  /** Waits for a key frame: nothing comes out until there is one. */
  isBroken(): boolean;
  /** Pictures left out so far. */
  dropped(): number;
}

const STAP_A = 24;
const FU_A = 28;
const UNIT_MAX = 23;
const FU_BEGIN = 0x80;
const FU_END = 0x40;

interface Gathering {
  readonly timestamp: number;
  readonly units: Uint8Array[];
  bytes: number;
  /** The unit whose parts are coming in. */
  fragments: Uint8Array[] | undefined;
  isDamaged: boolean;
  isKeyFrame: boolean;
}

/** Creates the reader of one track. */
export function createH264Pictures(): H264Pictures {
  const config: AvcConfig = createAvcConfig();
  let current: Gathering | undefined;
  let isBroken = true;
  let dropped = 0;

  function add(picture: Gathering, unit: Uint8Array): void {
    const type = (unit[0] ?? 0) & 31;
    if (type === AVC_UNIT.sps || type === AVC_UNIT.pps) config.take(unit);
    else if (type !== AVC_UNIT.delimiter && type !== AVC_UNIT.filler) {
      if (type === AVC_UNIT.key) picture.isKeyFrame = true;
      picture.units.push(unit);
      picture.bytes += 4 + unit.length;
    }
    if (picture.bytes > PICTURE_BYTES_MAX || picture.units.length > PICTURE_UNITS_MAX) damage(picture);
  }

  function damage(picture: Gathering): void {
    picture.isDamaged = true;
    picture.units.length = 0;
    picture.fragments = undefined;
  }

  function addAggregate(picture: Gathering, payload: Uint8Array): void {
    for (let at = 1; at + 2 <= payload.length; ) {
      const length = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
      const unit = payload.subarray(at + 2, at + 2 + length);
      if (length === 0 || unit.length < length) {
        damage(picture);
        return;
      }
      add(picture, unit);
      at += 2 + length;
    }
  }

  function addFragment(picture: Gathering, payload: Uint8Array): void {
    const [indicator = 0, header = 0] = payload;
    if ((header & FU_BEGIN) !== 0) {
      // The header of the unit: importance from the indicator, type from the fragment (5.8).
      picture.fragments = [Uint8Array.of((indicator & 0xe0) | (header & 31))];
      picture.bytes += 1;
    }
    picture.fragments?.push(payload.subarray(2));
    picture.bytes += payload.length - 2;
    if (picture.fragments === undefined || picture.bytes > PICTURE_BYTES_MAX) {
      damage(picture);
      return;
    }
    if ((header & FU_END) === 0) return;
    const unit = join(picture.fragments);
    picture.bytes -= unit.length;
    picture.fragments = undefined;
    add(picture, unit);
  }

  function take(picture: Gathering, payload: Uint8Array): void {
    if (picture.isDamaged || payload.length < 1) return;
    const type = (payload[0] ?? 0) & 31;
    if (picture.fragments !== undefined && type !== FU_A) damage(picture);
    else if (type >= 1 && type <= UNIT_MAX) add(picture, payload);
    else if (type === STAP_A) addAggregate(picture, payload);
    else if (type === FU_A && payload.length > 2) addFragment(picture, payload);
    else damage(picture);
  }

  function finish(): Picture[] {
    const picture = current;
    current = undefined;
    if (picture === undefined) return [];
    const isWhole = !picture.isDamaged && picture.fragments === undefined;
    // Nothing but parameter sets: no picture, and none that is missing.
    if (isWhole && picture.units.length === 0) return [];
    const record = config.record();
    if (!isWhole) isBroken = true;
    else if (picture.isKeyFrame && record !== undefined) isBroken = false;
    if (isBroken || record === undefined) {
      dropped += 1;
      return [];
    }
    const { timestamp, isKeyFrame, units } = picture;
    return [{ timestamp, isKeyFrame, data: withLengths(units), config: record }];
  }

  return {
    push(packet) {
      const pictures: Picture[] = [];
      if (packet.isAfterGap) {
        isBroken = true;
        if (current !== undefined) damage(current);
      }
      if (current !== undefined && current.timestamp !== packet.timestamp) pictures.push(...finish());
      current ??= {
        timestamp: packet.timestamp,
        units: [],
        bytes: 0,
        fragments: undefined,
        isDamaged: false,
        isKeyFrame: false,
      };
      // Nobody knows whether what is missing belonged to this picture too.
      if (packet.isAfterGap) damage(current);
      take(current, packet.payload);
      if (packet.isMarked) pictures.push(...finish());
      return pictures;
    },
    isBroken: () => isBroken,
    dropped: () => dropped,
  };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function withLengths(units: readonly Uint8Array[]): Uint8Array {
  return join(
    units.flatMap((unit) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, unit.length);
      return [length, unit];
    }),
  );
}
