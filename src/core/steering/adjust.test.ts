import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hash32 } from '#base/prng.ts';
import {
  type AdjustInput,
  type AdjustPathway,
  adjust,
  DEFAULT_ADJUST_POLICY,
  type ProbeView,
} from './adjust.ts';

const NOW_MS = 1_000_000;

function pathway(id: string, changes: Partial<AdjustPathway> = {}): AdjustPathway {
  return { pathwayId: id, siteId: `${id}-site`, regionId: id, state: 'up', ...changes };
}

function probes(failures: Readonly<Record<string, number>>, ageMs = 500): Map<string, ProbeView> {
  return new Map(
    Object.entries(failures).map(([id, count]) => [
      `${id}-site`,
      { failures: count, roundTripMs: count === 0 ? 150 : null, probedAtMs: NOW_MS - ageMs },
    ]),
  );
}

function inputOf(changes: Partial<AdjustInput> = {}): AdjustInput {
  return {
    group: { order: ['dublin', 'angeles', 'singapore'], shares: [{ pathwayId: 'dublin', share: 1 }] },
    pathways: [pathway('angeles'), pathway('dublin'), pathway('singapore')],
    probes: probes({ dublin: 0, angeles: 0, singapore: 0 }),
    ownPathwayId: 'singapore',
    sessionHash: 12_345,
    currentPathwayId: null,
    nowMs: NOW_MS,
    policy: DEFAULT_ADJUST_POLICY,
    ...changes,
  };
}

describe("an edge's correction of the plan", () => {
  test('follows the plan when nothing is wrong', () => {
    const made = adjust(inputOf());
    assert.deepEqual(made.priority, ['dublin', 'angeles', 'singapore']);
    assert.equal(made.aliveCount, 3);
  });

  test('names a pathway last after two failed probes, not after one', () => {
    const once = adjust(inputOf({ probes: probes({ dublin: 1, angeles: 0 }) }));
    assert.equal(once.priority[0], 'dublin');
    const twice = adjust(inputOf({ probes: probes({ dublin: 2, angeles: 0 }) }));
    assert.deepEqual(twice.priority, ['angeles', 'singapore', 'dublin']);
    assert.equal(twice.aliveCount, 2);
    assert.deepEqual(twice.reasons[0], {
      code: 'probe_dead',
      subject: 'dublin',
      values: { failures: 2, ageMs: 500 },
    });
  });

  test('does not believe failures that lie long ago', () => {
    const made = adjust(inputOf({ probes: probes({ dublin: 9 }, 5_001) }));
    assert.equal(made.priority[0], 'dublin');
  });

  test('moves a session away from a pathway that died, also when it plays there', () => {
    const made = adjust(inputOf({ probes: probes({ dublin: 3 }), currentPathwayId: 'dublin' }));
    assert.deepEqual(made.priority, ['angeles', 'singapore', 'dublin']);
  });

  test('puts itself first when every other site looks dead, and still names the others', () => {
    const made = adjust(inputOf({ probes: probes({ dublin: 4, angeles: 4 }) }));
    assert.deepEqual(made.priority, ['singapore', 'dublin', 'angeles']);
    assert.equal(made.aliveCount, 1);
  });

  test('names draining pathways after the healthy and before the dead', () => {
    const made = adjust(
      inputOf({
        pathways: [pathway('angeles'), pathway('dublin', { state: 'draining' }), pathway('singapore')],
        probes: probes({ dublin: 0, angeles: 2 }),
        currentPathwayId: 'dublin',
      }),
    );
    assert.deepEqual(made.priority, ['singapore', 'dublin', 'angeles']);
    assert.equal(made.aliveCount, 2);
  });

  test('believes its own probe over a plan that calls a site down, but orders it behind the plan', () => {
    const down = [pathway('angeles', { state: 'down' }), pathway('dublin'), pathway('singapore')];
    const group = { order: ['dublin', 'singapore'], shares: [{ pathwayId: 'dublin', share: 1 }] };
    const answers = adjust(inputOf({ group, pathways: down, currentPathwayId: 'angeles' }));
    assert.deepEqual(answers.priority, ['dublin', 'singapore', 'angeles']);
    assert.equal(answers.aliveCount, 3);
    const silent = adjust(inputOf({ group, pathways: down, probes: probes({ angeles: 1 }) }));
    assert.equal(silent.aliveCount, 2);
  });

  test('never drops a pathway and never repeats one', () => {
    for (let mask = 0; mask < 64; mask += 1) {
      const failures = { dublin: mask & 3, angeles: (mask >> 2) & 3, singapore: (mask >> 4) & 3 };
      const made = adjust(inputOf({ probes: probes(failures) }));
      assert.deepEqual([...made.priority].sort(), ['angeles', 'dublin', 'singapore']);
      assert.ok(made.aliveCount >= 1, 'this edge counts as alive');
    }
  });

  test('serves its own pathway first when the plan does not know the group', () => {
    const made = adjust(inputOf({ group: undefined }));
    assert.deepEqual(made.priority, ['singapore', 'angeles', 'dublin']);
  });
});

