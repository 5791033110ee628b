// Part of the node-av child: the raw facts about a file, as ffprobe would tell them.

import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_DISPOSITION_DEFAULT,
  AV_DISPOSITION_TIMED_THUMBNAILS,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_PKT_FLAG_DISCARD,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  AVSEEK_FLAG_BACKWARD,
} from 'node-av/constants';
import {
  avGetCodecName,
  avGetPixFmtName,
  Codec,
  type FormatContext,
  Packet,
  type Rational,
  type Stream,
} from 'node-av/lib';
import { openInput, readPackets, toSeconds } from './node-av-input.ts';
import {
  type PacketTimes,
  planScan,
  type Ratio,
  type RawProbe,
  type RawStream,
  type ScannedPackets,
} from './probe-result.ts';
import type { Demuxer } from './sniff.ts';

const MICROSECONDS = { num: 1, den: 1_000_000 };

/** Everything about one file: streams, and the packets where the streams do not say enough. */
export function probeInput(
  path: string,
  demuxer: Demuxer,
  fileBytes: number,
): { raw: RawProbe; packets: ScannedPackets | null } {
  const input = openInput(path, demuxer);
  const raw: RawProbe = {
    startSeconds: toSeconds(input.startTime, MICROSECONDS),
    durationSeconds: toSeconds(input.duration, MICROSECONDS),
    streams: input.streams.map(describeStream),
  };
  return { raw, packets: scan(input, raw, demuxer, fileBytes) };
}

export function describeStream(stream: Stream): RawStream {
  const { codecpar, metadata } = stream;
  const kind =
    codecpar.codecType === AVMEDIA_TYPE_VIDEO
      ? 'video'
      : codecpar.codecType === AVMEDIA_TYPE_AUDIO
        ? 'audio'
        : 'other';
  const tags = new Map(
    Object.entries(metadata?.getAll() ?? {}).map(([name, text]) => [name.toLowerCase(), text]),
  );
  return {
    index: stream.index,
    kind,
    codec: Codec.findDecoder(codecpar.codecId) === null ? null : avGetCodecName(codecpar.codecId),
    isCover:
      stream.hasDisposition(AV_DISPOSITION_ATTACHED_PIC) ||
      stream.hasDisposition(AV_DISPOSITION_TIMED_THUMBNAILS),
    isDefault: stream.hasDisposition(AV_DISPOSITION_DEFAULT),
    startSeconds: toSeconds(stream.startTime, stream.timeBase),
    durationSeconds: toSeconds(stream.duration, stream.timeBase),
    frameCount: stream.nbFrames > 0n ? Number(stream.nbFrames) : null,
    width: kind === 'video' ? codecpar.width : 0,
    height: kind === 'video' ? codecpar.height : 0,
    pixelFormat:
      kind === 'video' ? avGetPixFmtName(codecpar.format as Parameters<typeof avGetPixFmtName>[0]) : null,
    sampleAspect: toRatio(stream.sampleAspectRatio) ?? toRatio(codecpar.sampleAspectRatio),
    baseRate: toRatio(stream.rFrameRate),
    averageRate: toRatio(stream.avgFrameRate),
    displayRotation: kind === 'video' ? displayRotation(stream) : 0,
    channels: kind === 'audio' ? codecpar.channels : 0,
    sampleRate: kind === 'audio' ? codecpar.sampleRate : 0,
    language: tags.get('language') ?? null,
    title: tags.get('title') ?? null,
  };
}

/** Degrees counter-clockwise from the display matrix: nine fixed-point numbers, of which four turn (av_display_rotation_get). */
function displayRotation(stream: Stream): number {
  const matrix = stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX);
  if (matrix === null || matrix.length < 36) return 0;
  const at = (index: number): number => matrix.readInt32LE(index * 4);
  const scaleX = Math.hypot(at(0), at(3));
  const scaleY = Math.hypot(at(1), at(4));
  if (scaleX === 0 || scaleY === 0) return 0;
  return (-Math.atan2(at(1) / scaleY, at(0) / scaleX) * 180) / Math.PI;
}

function scan(
  input: FormatContext,
  raw: RawProbe,
  demuxer: Demuxer,
  fileBytes: number,
): ScannedPackets | null {
  const plan = planScan(raw, demuxer, fileBytes);
  if (plan === null) return null;
  if (plan.kind === 'full')
    return { head: readTimes(input, plan.streamIndex, null), isComplete: true, tail: null };
  const head = readTimes(input, plan.streamIndex, plan.headPackets);
  const ticks = BigInt(Math.round(plan.tailFromSeconds * MICROSECONDS.den));
  const canSeek = input.seekFrameSync(-1, ticks, AVSEEK_FLAG_BACKWARD) >= 0;
  return { head, isComplete: false, tail: canSeek ? readTimes(input, plan.streamIndex, null) : null };
}

function readTimes(input: FormatContext, streamIndex: number, packetsMax: number | null): PacketTimes {
  const seconds: number[] = [];
  const durations: number[] = [];
  const timeBase = input.streams.find(({ index }) => index === streamIndex)?.timeBase ?? MICROSECONDS;
  const packet = new Packet();
  packet.alloc();
  readPackets(input, packet, ({ streamIndex: index, flags, pts, dts, duration }) => {
    if (index !== streamIndex) return true;
    const time = toSeconds(pts, timeBase) ?? toSeconds(dts, timeBase);
    if (time === null || (flags & AV_PKT_FLAG_DISCARD) !== 0) return true;
    seconds.push(time);
    durations.push(toSeconds(duration, timeBase) ?? 0);
    return packetsMax === null || seconds.length < packetsMax;
  });
  return { seconds, durations };
}

function toRatio(rational: Rational): Ratio | null {
  return rational.num > 0 && rational.den > 0 ? { numerator: rational.num, denominator: rational.den } : null;
}
