// What an edge tells of its traffic beside its metrics, in bounded memory: bytes sent of each project, and the objects
// that are asked for most. Projects and objects are too many to be labels of metrics.
// Hot objects are a Space-Saving sketch (Metwally, Agrawal, El Abbadi, "Efficient Computation of Frequent and Top-k
// Elements in Data Streams", 2005) over a sample of the requests: of a quiet edge every one is noted, of a busy one
// every n-th, so that the hot path pays for one decrement. Counts halve with time, so that the list is of now.

import { HOT_OBJECTS_MAX, REPORTED_PROJECTS_MAX } from '#contract/limits.ts';
import type { EdgeReport } from '#contract/node-api.ts';
import type { Clock } from '#platform/clock.ts';
import type { Counter } from '#platform/metrics.ts';
import { HOT_HALF_LIFE_MS, HOT_NOTES_PER_REPORT, HOT_TRACKED } from './limits.ts';

export interface EdgeTally {
  /** Body bytes sent of a project, cumulative; looked up once per asset. */
  bytesOf(projectId: string): Counter;
  /** An object was asked for. */
  note(path: string): void;
  /** What has been counted; made once per beat. */
  report(): EdgeReport;
}

/** Creates an empty tally. */
export function createEdgeTally(clock: Pick<Clock, 'monotonicMs'>): EdgeTally {
  const bytes = new Map<string, Counter>();
  const asked = new Map<string, number>();
  /** Every how many requests one is noted, and how many are left until then. */
  let stride = 1;
  let left = 1;
  let noted = 0;
  let reportedAtMs = clock.monotonicMs();
  /** Seconds that the counts stand for, as they have faded. */
  let weightSeconds = 0;

  function bytesOf(projectId: string): Counter {
    const known = bytes.get(projectId);
    if (known !== undefined) return known;
    // Past the limit all further projects share one counter, of no project.
    if (bytes.size >= REPORTED_PROJECTS_MAX && projectId !== '') return bytesOf('');
    const counter = { value: 0 };
    bytes.set(projectId, counter);
    return counter;
  }

  function take(path: string): void {
    left = stride;
    noted += 1;
    const known = asked.get(path);
    if (known !== undefined || asked.size < HOT_TRACKED) {
      asked.set(path, (known ?? 0) + stride);
      return;
    }
    let leastPath = '';
    let least = Number.POSITIVE_INFINITY;
    for (const [candidate, count] of asked) if (count < least) [leastPath, least] = [candidate, count];
    asked.delete(leastPath);
    asked.set(path, least + stride);
  }

  function fade(): void {
    const elapsedMs = Math.max(1, clock.monotonicMs() - reportedAtMs);
    reportedAtMs += elapsedMs;
    const factor = 2 ** (-elapsedMs / HOT_HALF_LIFE_MS);
    weightSeconds = (weightSeconds + elapsedMs / 1_000) * factor;
    for (const [path, count] of asked) {
      // Less than half a request in all that time is nothing to show.
      if (count * factor < 0.5) asked.delete(path);
      else asked.set(path, count * factor);
    }
    stride = Math.max(1, Math.ceil((noted * stride) / HOT_NOTES_PER_REPORT));
    left = Math.min(left, stride);
    noted = 0;
  }

  return {
    bytesOf,
    note(path) {
      left -= 1;
      if (left <= 0) take(path);
    },
    report() {
      fade();
      const hottest = [...asked].sort((one, other) => other[1] - one[1]).slice(0, HOT_OBJECTS_MAX);
      return {
        bytesByProject: Object.fromEntries([...bytes].map(([projectId, { value }]) => [projectId, value])),
        hotObjects: hottest.map(([path, count]) => ({
          path,
          requestsPerSecond: Math.round((count / weightSeconds) * 100) / 100,
        })),
      };
    },
  };
}
