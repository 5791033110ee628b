// Changes that nobody announces are seen by comparing with what was seen last: the version and the process of each node,
// the steering plan, the configuration at a start. What was seen lies in the database (change_marks), so that a restart
// of control neither repeats a change nor misses one; it is written in the transaction of the change.

import type { SteeringPlan } from '#contract/snapshot.ts';
import { describeMoves, movesBetween, type PlanShares } from '#core/changes/describe-moves.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { Fleet, FleetNode } from '../fleet/fleet.ts';
import { type ConfigMarks, changedKeys, configMarks } from './config-marks.ts';
import { CONFIG_KEYS_MAX } from './limits.ts';
import { type NewChange, recordChange } from './record.ts';

export interface ChangeWatch {
  /** Reads what was seen last, and tells whether the configuration differs from that of the last start. */
  load(): Promise<void>;
  /** Compares nodes and the plan with what was seen last. */
  tick(): Promise<void>;
}

interface NodeMark {
  readonly version: string;
  readonly bootId: string;
}

interface PlanMark extends PlanShares {
  readonly generation: number;
}

const CONFIG_KEY = 'config';
const PLAN_KEY = 'plan';
const NODE_PREFIX = 'node:';

/** Creates the watch. `plan`: the steering plan in force. */
export function createChangeWatch(
  context: ControlContext,
  fleet: Fleet,
  plan: () => SteeringPlan,
): ChangeWatch {
  return new MarkedWatch(context, fleet, plan);
}

class MarkedWatch implements ChangeWatch {
  readonly #context: ControlContext;
  readonly #fleet: Fleet;
  readonly #plan: () => SteeringPlan;
  readonly #nodes = new Map<string, NodeMark>();
  #planMark: PlanMark | null = null;

  constructor(context: ControlContext, fleet: Fleet, plan: () => SteeringPlan) {
    this.#context = context;
    this.#fleet = fleet;
    this.#plan = plan;
  }

  async load(): Promise<void> {
    const { config, database } = this.#context;
    const rows = await database.selectFrom('change_marks').selectAll().execute();
    for (const { key, value } of rows) {
      if (key.startsWith(NODE_PREFIX)) this.#nodes.set(key.slice(NODE_PREFIX.length), value as NodeMark);
      if (key === PLAN_KEY) this.#planMark = value as PlanMark;
    }
    const marks = configMarks(config);
    const before = rows.find(({ key }) => key === CONFIG_KEY)?.value as ConfigMarks | undefined;
    const keys = before === undefined ? [] : changedKeys(before, marks);
    if (before !== undefined && keys.length === 0) return;
    await this.#note(CONFIG_KEY, marks, before === undefined ? null : this.#configChange(keys));
  }

  async tick(): Promise<void> {
    for (const node of this.#fleet.nodes()) await this.#seeNode(node);
    await this.#seePlan();
  }

  #configChange(keys: readonly string[]): Omit<NewChange, 'atMs' | 'actor'> {
    const shown = keys.slice(0, 3).join(', ');
    const rest = keys.length > 3 ? ` and ${keys.length - 3} more` : '';
    return {
      kind: 'config',
      summary: `Control started with another configuration: ${shown}${rest}`,
      labels: {},
      details: { keys: keys.slice(0, CONFIG_KEYS_MAX), keyCount: keys.length },
    };
  }

  async #seeNode({ id, siteId, regionId, lastBeat }: FleetNode): Promise<void> {
    if (lastBeat === null) return;
    const before = this.#nodes.get(id);
    const mark: NodeMark = { version: lastBeat.version, bootId: lastBeat.bootId };
    if (before?.version === mark.version && before.bootId === mark.bootId) return;
    const summary =
      before === undefined
        ? `${id} came with version ${mark.version}`
        : before.version === mark.version
          ? `${id} was restarted with the same version ${mark.version}`
          : `${id} runs version ${mark.version}, before ${before.version}`;
    await this.#note(`${NODE_PREFIX}${id}`, mark, {
      kind: 'deploy',
      summary,
      labels: { region: regionId, site: siteId, node: id },
      details: { version: mark.version, versionBefore: before?.version ?? null },
    });
    this.#nodes.set(id, mark);
  }

  async #seePlan(): Promise<void> {
    const { generation, groups } = this.#plan();
    const before = this.#planMark;
    if (generation === 0 || before?.generation === generation) return;
    const mark: PlanMark = {
      generation,
      groups: groups.map(({ id, order, shares }) => ({ id, order, shares })),
    };
    await this.#note(PLAN_KEY, mark, this.#planChange(before ?? { groups: [] }, mark));
    this.#planMark = mark;
  }

  /** It is about the pathway that loses most; the first plan is about none. */
  #planChange(before: PlanShares, mark: PlanMark): Omit<NewChange, 'atMs' | 'actor'> {
    const moves = movesBetween(before, mark);
    const main = moves.find((move) => move.shareAfter < move.shareBefore);
    const site = main === undefined ? undefined : this.#fleet.site(main.pathwayId);
    return {
      kind: 'generation',
      summary: `Steering plan ${mark.generation}: ${describeMoves(moves)}`,
      labels: site === undefined ? {} : { region: site.regionId, site: site.id },
      details: { generation: mark.generation, moves: moves.slice(0, CONFIG_KEYS_MAX) },
    };
  }

  /** Writes what is seen now together with the change that it shows. */
  async #note(key: string, mark: unknown, change: Omit<NewChange, 'atMs' | 'actor'> | null): Promise<void> {
    const { clock, database } = this.#context;
    await database.transaction().execute(async (transaction) => {
      await saveMark(transaction, key, mark);
      if (change !== null)
        await recordChange(transaction, { ...change, actor: 'control', atMs: clock.nowMs() });
    });
  }
}

async function saveMark(transaction: ControlTransaction, key: string, mark: unknown): Promise<void> {
  const value = JSON.stringify(mark);
  await transaction
    .insertInto('change_marks')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}
