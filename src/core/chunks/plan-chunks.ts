// Whether a video is encoded in chunks by several encoders, and in which. A chunk is a whole number of packs, and begins
// where a segment begins, so that its output is named by the timeline alone: whoever makes it again makes the same
// segments, and joined chunks are the video that one encoder would have made.
//
// Limits: only containers with an index, since elsewhere seeking is a guess; pictures must begin within the first chunk.
// A chunk costs starting a child, seeking, and a rate control that begins anew (about 3 % more bits), so it is never
// shorter than ten seconds; it is never longer than a minute, since that is what a lost encoder costs.

/** What of a plan and its source matters here. */
export interface ChunkedSource {
  /** FFmpeg's name of the demuxer. */
  readonly container: string;
  readonly durationMs: number;
  /** When the pictures begin. */
  readonly startMs: number;
  readonly frameCount: number;
  readonly framesPerSegment: number;
  readonly segmentDurationMs: number;
  /** From this length on segments become a pack. */
  readonly packMs: number;
}

export interface ChunkPolicy {
  /** Shorter videos are encoded by one. */
  readonly durationMsMin: number;
  readonly chunkMsMin: number;
  readonly chunkMsMax: number;
  /** As many chunks are aimed at, so that encoders end at about the same time. */
  readonly chunkCount: number;
  readonly containers: ReadonlySet<string>;
}

export const CHUNK_POLICY: ChunkPolicy = {
  // Helpers begin when the first segment is there and have to fetch the source first. Three of them save a minute of
  // the ninety seconds that an ordinary machine needs for so much 1080p; below it there is little left to save.
  durationMsMin: 90_000,
  chunkMsMin: 10_000,
  chunkMsMax: 60_000,
  // With eight rounds on three encoders the last round leaves at most a few percent of them idle.
  chunkCount: 24,
  containers: new Set(['mov', 'matroska']),
};

export interface PlannedChunk {
  readonly index: number;
  readonly firstFrame: number;
  readonly frameCount: number;
  readonly firstSegment: number;
  readonly segmentCount: number;
}

export interface ChunkReason {
  readonly code: 'shared' | 'short' | 'no_index' | 'late_start';
  readonly values: Readonly<Record<string, number>>;
}

export interface ChunkDecision {
  /** Empty: one encoder makes all. */
  readonly chunks: readonly PlannedChunk[];
  readonly reason: ChunkReason;
}

/** Plans the chunks of a video. */
export function planChunks(source: ChunkedSource, policy: ChunkPolicy = CHUNK_POLICY): ChunkDecision {
  const { durationMs, startMs, segmentDurationMs } = source;
  const whole = (code: ChunkReason['code'], values: ChunkReason['values']): ChunkDecision => ({
    chunks: [],
    reason: { code, values },
  });
  if (durationMs < policy.durationMsMin)
    return whole('short', { durationMs, durationMsMin: policy.durationMsMin });
  if (!policy.containers.has(source.container)) return whole('no_index', {});
  const segments = segmentsPerChunk(source, policy);
  const chunkMs = segments * segmentDurationMs;
  if (startMs >= chunkMs) return whole('late_start', { startMs, chunkMs });
  const chunks = cut(source, segments, policy.chunkMsMin);
  if (chunks.length < 2) return whole('short', { durationMs, chunkMs });
  return { chunks, reason: { code: 'shared', values: { durationMs, chunkMs, chunks: chunks.length } } };
}

/** A whole number of packs. */
function segmentsPerChunk(
  { durationMs, segmentDurationMs, packMs }: ChunkedSource,
  { chunkCount, chunkMsMin, chunkMsMax }: ChunkPolicy,
): number {
  const packSegments = Math.ceil(Math.max(packMs, chunkMsMin) / segmentDurationMs - 1e-9);
  const wantedMs = Math.min(chunkMsMax, Math.max(chunkMsMin, durationMs / chunkCount));
  return packSegments * Math.max(1, Math.floor(wantedMs / (packSegments * segmentDurationMs)));
}

function cut(source: ChunkedSource, segments: number, chunkMsMin: number): PlannedChunk[] {
  const { frameCount, framesPerSegment, segmentDurationMs } = source;
  const length = segments * framesPerSegment;
  const restMs = ((frameCount % length) * segmentDurationMs) / framesPerSegment;
  // A last chunk that would be too short joins the one before it.
  const count = Math.max(1, Math.floor(frameCount / length) + (restMs < chunkMsMin ? 0 : 1));
  return Array.from({ length: count }, (_, index) => {
    const firstFrame = index * length;
    const frames = index === count - 1 ? frameCount - firstFrame : length;
    // The first span of the timeline is two segments, so that playing can begin sooner.
    const isFirst = index === 0;
    return {
      index,
      firstFrame,
      frameCount: frames,
      firstSegment: isFirst ? 0 : index * segments + 1,
      segmentCount: Math.ceil(frames / framesPerSegment) + (isFirst ? 1 : 0),
    };
  });
}
