// The picture of a channel: contribution frames go to an FFmpeg child, and what comes out becomes parts. The child begins
// at the first segment boundary that it can decode, whatever its past; when it dies, another begins at the next boundary
// after what came out. A segment that was broken off is damaged, those that are missing are told as gaps.

import type { PartGrid } from '#media/cmaf/part-grid.ts';
import type { MadePart } from '#media/cmaf/part-maker.ts';
import { PartMaker, repeatPart } from '#media/cmaf/part-maker.ts';
import type { Clock } from '#platform/clock.ts';
import type { Engine, LiveOutput } from '#platform/ffmpeg/engine.ts';
import { KeptPictures } from './kept-pictures.ts';
import {
  ARRIVALS_MAX,
  FRUITLESS_RUNS_MAX,
  KEPT_BYTES_MAX,
  KEPT_MS,
  PAUSE_MS,
  PENDING_BYTES_MAX,
  STUCK_MS_MAX,
} from './limits.ts';
import {
  type EncodedFrame,
  type PictureChild,
  type PictureFrame,
  startPictureChild,
} from './picture-child.ts';
import { TimeLeaps } from './time-leaps.ts';

export interface VideoEncoderOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly workDirectory: string;
  readonly grid: PartGrid;
  readonly frameRate: number;
  readonly framesPerSegment: number;
  readonly fillSegmentsMax: number;
  readonly outputs: readonly LiveOutput[];
  /** The configuration of an output; always the same. */
  onConfig(outputId: string, avcConfig: Uint8Array): void;
  onPart(outputId: string, part: MadePart): void;
  onGap(outputId: string, segment: number, segmentCount: number): void;
  /** Where the first child begins. */
  onBegin(segment: number): void;
  /** A small picture of what was made, frame by frame. */
  onLook(luma: Uint8Array): void;
  /** Parts of a segment that were told before, to be repeated. */
  partsOf(outputId: string, segment: number): readonly MadePart[];
  /** A child died. */
  onDeath(error: unknown): void;
}

/** One child, and what has come out of it. */
interface Run {
  readonly child: PictureChild;
  readonly leaps: TimeLeaps;
  readonly makers: ReadonlyMap<string, PartMaker>;
  config: Uint8Array | undefined;
  frameCount: number;
  /** When something came out of it, or nothing was to be expected. */
  aliveAtMs: number;
}

export class VideoEncoder {
  readonly #options: VideoEncoderOptions;
  readonly #kept: KeptPictures;
  readonly #arrivals = new Map<number, number>();
  /** Place of the last frame that came out, by output. */
  readonly #lastOut = new Map<string, number>();
  #codec: 'avc1' | 'hvc1' = 'avc1';
  #run: Run | undefined;
  #fruitlessRuns = 0;
  #isStopped = false;
  #delays: number[] = [];
  #pushedAtMs = 0;
  /** A still picture was written since the last frame of the publisher: what follows needs a key frame. */
  #isHolding = false;
  frameCount = 0;
  /** Frames of the largest output that no child made. */
  framesDropped = 0;
  restarts = 0;

  constructor(options: VideoEncoderOptions) {
    this.#options = options;
    this.#kept = new KeptPictures(Math.ceil((options.frameRate * KEPT_MS) / 1_000), KEPT_BYTES_MAX);
  }

  /** Whether children die without a frame, one after another. */
  get isFailing(): boolean {
    return this.#fruitlessRuns >= FRUITLESS_RUNS_MAX;
  }

  /** Median milliseconds from a frame's arrival to its coming out, since the last time it was asked. */
  takeDelayMs(): number | undefined {
    const delays = this.#delays.sort((left, right) => left - right);
    this.#delays = [];
    return delays[Math.floor(delays.length / 2)];
  }

  setConfig(codec: 'avc1' | 'hvc1', config: Uint8Array): void {
    // Frames of another codec need another child.
    if (codec !== this.#codec) {
      this.#end(this.#run);
      this.#kept.clear();
    }
    this.#codec = codec;
    this.#kept.setConfig(config);
  }

