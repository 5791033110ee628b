// Live updates: streams of notices that something of a topic changed. One cheap question a second finds out, and only
// while anyone listens; it sees what any process wrote, so a control that takes over tells the same.
// A stream holds back nothing but the set of topics it still has to tell of: a slow reader costs no memory, and one
// that takes nothing for long is cut off. Nothing is lost by that, since everybody asks anew when a stream opens.

import { sql } from 'kysely';
import { defined } from '#base/assert.ts';
import type { Notice } from '#contract/api/updates.ts';
import { MeridianError } from '#contract/errors.ts';
import { PROJECT_TOPICS, UPDATE_TOPICS, type UpdateTopic } from '#contract/update-topics.ts';
import { dueTopics, type TopicReading, type TopicStates } from '#core/updates/due-topics.ts';
import type { UserPrincipal } from '../access/principal.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase } from '../database/schema.ts';
import { inTurn } from '../serial.ts';
import {
  HEARTBEAT_MS,
  RETRY_MS,
  SLOW_MS_MAX,
  STREAM_MS_MAX,
  STREAMS_MAX,
  STREAMS_PER_TOKEN_MAX,
  TOPIC_GAPS_MS,
} from './limits.ts';
import { sequenceOf } from './tables.ts';

export interface Updates {
  /** Opens a stream; `asked` names topics with commas, undefined means all that the principal may hear of. */
  open(principal: UserPrincipal, asked: string | undefined): Promise<ReadableStream<Uint8Array>>;
  /** Finds what changed and tells it. */
  tick(): Promise<void>;
  streamCount(): number;
  /** Ends all streams. */
  stop(): Promise<void>;
}

const XMIN = sql<number>`pg_snapshot_xmin(pg_current_snapshot())::text::bigint`;
const REVISIONS = sql.join(
  UPDATE_TOPICS.map(
    (topic) => sql`(select last_value from ${sql.id(sequenceOf(topic))}) as ${sql.id(topic)}`,
  ),
);

/**
 * Reads all revisions. When one has changed, a transaction number is taken as well: whoever raised the revision has a
 * smaller one, so the change is there for everybody once nothing below that number is under way.
 */
async function readTopics(
  database: ControlDatabase,
  nowMs: number,
  before: TopicStates | undefined,
): Promise<TopicReading> {
  const { rows } = await sql<Record<string, number>>`select ${XMIN} as xmin, ${REVISIONS}`.execute(database);
  const { xmin = 0, ...revisions } = rows[0] ?? {};
  if (Object.entries(revisions).every(([topic, revision]) => before?.[topic]?.revision === revision))
    return { nowMs, xmin, xmax: xmin, revisions };
  const taken = await sql<{ xid: number }>`select pg_current_xact_id()::text::bigint as xid`.execute(
    database,
  );
  const oldest = await sql<{ xmin: number }>`select ${XMIN} as xmin`.execute(database);
  return {
    nowMs,
    xmin: defined(oldest.rows[0], 'a row').xmin,
    xmax: defined(taken.rows[0], 'a row').xid + 1,
    revisions,
  };
}

/** Creates live updates; the owner calls `tick` in a loop. */
export function createUpdates({ clock, database, metrics }: ControlContext): Updates {
  const streams = new Set<NoticeStream>();
  let states: TopicStates | undefined;
  const told = metrics.counter('control_update_notices_total', 'Notices of changes sent to listeners');
  const cut = metrics.counter('control_update_streams_cut_total', 'Streams ended since nobody took notices');

  const look = inTurn(async () => {
    const reading = await readTopics(database, clock.monotonicMs(), states);
    const { states: after, due } = dueTopics(states, reading, TOPIC_GAPS_MS);
    states = after;
    const notices = due.map(
      (topic): Notice => ({ topic: topic as UpdateTopic, revision: reading.revisions[topic] ?? 0 }),
    );
    for (const stream of streams) told.value += stream.tell(notices);
  });

  return {
    async open(principal, asked) {
      const topics = topicsOf(principal, asked);
      requireRoom(streams, principal);
      const stream = new NoticeStream(principal.tokenId, topics, clock.monotonicMs(), (gone) => {
        streams.delete(gone);
        // Nobody looks from now on; the next one to open begins with a reading of its own.
        if (streams.size === 0) states = undefined;
      });
      streams.add(stream);
      // What changes from here on is told: the listener asks only after the stream has opened.
      if (states === undefined)
        await look().catch((error: unknown) => {
          stream.end();
          throw error;
        });
      return stream.body;
    },
    async tick() {
      const nowMs = clock.monotonicMs();
      for (const stream of streams) if (stream.review(nowMs) === 'slow') cut.value += 1;
      if (streams.size > 0) await look();
    },
    streamCount: () => streams.size,
    async stop() {
      for (const stream of [...streams]) stream.end();
    },
  };
}

