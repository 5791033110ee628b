// Makes one media file with node-av and ends: the tests' own source of footage on machines without ffmpeg, and the
// same bytes on those with it. Arguments: the target path, and the description as JSON.

import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_ERROR,
  AV_PICTURE_TYPE_NONE,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVIO_FLAG_WRITE,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  FilterGraph,
  FormatContext,
  Frame,
  IOContext,
  Log,
  Packet,
} from 'node-av/lib';
import { assert, defined } from '#base/assert.ts';
import type { MediaDescription } from './make-media.ts';

interface Source {
  readonly kind: 'video' | 'audio';
  /** A filter graph without inputs, e.g. `testsrc2=size=320x180:rate=25:duration=2`. */
  readonly graph: string;
  readonly codec: string;
  readonly options: Readonly<Record<string, string>>;
  readonly language?: string;
}

/** Samples in a frame, where an encoder wants its own number. */
const FRAME_SAMPLES: Readonly<Record<string, number>> = { libmp3lame: 1_152, flac: 4_608 };

interface Output {
  write(packet: Packet, encoder: CodecContext): void;
}

/** Encodes all frames of a graph; packets are handed over in order. */
function createEncoder(source: Source): { encoder: CodecContext; run: (output: Output) => void } {
  const graph = new FilterGraph();
  graph.alloc();
  const sinkName = source.kind === 'video' ? 'buffersink@out' : 'abuffersink@out';
  const tail = source.kind === 'audio' ? `,asetnsamples=n=${FRAME_SAMPLES[source.codec] ?? 1_024}:p=0` : '';
  FFmpegError.throwIfError(graph.parse2(`${source.graph}${tail},${sinkName}`), source.graph);
  FFmpegError.throwIfError(graph.configSync(), source.graph);
  const sink = defined(graph.getFilter(sinkName), sinkName);
  const codec = defined(
    Codec.findEncoderByName(source.codec as Parameters<typeof Codec.findEncoderByName>[0]),
    source.codec,
  );
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.timeBase = sink.buffersinkGetTimeBase();
  if (source.kind === 'video') {
    encoder.width = sink.buffersinkGetWidth();
    encoder.height = sink.buffersinkGetHeight();
    encoder.pixelFormat = sink.buffersinkGetFormat() as typeof encoder.pixelFormat;
    encoder.sampleAspectRatio = sink.buffersinkGetSampleAspectRatio();
    encoder.framerate = sink.buffersinkGetFrameRate();
  } else {
    encoder.sampleFormat = sink.buffersinkGetFormat() as typeof encoder.sampleFormat;
    encoder.sampleRate = sink.buffersinkGetSampleRate();
    encoder.channelLayout = sink.buffersinkGetChannelLayout();
  }
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  FFmpegError.throwIfError(encoder.open2Sync(codec, Dictionary.fromObject(source.options)), source.codec);

  const run = (output: Output): void => {
    const frame = new Frame();
    frame.alloc();
    const packet = new Packet();
    packet.alloc();
    const drain = (): void => {
      while (encoder.receivePacketSync(packet) >= 0) output.write(packet, encoder);
    };
    for (;;) {
      const result = sink.buffersinkGetFrameSync(frame);
      if (result === AVERROR_EOF) break;
      assert(result !== AVERROR_EAGAIN, 'a graph without inputs never waits');
      FFmpegError.throwIfError(result, source.graph);
      frame.pictType = AV_PICTURE_TYPE_NONE;
      FFmpegError.throwIfError(encoder.sendFrameSync(frame), source.codec);
      frame.unref();
      drain();
    }
    encoder.sendFrameSync(null);
    drain();
  };
  return { encoder, run };
}

function sourcesOf(description: MediaDescription): Source[] {
  const video = description.video === undefined ? [] : [description.video];
  return [
    ...video.map(
      (graph): Source => ({
        kind: 'video',
        graph,
        codec: description.videoCodec ?? 'libx264',
        options: { ...(description.videoOptions ?? { preset: 'ultrafast', g: '50' }) },
      }),
    ),
    ...(description.audio ?? []).map(
      (track): Source => ({
        kind: 'audio',
        graph: track.graph,
        codec: description.audioCodec ?? 'aac',
        options: {},
        ...(track.language === undefined ? {} : { language: track.language }),
      }),
    ),
  ];
}

function make(path: string, description: MediaDescription): void {
  const muxer = new FormatContext();
  FFmpegError.throwIfError(muxer.allocOutputContext2(null, description.format, null), description.format);
  const file = new IOContext();
  FFmpegError.throwIfError(file.open2Sync(`file:${path}`, AVIO_FLAG_WRITE), path);
  muxer.pb = file;
  const tracks = sourcesOf(description).map((source) => {
    const made = createEncoder(source);
    const stream = muxer.newStream(null);
    FFmpegError.throwIfError(made.encoder.parametersFromContext(stream.codecpar), 'describe the stream');
    stream.timeBase = made.encoder.timeBase;
    if (source.kind === 'video') {
      stream.avgFrameRate = made.encoder.framerate;
      stream.sampleAspectRatio = made.encoder.sampleAspectRatio;
    }
    if (source.language !== undefined) stream.metadata = Dictionary.fromObject({ language: source.language });
    return { ...made, stream };
  });
  const options = Dictionary.fromObject({ fflags: '+bitexact', ...description.muxerOptions });
  FFmpegError.throwIfError(muxer.writeHeaderSync(options), 'write the header');
  const packets: { packet: Packet; seconds: number }[] = [];
  for (const { run, stream } of tracks)
    run({
      write(packet, encoder) {
        packet.streamIndex = stream.index;
        packet.rescaleTs(encoder.timeBase, stream.timeBase);
        const seconds = (Number(packet.dts) * stream.timeBase.num) / stream.timeBase.den;
        packets.push({ packet: defined(packet.clone(), 'a copy of the packet'), seconds });
        packet.unref();
      },
    });
  packets.sort((a, b) => a.seconds - b.seconds);
  for (const { packet } of packets) FFmpegError.throwIfError(muxer.writeFrameSync(packet), 'write');
  FFmpegError.throwIfError(muxer.writeTrailerSync(), 'write the trailer');
  file.closepSync();
}

Log.setLevel(AV_LOG_ERROR);
try {
  const [path, description] = process.argv.slice(2);
  make(defined(path, 'a path'), JSON.parse(defined(description, 'a description')) as MediaDescription);
  process.exit(0);
} catch (error) {
  process.stderr.write(`${String(error)}\n`, () => process.exit(1));
}