  /** The frames that follow belong to another stream: they can be decoded from the next key frame on. */
  cut(): void {
    this.#kept.clear();
  }

  push(frame: PictureFrame): void {
    // Without the frame before it, or behind another one, it cannot be decoded.
    if (this.#isHolding && !frame.isKey) return;
    this.#isHolding = false;
    this.#kept.push(frame);
    this.#note(frame.index);
    this.#watch();
    // A child that died at once is tried again with the next key frame, not with each frame.
    if (this.#run === undefined && (this.#fruitlessRuns === 0 || frame.isKey)) this.#begin();
    else if (this.#run !== undefined) this.#write(this.#run, this.#kept.config, frame);
  }

  /** Shows the newest key frame again, up to this place: the publisher is away, and its viewers are not to wait. */
  hold(index: number): void {
    const run = this.#run;
    const still = this.#kept.still();
    if (run === undefined || still === undefined || index <= still.frame.index) return;
    this.#isHolding = true;
    this.#watch();
    this.#write(run, still.config, { ...still.frame, index, ptsOffsetMs: 0 });
  }

  /** The broadcast has ended: what is in the child still comes out. */
  async finish(): Promise<void> {
    const run = this.#run;
    this.#isStopped = true;
    if (run === undefined) return;
    run.child.end();
    await run.child.done.catch(this.#options.onDeath);
    for (const [id, maker] of run.makers)
      for (const part of maker.flush(true)) this.#options.onPart(id, part);
    this.#run = undefined;
  }

  /** Ends the child at once. */
  stop(): void {
    this.#isStopped = true;
    this.#run?.child.kill();
    this.#run = undefined;
  }

  /** Ends a child that takes too little, or out of which nothing comes. */
  #watch(): void {
    const run = this.#run;
    const nowMs = this.#options.clock.monotonicMs();
    if (run !== undefined && nowMs - this.#pushedAtMs > PAUSE_MS) run.aliveAtMs = nowMs;
    this.#pushedAtMs = nowMs;
    if (run === undefined) return;
    const isStuck = nowMs - run.aliveAtMs > STUCK_MS_MAX;
    if (!isStuck && run.child.pendingBytes() <= PENDING_BYTES_MAX) return;
    this.#options.onDeath(
      new Error(isStuck ? 'nothing comes out of the encoder' : 'the encoder is too slow'),
    );
    run.child.kill();
    this.#end(run);
  }

  #note(index: number): void {
    this.#arrivals.set(index, this.#options.clock.monotonicMs());
    const oldest = this.#arrivals.keys().next();
    if (this.#arrivals.size > ARRIVALS_MAX && oldest.done !== true) this.#arrivals.delete(oldest.value);
  }

  #write(run: Run, config: Uint8Array | undefined, frame: PictureFrame): void {
    if (config !== undefined && config !== run.config) run.child.configure(config);
    run.config = config;
    run.child.write({ ...frame, index: run.leaps.toInner(frame.index) });
  }

  #begin(): void {
    const groups = this.#kept.from();
    const first = groups[0]?.frames[0];
    if (this.#isStopped || first === undefined) return;
    const { clock, engine, grid, frameRate, framesPerSegment, outputs, workDirectory } = this.#options;
    const lastOut = Math.max(...this.#lastOut.values(), Number.NEGATIVE_INFINITY);
    const segment = firstWholeSegment(grid, Math.max(first.index, lastOut + 1));
    const firstOutput = grid.firstIndex(segment);
    const isFirstRun = this.#lastOut.size === 0;
    const makers = new Map(outputs.map(({ id }) => [id, new PartMaker(grid)]));
    const child = startPictureChild({
      engine,
      workDirectory,
      codec: this.#codec,
      frameRate,
      framesPerSegment,
      firstInput: first.index,
      firstOutput,
      outputs,
      onConfig: this.#options.onConfig,
      onFrame: (id, frame) => {
        if (this.#run === run) this.#take(run, id, frame);
      },
      onLook: this.#options.onLook,
    });
    const leaps = new TimeLeaps(grid, framesPerSegment, firstOutput - 1);
    const run: Run = {
      child,
      leaps,
      makers,
      config: undefined,
      frameCount: 0,
      aliveAtMs: clock.monotonicMs(),
    };
    this.#run = run;
    if (isFirstRun) this.#options.onBegin(segment);
    else this.#tellGaps(segment);
    for (const group of groups) for (const frame of group.frames) this.#write(run, group.config, frame);
    child.done.then(
      () => this.#died(run, new Error('the media child ended early')),
      (error: unknown) => this.#died(run, error),
    );
  }

  #died(run: Run, error: unknown): void {
    if (this.#run !== run || this.#isStopped) return;
    this.#options.onDeath(error);
    this.#end(run);
    if (this.#fruitlessRuns === 0) this.#begin();
  }

  /** Forgets a child; what it had begun is damaged. */
  #end(run: Run | undefined): void {
    if (run === undefined || this.#run !== run) return;
    this.#run = undefined;
    run.child.end();
    this.restarts += 1;
    this.#fruitlessRuns = run.frameCount === 0 ? this.#fruitlessRuns + 1 : 0;
    for (const [id, maker] of run.makers) for (const part of maker.flush()) this.#options.onPart(id, part);
  }

  /** Tells each output the segments between what came out of it and where it goes on. */
  #tellGaps(segment: number): void {
    const { grid, onGap, outputs } = this.#options;
    const largest = this.#lastOut.get(outputs[0]?.id ?? '');
    if (largest !== undefined) this.framesDropped += grid.firstIndex(segment) - largest - 1;
    for (const [id, lastOut] of this.#lastOut) {
      const next = firstWholeSegment(grid, lastOut + 1);
      // The segment that was broken off is none of those that begin behind it.
      const isBroken = grid.firstIndex(next) !== lastOut + 1;
      const from = isBroken ? next - 1 : next;
      onGap(id, from, segment - from);
    }
  }

  #take(run: Run, id: string, frame: EncodedFrame): void {
    const leap = run.leaps.leapBefore(frame.index);
    if (leap !== undefined && leap.fromInner === frame.index) this.#fill(id, leap.segmentCount);
    const index = frame.index + (leap?.shift ?? 0);
    const arrivedAtMs = this.#arrivals.get(index);
    if (id === this.#options.outputs[0]?.id) {
      this.frameCount += 1;
      if (arrivedAtMs !== undefined && this.#delays.length < ARRIVALS_MAX)
        this.#delays.push(this.#options.clock.monotonicMs() - arrivedAtMs);
    }
    run.frameCount += 1;
    run.aliveAtMs = this.#options.clock.monotonicMs();
    this.#fruitlessRuns = 0;
    this.#lastOut.set(id, index);
    for (const part of run.makers.get(id)?.push({ ...frame, index }) ?? []) this.#options.onPart(id, part);
  }

  /** Repeats the still segment that lies before a leap. */
  #fill(id: string, segmentCount: number): void {
    const { grid, fillSegmentsMax, onGap, onPart, partsOf } = this.#options;
    const lastOut = this.#lastOut.get(id);
    if (lastOut === undefined) return;
    const { segment } = grid.place(lastOut);
    const still = partsOf(id, segment);
    if (segmentCount > fillSegmentsMax || still.length === 0) {
      onGap(id, segment + 1, segmentCount);
      return;
    }
    for (let later = 1; later <= segmentCount; later += 1)
      for (const part of still) onPart(id, repeatPart(part, later, grid));
  }
}

/** The first segment that begins at this frame or behind it. */
function firstWholeSegment(grid: PartGrid, index: number): number {
  const { segment } = grid.place(index);
  return grid.firstIndex(segment) === index ? segment : segment + 1;
}