describe('the pathway of a session', () => {
  const shares = [
    { pathwayId: 'dublin', share: 0.6 },
    { pathwayId: 'angeles', share: 0.3 },
    { pathwayId: 'singapore', share: 0.1 },
  ];
  const group = { order: ['dublin', 'angeles', 'singapore'], shares };
  const firstOf = (session: number, changes: Partial<AdjustInput> = {}): string =>
    adjust(inputOf({ group, sessionHash: hash32(`session-${session}`), ...changes })).priority[0] ?? '';

  test('is drawn from the shares', () => {
    const counts: Record<string, number> = {};
    for (let session = 0; session < 20_000; session += 1) {
      const first = firstOf(session);
      counts[first] = (counts[first] ?? 0) + 1;
    }
    for (const { pathwayId, share } of shares) {
      const drawn = (counts[pathwayId] ?? 0) / 20_000;
      assert.ok(Math.abs(drawn - share) < 0.015, `${pathwayId} got ${drawn} of ${share}`);
    }
  });

  test('is the same at every edge and for every request', () => {
    for (let session = 0; session < 100; session += 1)
      assert.equal(firstOf(session), firstOf(session, { ownPathwayId: 'dublin' }));
  });

  test('changes only for the sessions of a pathway that died', () => {
    const dead = { probes: probes({ angeles: 2 }) };
    for (let session = 0; session < 500; session += 1) {
      const before = firstOf(session);
      if (before !== 'angeles') assert.equal(firstOf(session, dead), before);
      else assert.notEqual(firstOf(session, dead), 'angeles');
    }
  });

  test('stays while it serves and has a share', () => {
    for (let session = 0; session < 100; session += 1)
      assert.equal(firstOf(session, { currentPathwayId: 'singapore' }), 'singapore');
  });

  test('is left by a fifth of its sessions per minute when its share is gone, and by all in five', () => {
    const home = { order: group.order, shares: [{ pathwayId: 'dublin', share: 1 }] };
    const left = new Set<number>();
    for (let minute = 0; minute < 5; minute += 1) {
      const before = left.size;
      for (let session = 0; session < 2_000; session += 1) {
        const first = firstOf(session, {
          group: home,
          currentPathwayId: 'angeles',
          nowMs: NOW_MS + minute * 60_000,
          probes: new Map(),
        });
        if (first === 'dublin') left.add(session);
      }
      const share = (left.size - before) / 2_000;
      assert.ok(share > 0.15 && share < 0.25, `${share} left in minute ${minute}`);
    }
    assert.equal(left.size, 2_000);
  });

  test('stays where it is while no pathway of the shares serves', () => {
    const home = { order: group.order, shares: [{ pathwayId: 'dublin', share: 1 }] };
    const dead = { group: home, probes: probes({ dublin: 2 }) };
    assert.equal(firstOf(1, { ...dead, currentPathwayId: 'singapore' }), 'singapore');
    assert.equal(firstOf(1, dead), 'angeles');
  });
});
