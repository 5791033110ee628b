// Latencies of live viewers, sampled again and again: buckets of ten milliseconds, so that an hour of a thousand
// viewers takes no more room than a minute.

const BUCKET_MS = 10;
/** A minute; who is farther behind is counted there. */
const BUCKETS = 6_000;

export type LatencyFigures = {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
};

export class LatencyHistogram {
  readonly #buckets = new Uint32Array(BUCKETS);
  #samples = 0;

  /** A latency below zero means clocks that differ; it counts as none. */
  add(latencyMs: number): void {
    const index = Math.min(BUCKETS - 1, Math.max(0, Math.floor(latencyMs / BUCKET_MS)));
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#samples += 1;
  }

  #quantileMs(share: number): number {
    let rest = Math.ceil(share * this.#samples);
    const index = this.#buckets.findIndex((count) => {
      rest -= count;
      return rest <= 0 && this.#samples > 0;
    });
    return index < 0 ? 0 : (index + 1) * BUCKET_MS;
  }

  /** Upper ends of buckets. */
  figures(): LatencyFigures {
    return {
      samples: this.#samples,
      p50Ms: this.#quantileMs(0.5),
      p95Ms: this.#quantileMs(0.95),
      maxMs: this.#quantileMs(1),
    };
  }
}
