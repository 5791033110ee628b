// One beat: join when control must be told something, report, receive the snapshot, measure the clock. The work is
// the same whether or not anything has changed. After two beats without an answer, peers and the region's store are
// asked for a newer snapshot instead.

import { type Beat, type EdgeReport, nodeRoutes } from '#contract/node-api.ts';
import { ORDERS_TOLD_MAX, type OrderReport } from '#contract/orders.ts';
import type { SignedSnapshot } from '#contract/snapshot.ts';
import { addSample, bestSample, type OffsetSample, offsetSample } from '#core/health/clock-offset.ts';
import type { Clock } from '#platform/clock.ts';
import type { Transport } from '#platform/http/transport.ts';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import type { SiteProbes } from '../shared/node-context.ts';
import {
  AnswerTooLargeError,
  type ControlAnswer,
  describeError,
  isProblem,
  postJson,
} from './control-client.ts';
import { BEAT_TIMEOUT_MS, BEATS_FAILED_UNTIL_AWAY } from './limits.ts';
import type { Membership, NodeDescription } from './membership.ts';
import type { PeerSnapshots } from './peer-snapshots.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';

export interface BeaterDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly transport: Transport;
  readonly membership: Membership;
  readonly keeper: SnapshotKeeper;
  readonly peers: PeerSnapshots;
  readonly probes: SiteProbes;
}

export interface BeaterOptions {
  readonly nodeId: string;
  readonly controlUrl: string;
  readonly bootId: string;
  readonly version: string;
  readonly describe: () => NodeDescription;
  readonly notReadyReason: () => string | null;
  readonly edgeReport: () => EdgeReport | undefined;
  readonly orderReports: () => readonly OrderReport[];
}

export interface Beater {
  /** One beat; never rejects for what control or the network do. */
  beat(signal: AbortSignal): Promise<void>;
  /** The most exact measurement of the own clock against control's, or null. */
  clockSample(): OffsetSample | null;
  /** How long ago control answered last; since the start when it never has. */
  silentMs(): number;
  /** Why the last attempt to join failed, or null. */
  joinFailure(): string | null;
}

const beatResponse = nodeRoutes['POST /node/v1/beat'].response;
/** The Date header counts whole seconds. */
const DATE_HEADER_MS = 1_000;

/** Creates the beat of one node. */
export function createBeater(dependencies: BeaterDependencies, options: BeaterOptions): Beater {
  const { clock, log, metrics, transport, membership, keeper, peers } = dependencies;
  const sent = metrics.counter('agent_beats_total', 'Beats answered by control');
  const missed = metrics.counter('agent_beats_missed_total', 'Beats that control did not answer');
  let sequence = 0;
  let answeredAtMs = clock.monotonicMs();
  let failures = 0;
  let samples: OffsetSample[] = [];
  let joinFailure: string | null = null;
  let beatFailure: string | null = null;

  /** The snapshot's address of control, and every other time after a failure the configured one. */
  function controlUrl(): string {
    const published = keeper.world.current()?.controlUrl;
    const isFallback = published === undefined || published === '' || failures % 2 === 1;
    return isFallback ? options.controlUrl : published;
  }

  async function joinIfNeeded(signal: AbortSignal): Promise<void> {
    const description = options.describe();
    if (!membership.mustJoin(description)) return;
    try {
      const signed = await membership.join(controlUrl(), description, signal);
      joinFailure = null;
      log.info({ nodeUrl: description.nodeUrl }, 'joined the fleet');
      await receive(signed);
    } catch (error) {
      if (signal.aborted) return;
      const reason = `not joined: ${describeError(error)}`;
      if (reason !== joinFailure) log.warn({ reason }, 'joining the fleet failed; trying again at each beat');
      joinFailure = reason;
    }
  }

  async function receive(signed: SignedSnapshot): Promise<void> {
    if ((await keeper.offer(signed, 'control')) === 'adopted') await peers.publish();
  }

  function report(): Beat {
    sequence += 1;
    const notReadyReason = options.notReadyReason();
    const current = keeper.world.current();
    const edge = options.edgeReport();
    return {
      nodeId: options.nodeId,
      bootId: options.bootId,
      sequence,
      version: options.version,
      sentAtMs: clock.nowMs(),
      clockOffsetMs: bestSample(samples)?.offsetMs ?? 0,
      isReady: notReadyReason === null,
      notReadyReason: notReadyReason?.slice(0, 500) ?? null,
      adopted: current === undefined ? null : { term: current.term, sequence: current.sequence },
      refusal: keeper.refusal()?.slice(0, 500) ?? null,
      counters: finite(metrics.counters()),
      gauges: finite(metrics.gauges()),
      probes: [...dependencies.probes.results().values()].map(({ siteId, failures: count, roundTripMs }) => ({
        siteId,
        isReachable: count === 0,
        roundTripMs,
      })),
      ...(edge === undefined ? {} : { edge }),
      orders: options.orderReports().slice(0, ORDERS_TOLD_MAX),
    };
  }

  async function send(signal: AbortSignal): Promise<void> {
    const beat = report();
    const startedAtMs = clock.monotonicMs();
    const answer = await postJson(transport, `${controlUrl()}/node/v1/beat`, beat, BEAT_TIMEOUT_MS, signal);
    const roundTripMs = clock.monotonicMs() - startedAtMs;
    const parsed = answer.status === 200 ? beatResponse.safeParse(answer.body) : undefined;
    if (parsed?.success !== true) {
      measureByDate(beat.sentAtMs, roundTripMs, answer);
      throw answer.problem ?? new Error(`control answered with status ${answer.status}`);
    }
    samples = addSample(samples, offsetSample(beat.sentAtMs, roundTripMs, parsed.data.receivedAtMs));
    await receive(parsed.data.snapshot);
  }

  /** A clock so wrong that signatures are refused is still measured, by the header that every answer has. */
  function measureByDate(sentAtMs: number, roundTripMs: number, answer: ControlAnswer): void {
    if (answer.problem?.code !== 'node_signature' || answer.dateMs === undefined) return;
    const middleMs = answer.dateMs + DATE_HEADER_MS / 2;
    const { offsetMs } = offsetSample(sentAtMs, roundTripMs, middleMs);
    samples = addSample(samples, { offsetMs, roundTripMs: roundTripMs + DATE_HEADER_MS });
  }

  function noteFailure(error: unknown): void {
    failures += 1;
    missed.value += 1;
    if (isProblem(error, 'node_unknown')) membership.forgetAnnouncement();
    if (error instanceof AnswerTooLargeError) keeper.refuse(`too_large: ${error.message}`);
    const reason = describeError(error);
    if (reason !== beatFailure) log.warn({ reason }, 'a beat was not answered; going on with what is known');
    beatFailure = reason;
  }

  return {
    clockSample: () => bestSample(samples),
    joinFailure: () => joinFailure,
    silentMs: () => clock.monotonicMs() - answeredAtMs,
    async beat(signal) {
      await joinIfNeeded(signal);
      if (membership.rootPublicKey() === undefined) {
        failures += 1;
        return;
      }
      try {
        await send(signal);
        if (beatFailure !== null) log.info({ failures }, 'control answers again');
        failures = 0;
        beatFailure = null;
        sent.value += 1;
        answeredAtMs = clock.monotonicMs();
      } catch (error) {
        if (signal.aborted) return;
        noteFailure(error);
      }
      if (failures >= BEATS_FAILED_UNTIL_AWAY) await peers.ask(signal);
    },
  };
}

/** JSON has no NaN; a gauge that cannot be read is left out. */
function finite(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
}
