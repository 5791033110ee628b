// Reads what ffprobe answers: streams and format as JSON, packets as lines of `key=value|key=value`.

import { z } from 'zod';
import type { PacketTimes, Ratio, RawProbe, RawStream } from './probe-result.ts';

const streamSchema = z.object({
  index: z.number().int().nonnegative(),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  width: z.number().int().optional(),
  height: z.number().int().optional(),
  pix_fmt: z.string().optional(),
  sample_aspect_ratio: z.string().optional(),
  r_frame_rate: z.string().optional(),
  avg_frame_rate: z.string().optional(),
  nb_frames: z.string().optional(),
  start_time: z.string().optional(),
  duration: z.string().optional(),
  channels: z.number().int().optional(),
  sample_rate: z.string().optional(),
  disposition: z.record(z.string(), z.number()).optional(),
  tags: z.record(z.string(), z.string()).optional(),
  side_data_list: z.array(z.looseObject({ rotation: z.number().optional() })).optional(),
});

const answerSchema = z.object({
  streams: z.array(streamSchema).default([]),
  format: z.object({ start_time: z.string().optional(), duration: z.string().optional() }).default({}),
});

/** The answer to `-show_format -show_streams -of json`. */
export function parseStreams(answer: Buffer): RawProbe {
  const { streams, format } = answerSchema.parse(JSON.parse(answer.toString('utf8')));
  return {
    startSeconds: number(format.start_time),
    durationSeconds: number(format.duration),
    streams: streams.map(parseStream),
  };
}

function parseStream(stream: z.infer<typeof streamSchema>): RawStream {
  const tags = new Map(Object.entries(stream.tags ?? {}).map(([name, text]) => [name.toLowerCase(), text]));
  const kind = stream.codec_type === 'video' || stream.codec_type === 'audio' ? stream.codec_type : 'other';
  const codec = stream.codec_name;
  return {
    index: stream.index,
    kind,
    codec: codec === undefined || codec === 'unknown' || codec === 'none' ? null : codec,
    isCover: stream.disposition?.attached_pic === 1 || stream.disposition?.timed_thumbnails === 1,
    isDefault: stream.disposition?.default === 1,
    startSeconds: number(stream.start_time),
    durationSeconds: number(stream.duration) ?? clockTime(tags.get('duration')),
    frameCount: number(stream.nb_frames),
    width: stream.width ?? 0,
    height: stream.height ?? 0,
    pixelFormat: stream.pix_fmt ?? null,
    sampleAspect: ratio(stream.sample_aspect_ratio, ':'),
    baseRate: ratio(stream.r_frame_rate, '/'),
    averageRate: ratio(stream.avg_frame_rate, '/'),
    displayRotation: stream.side_data_list?.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0,
    channels: stream.channels ?? 0,
    sampleRate: number(stream.sample_rate) ?? 0,
    language: tags.get('language') ?? null,
    title: tags.get('title') ?? null,
  };
}

/** The answer to `-show_entries packet=… -of compact=p=0`; packets that are not shown (edit lists) are left out. */
export function parsePackets(answer: Buffer): PacketTimes {
  const seconds: number[] = [];
  const durations: number[] = [];
  for (const line of answer.toString('latin1').split('\n')) {
    const fields = new Map(line.split('|').map((field) => field.split('=', 2) as [string, string]));
    const time = number(fields.get('pts_time')) ?? number(fields.get('dts_time'));
    if (time === null || fields.get('flags')?.[1] === 'D') continue;
    seconds.push(time);
    durations.push(number(fields.get('duration_time')) ?? 0);
  }
  return { seconds, durations };
}

function number(text: string | undefined): number | null {
  if (text === undefined || text === '' || text === 'N/A') return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** Matroska's tag: `00:01:02.345000000`. */
function clockTime(text: string | undefined): number | null {
  const match = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)/.exec(text ?? '');
  return match === null ? null : Number(match[1]) * 3_600 + Number(match[2]) * 60 + Number(match[3]);
}

function ratio(text: string | undefined, separator: string): Ratio | null {
  const [numerator, denominator] = (text ?? '').split(separator).map(Number);
  if (!numerator || !denominator || numerator < 0 || denominator < 0) return null;
  return { numerator, denominator };
}
