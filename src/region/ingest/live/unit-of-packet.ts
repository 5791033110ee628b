// From the body of an FLV tag to what a feed takes. Configurations are read here, so that a publisher whose media
// cannot be understood is told at once and nothing further on has to expect it.

import { type AudioFormat, readAudioFormat } from '#media/contribution/audio-config.ts';
import type { FeedUnit } from '#media/contribution/feed.ts';
import { readPictureFormat } from '#media/contribution/parameter-sets.ts';
import { parseAudioPacket, parseVideoPacket } from '#media/flv/flv-packets.ts';

/**
 * The unit in a packet; undefined for packets that carry neither media nor a configuration.
 * @throws FlvError, ContributionError
 */
export function unitOfPacket(
  track: 'video' | 'audio',
  timestampMs: number,
  body: Uint8Array,
): FeedUnit | undefined {
  return track === 'video' ? videoUnit(timestampMs, body) : audioUnit(timestampMs, body);
}

function videoUnit(timestampMs: number, body: Uint8Array): FeedUnit | undefined {
  const packet = parseVideoPacket(body);
  if (packet.kind === 'nothing') return undefined;
  if (packet.kind === 'config') {
    readPictureFormat(packet.codec, packet.config);
    return { kind: 'video_config', codec: packet.codec, config: packet.config };
  }
  const { isKeyFrame, compositionOffsetMs, data } = packet;
  return { kind: 'video', timestampMs, isKeyFrame, compositionOffsetMs, data };
}

function audioUnit(timestampMs: number, body: Uint8Array): FeedUnit | undefined {
  const packet = parseAudioPacket(body);
  if (packet.kind === 'nothing') return undefined;
  if (packet.kind === 'frame') return { kind: 'audio', timestampMs, data: packet.data };
  const format: AudioFormat = readAudioFormat(packet.config);
  return { kind: 'audio_config', config: packet.config, format };
}
