// The media of a WHIP publisher: packets in, units of the contribution out, and wishes for key frames and lost packets.
// No sockets: it is told the time, and asks what it needs by callbacks.

import { measureFrameRate } from '#core/live-timeline/frame-rate.ts';
import type { FeedUnit } from '#media/contribution/feed.ts';
import { readPictureFormat } from '#media/contribution/parameter-sets.ts';
import { createH264Pictures, type Picture } from '#media/rtp/h264-pictures.ts';
import { AUDIO_HOLD_MS, VIDEO_HOLD_MS } from '#media/rtp/limits.ts';
import { createMediaClock, type RtpTrack } from '#media/rtp/media-clock.ts';
import { createPacketOrder } from '#media/rtp/packet-order.ts';
import type { OrderedPacket, RtpPacket } from '#media/rtp/rtp-packet.ts';
import { KEY_FRAME_EVERY_MS, KEY_FRAME_PAUSE_MS } from './limits.ts';

/** Enough to tell 60 pictures a second from 30, and fewer than the opening waits for. */
const PICTURES_MEASURED = 12;
const FAST_FROM = 45;

export interface WhipMediaOptions {
  /** Takes a unit; what it throws goes to whoever called. */
  onUnit(unit: FeedUnit): void;
  onOpus(data: Uint8Array, timeMs: number): void;
  /** Once, when it is known; before that nothing is made of the picture. */
  onFrameRate(framesPerSecond: number): void;
  requestKeyFrame(): void;
  requestPackets(sequences: readonly number[]): void;
}

export interface WhipMedia {
  /** @throws ContributionError when the media cannot be understood */
  packet(track: RtpTrack, packet: RtpPacket, nowMs: number): void;
  report(track: RtpTrack, senderMs: number, timestamp: number): void;
  /** @throws ContributionError as packet */
  tick(nowMs: number): void;
  figures(): Readonly<Record<string, number | null>>;
}

/** Creates the media of one session. */
export function createWhipMedia(options: WhipMediaOptions): WhipMedia {
  const clock = createMediaClock();
  const orders = { video: createPacketOrder(VIDEO_HOLD_MS), audio: createPacketOrder(AUDIO_HOLD_MS) };
  const pictures = createH264Pictures();
  let config: Uint8Array | undefined;
  let hasVideo = false;
  /** Of the first pictures; undefined when enough of them have told. */
  let timesMs: number[] | undefined = [];
  let keyFrameAtMs = Number.NEGATIVE_INFINITY;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let keyFramesAsked = 0;
  let packetsAsked = 0;

  /** Browsers take pictures at 30 or 60 a second at best, and at any lower rate when there is little light or time. */
  function tellFrameRate(timestampMs: number): void {
    if (timesMs === undefined || timesMs.push(timestampMs) < PICTURES_MEASURED) return;
    const isFast = (measureFrameRate(timesMs) ?? 0) > FAST_FROM;
    timesMs = undefined;
    options.onFrameRate(isFast ? 60 : 30);
  }

  function takePicture(picture: Picture, nowMs: number): void {
    if (picture.config !== config) {
      config = picture.config;
      const { frameRate } = readPictureFormat('avc1', config);
      // Encoders that are no browsers keep what they say.
      if (frameRate !== null) timesMs = undefined;
      options.onUnit({ kind: 'video_config', codec: 'avc1', config });
    }
    if (picture.isKeyFrame) keyFrameAtMs = nowMs;
    const timestampMs = Math.round(clock.timeMs('video', picture.timestamp, nowMs));
    tellFrameRate(timestampMs);
    const { isKeyFrame, data } = picture;
    // A browser's encoder shows frames in the order in which it sends them.
    options.onUnit({ kind: 'video', timestampMs, isKeyFrame, compositionOffsetMs: 0, data });
  }

  function take(track: RtpTrack, packets: readonly OrderedPacket[], nowMs: number): void {
    for (const packet of packets) {
      if (track === 'video') for (const picture of pictures.push(packet)) takePicture(picture, nowMs);
      else options.onOpus(packet.payload, clock.timeMs('audio', packet.timestamp, nowMs));
    }
  }

  /** A key frame is asked for when nothing can be decoded without one, and now and then in any case. */
  function wishKeyFrame(nowMs: number): void {
    const isDue = pictures.isBroken() || nowMs - keyFrameAtMs >= KEY_FRAME_EVERY_MS;
    if (!hasVideo || !isDue || nowMs - askedAtMs < KEY_FRAME_PAUSE_MS) return;
    askedAtMs = nowMs;
    keyFramesAsked += 1;
    options.requestKeyFrame();
  }

  return {
    packet(track, packet, nowMs) {
      if (track === 'video') hasVideo = true;
      take(track, orders[track].push(packet, nowMs), nowMs);
    },
    report: (track, senderMs, timestamp) => clock.report(track, senderMs, timestamp),
    tick(nowMs) {
      take('video', orders.video.tick(nowMs), nowMs);
      take('audio', orders.audio.tick(nowMs), nowMs);
      const missing = orders.video.missing(nowMs);
      packetsAsked += missing.length;
      if (missing.length > 0) options.requestPackets(missing);
      wishKeyFrame(nowMs);
    },
    figures: () => ({
      videoPacketsLost: orders.video.lost(),
      audioPacketsLost: orders.audio.lost(),
      packetsAsked,
      keyFramesAsked,
      picturesDropped: pictures.dropped(),
      soundShiftMs: clock.shiftMs(),
    }),
  };
}
