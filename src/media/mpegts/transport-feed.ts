// From the bytes of a publisher's transport stream to what a feed takes, as RTMP brings it. A frame is there when the
// next one of its track begins, or when the length that it declares is.

import { readAudioFormat } from '../contribution/audio-config.ts';
import type { FeedUnit } from '../contribution/feed.ts';
import { readPictureFormat } from '../contribution/parameter-sets.ts';
import { type AdtsReader, createAdtsReader } from './adts.ts';
import { type AnnexBReader, createAnnexBReader } from './annex-b.ts';
import { AUDIO_PES_BYTES_MAX, UNNAMED_BYTES_MAX, VIDEO_PES_BYTES_MAX } from './limits.ts';
import { createPesReader, type Pes, type PesReader } from './pes.ts';
import { createProgramReader, type Program } from './program.ts';
import { createTickClock, nearestDifference, timestampOf } from './tick-clock.ts';
import { TsError } from './ts-error.ts';
import { createTsPacketReader, type TsPacket } from './ts-packets.ts';

export interface TransportFeed {
  /**
   * Takes bytes and returns the units that they complete.
   * @throws TsError, ContributionError; the stream is of no use afterwards
   */
  push(bytes: Uint8Array): FeedUnit[];
}

interface VideoTrack {
  readonly pid: number;
  readonly codec: 'avc1' | 'hvc1';
  readonly pes: PesReader;
  readonly pictures: AnnexBReader;
}

interface AudioTrack {
  readonly pid: number;
  readonly pes: PesReader;
  readonly frames: AdtsReader;
  /** When the next frame begins, by those before it. */
  nextTicks: number | undefined;
  config: Uint8Array | undefined;
}

const FRAME_SAMPLES = 1_024;
const TICKS_PER_SECOND = 90_000;

/** Creates the feed of one publisher. */
export function createTransportFeed(): TransportFeed {
  const packets = createTsPacketReader();
  const programs = createProgramReader();
  const clock = createTickClock();
  let video: VideoTrack | undefined;
  let audio: AudioTrack | undefined;
  let unnamedBytes = 0;

  function open(program: Program): void {
    const { video: picture, audioPid } = program;
    if (picture === null) video = undefined;
    else if (video?.pid !== picture.pid || video.codec !== picture.codec)
      video = {
        ...picture,
        pes: createPesReader(VIDEO_PES_BYTES_MAX),
        pictures: createAnnexBReader(picture.codec),
      };
    if (audioPid === null) audio = undefined;
    else if (audio?.pid !== audioPid)
      audio = {
        pid: audioPid,
        pes: createPesReader(AUDIO_PES_BYTES_MAX),
        frames: createAdtsReader(),
        nextTicks: undefined,
        config: undefined,
      };
  }

  function videoUnits({ codec, pictures }: VideoTrack, { data, ptsTicks, dtsTicks }: Pes): FeedUnit[] {
    const units: FeedUnit[] = [];
    const { config, picture } = pictures.push(data);
    if (config !== undefined) {
      readPictureFormat(codec, config);
      units.push({ kind: 'video_config', codec, config });
    }
    if (picture === undefined || ptsTicks === undefined || dtsTicks === undefined) return units;
    const decodeTicks = clock.unwrap(dtsTicks);
    const shownTicks = decodeTicks + nearestDifference(ptsTicks - dtsTicks);
    const timestampMs = timestampOf(decodeTicks);
    const compositionOffsetMs = (timestampOf(shownTicks) - timestampMs) | 0;
    units.push({ kind: 'video', timestampMs, compositionOffsetMs, ...picture });
    return units;
  }

  function audioUnits(track: AudioTrack, { data, ptsTicks }: Pes): FeedUnit[] {
    const units: FeedUnit[] = [];
    let isTimed = false;
    for (const frame of track.frames.push(data)) {
      // The time is that of the first frame that begins in the packet (2.4.3.7).
      if (frame.isNew && !isTimed && ptsTicks !== undefined) {
        track.nextTicks = clock.unwrap(ptsTicks);
        isTimed = true;
      }
      if (track.nextTicks === undefined) continue;
      if (!isSame(track.config, frame.config)) {
        track.config = frame.config;
        units.push({ kind: 'audio_config', config: frame.config, format: readAudioFormat(frame.config) });
      }
      units.push({ kind: 'audio', timestampMs: timestampOf(track.nextTicks), data: frame.data });
      track.nextTicks += (FRAME_SAMPLES * TICKS_PER_SECOND) / frame.sampleRate;
    }
    return units;
  }

  function unitsOf(packet: TsPacket): FeedUnit[] {
    if (packet.pid === video?.pid) {
      const track = video;
      return track.pes.push(packet).flatMap((pes) => videoUnits(track, pes));
    }
    if (packet.pid === audio?.pid) {
      const track = audio;
      if (packet.isAfterGap) track.frames.reset();
      return track.pes.push(packet).flatMap((pes) => audioUnits(track, pes));
    }
    const program = programs.push(packet);
    if (program !== undefined) open(program);
    return [];
  }

  return {
    push(bytes) {
      const units = packets.push(bytes).flatMap(unitsOf);
      if (video === undefined && audio === undefined) {
        unnamedBytes += bytes.length;
        if (unnamedBytes > UNNAMED_BYTES_MAX)
          throw new TsError('the stream does not name any H.264, HEVC or AAC in it');
      }
      return units;
    },
  };
}

function isSame(left: Uint8Array | undefined, right: Uint8Array): boolean {
  return left !== undefined && left[0] === right[0] && left[1] === right[1];
}