function topicsOf({ projectId }: UserPrincipal, asked: string | undefined): ReadonlySet<UpdateTopic> {
  const heard = UPDATE_TOPICS.filter((topic) => projectId === null || PROJECT_TOPICS.has(topic));
  if (asked === undefined) return new Set(heard);
  const topics = new Set<UpdateTopic>();
  for (const name of asked.split(',', UPDATE_TOPICS.length + 1)) {
    const topic = UPDATE_TOPICS.find((known) => known === name);
    if (topic === undefined)
      throw new MeridianError('invalid_request', {
        reason: `query.topics: there is no topic ${JSON.stringify(name.slice(0, 40))}; the topics are ${UPDATE_TOPICS.join(', ')}`,
      });
    if (!heard.includes(topic)) throw new MeridianError('wrong_project');
    topics.add(topic);
  }
  return topics;
}

function requireRoom(streams: ReadonlySet<NoticeStream>, { tokenId }: UserPrincipal): void {
  let own = 0;
  for (const stream of streams) if (stream.tokenId === tokenId) own += 1;
  if (own >= STREAMS_PER_TOKEN_MAX)
    throw new MeridianError('overloaded', { reason: `${own} streams of this token are open` });
  if (streams.size >= STREAMS_MAX)
    throw new MeridianError('overloaded', { reason: `${streams.size} streams are open` });
}

const encoder = new TextEncoder();

/** One listener. */
class NoticeStream {
  readonly tokenId: string;
  readonly body: ReadableStream<Uint8Array>;
  readonly #topics: ReadonlySet<UpdateTopic>;
  readonly #onEnd: (stream: NoticeStream) => void;
  readonly #openedAtMs: number;
  readonly #owed = new Map<UpdateTopic, number>();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isHeartbeatOwed = false;
  /** Whether the reader waits for more. */
  #isTaking = false;
  #takenAtMs: number;
  #isEnded = false;

  constructor(
    tokenId: string,
    topics: ReadonlySet<UpdateTopic>,
    nowMs: number,
    onEnd: (stream: NoticeStream) => void,
  ) {
    this.tokenId = tokenId;
    this.#topics = topics;
    this.#onEnd = onEnd;
    this.#openedAtMs = nowMs;
    this.#takenAtMs = nowMs;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
        controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n: open\n\n`));
      },
      pull: () => {
        this.#isTaking = true;
        this.#flush();
      },
      cancel: () => this.#finish(),
    });
  }

  /** Notes what there is to tell and returns how many notices concern this listener. */
  tell(notices: readonly Notice[]): number {
    const own = notices.filter(({ topic }) => this.#topics.has(topic));
    for (const { topic, revision } of own) this.#owed.set(topic, revision);
    if (own.length > 0) this.#flush();
    return own.length;
  }

  /** Sends a heartbeat that is due, and ends what has lived long enough or is not read. */
  review(nowMs: number): 'open' | 'ended' | 'slow' {
    if (this.#isTaking) {
      if (nowMs - this.#openedAtMs >= STREAM_MS_MAX) {
        this.end();
        return 'ended';
      }
      if (nowMs - this.#takenAtMs >= HEARTBEAT_MS) {
        this.#isHeartbeatOwed = true;
        this.#takenAtMs = nowMs;
        this.#flush();
      }
      return 'open';
    }
    if (nowMs - this.#takenAtMs < HEARTBEAT_MS + SLOW_MS_MAX) return 'open';
    this.#controller?.error(new Error('nobody takes the notices'));
    this.#finish();
    return 'slow';
  }

  end(): void {
    if (this.#isEnded) return;
    this.#controller?.close();
    this.#finish();
  }

  #flush(): void {
    if (!this.#isTaking || this.#isEnded) return;
    const events = [...this.#owed].map(
      ([topic, revision]) => `data: ${JSON.stringify({ topic, revision } satisfies Notice)}\n\n`,
    );
    const text = events.length > 0 ? events.join('') : this.#isHeartbeatOwed ? ': alive\n\n' : '';
    if (text === '') return;
    this.#owed.clear();
    this.#isHeartbeatOwed = false;
    this.#isTaking = false;
    this.#controller?.enqueue(encoder.encode(text));
  }

  #finish(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd(this);
  }
}
