import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defined } from '#base/assert.ts';
import { createPrng, type Prng } from '#base/prng.ts';
import { checkPlan } from './check-plan.ts';
import { plan } from './plan.ts';
import {
  DEFAULT_STEERING_POLICY as policy,
  type SteeringPlan,
  type SteeringSite,
  type SteeringView,
} from './types.ts';

const GBPS = 1_000_000_000;

function site(
  id: string,
  latitude: number,
  longitude: number,
  changes: Partial<SteeringSite> = {},
): SteeringSite {
  return {
    siteId: `${id}-1`,
    regionId: id,
    pathwayId: `${id}-1`,
    latitude,
    longitude,
    state: 'up',
    isHealthy: true,
    capacityBps: GBPS,
    egressBps: 0,
    costPerGb: 0.05,
    ...changes,
  };
}

const singapore = site('singapore', 1.35, 103.82);
const dublin = site('dublin', 53.35, -6.26);
const losAngeles = site('los-angeles', 34.05, -118.24);

function viewOf(
  sites: readonly SteeringSite[],
  demandBps: Readonly<Record<string, number>> = {},
  previous: SteeringPlan | null = null,
): SteeringView {
  const groups = [singapore, dublin, losAngeles].map(({ regionId, latitude, longitude }) => ({
    id: regionId,
    latitude,
    longitude,
    demandBps: demandBps[regionId] ?? 0,
  }));
  return { sites, groups, previous };
}

function groupOf(made: SteeringPlan, id: string) {
  return defined(
    made.groups.find((group) => group.id === id),
    `group ${id}`,
  );
}

function shareOf(made: SteeringPlan, groupId: string, pathwayId: string): number {
  return groupOf(made, groupId).shares.find((entry) => entry.pathwayId === pathwayId)?.share ?? 0;
}

function codesOf(made: SteeringPlan, groupId: string): string[] {
  return groupOf(made, groupId).reasons.map(({ code }) => code);
}

describe('the steering plan', () => {
  test('sends every group to its nearest site and orders the rest by distance', () => {
    const made = plan(viewOf([singapore, dublin, losAngeles]), policy, 5);
    assert.deepEqual(
      made.groups.map(({ id, order, shares }) => ({ id, order, shares })),
      [
        {
          id: 'singapore',
          order: ['singapore-1', 'dublin-1', 'los-angeles-1'],
          shares: [{ pathwayId: 'singapore-1', share: 1 }],
        },
        {
          id: 'dublin',
          order: ['dublin-1', 'los-angeles-1', 'singapore-1'],
          shares: [{ pathwayId: 'dublin-1', share: 1 }],
        },
        {
          id: 'los-angeles',
          order: ['los-angeles-1', 'dublin-1', 'singapore-1'],
          shares: [{ pathwayId: 'los-angeles-1', share: 1 }],
        },
      ],
    );
    assert.equal(made.createdAtMs, 5);
    assert.equal(made.ttlMs, 5_000);
  });

  test('leaves out what is down at once, without a bound on the shift', () => {
    const first = plan(viewOf([singapore, dublin, losAngeles]), policy, 0);
    const down = { ...dublin, state: 'down' as const };
    const next = plan(viewOf([singapore, down, losAngeles], {}, first), policy, 1_000);
    assert.deepEqual(groupOf(next, 'dublin').order, ['los-angeles-1', 'singapore-1']);
    assert.equal(shareOf(next, 'dublin', 'los-angeles-1'), 1);
    assert.ok(codesOf(next, 'dublin').includes('share_moved_at_once'));
    assert.ok(codesOf(next, 'dublin').includes('down'));
  });

  test('puts a draining site last, without a share, and leaves it out once it no longer answers', () => {
    const draining = { ...dublin, state: 'draining' as const };
    const made = plan(viewOf([singapore, draining, losAngeles]), policy, 0);
    assert.deepEqual(groupOf(made, 'dublin').order, ['los-angeles-1', 'singapore-1', 'dublin-1']);
    assert.equal(shareOf(made, 'dublin', 'dublin-1'), 0);
    const silent = plan(viewOf([singapore, { ...draining, isHealthy: false }, losAngeles]), policy, 0);
    assert.deepEqual(groupOf(silent, 'dublin').order, ['los-angeles-1', 'singapore-1']);
  });

  test('fills the nearest site to its headroom and spills the rest to the next', () => {
    const made = plan(viewOf([singapore, dublin, losAngeles], { dublin: GBPS }), policy, 0);
    assert.equal(shareOf(made, 'dublin', 'dublin-1'), 0.8);
    assert.equal(shareOf(made, 'dublin', 'los-angeles-1'), 0.2);
  });

  test('spreads demand above all capacity in proportion to capacity, and says so', () => {
    const small = { ...losAngeles, capacityBps: GBPS / 2 };
    const made = plan(viewOf([dublin, small], { dublin: 3 * GBPS }), policy, 0);
    assert.equal(shareOf(made, 'dublin', 'dublin-1'), 0.666667);
    assert.equal(shareOf(made, 'dublin', 'los-angeles-1'), 0.333333);
    assert.ok(codesOf(made, 'dublin').includes('capacity_exhausted'));
  });

  test('takes the shares of a site over capacity and gives them back only below the headroom, slowly', () => {
    const full = { ...dublin, egressBps: GBPS };
    const first = plan(viewOf([singapore, full, losAngeles]), policy, 0);
    assert.deepEqual(groupOf(first, 'dublin').order, ['los-angeles-1', 'singapore-1', 'dublin-1']);
    assert.equal(shareOf(first, 'dublin', 'dublin-1'), 0);
    const relieved = { ...dublin, egressBps: 0.9 * GBPS };
    const second = plan(viewOf([singapore, relieved, losAngeles], {}, first), policy, 1_000);
    assert.equal(shareOf(second, 'dublin', 'dublin-1'), 0);
    const calm = { ...dublin, egressBps: 0.5 * GBPS };
    const third = plan(viewOf([singapore, calm, losAngeles], {}, second), policy, 31_000);
    assert.equal(shareOf(third, 'dublin', 'dublin-1'), 0.1);
    assert.ok(codesOf(third, 'dublin').includes('shift_bounded'));
    assert.equal(groupOf(third, 'dublin').order[0], 'dublin-1');
  });

  test('gives a site that came back its share within five minutes, at most a fifth per minute', () => {
    let current = plan(viewOf([singapore, { ...dublin, state: 'down' }, losAngeles]), policy, 0);
    const world = [singapore, dublin, losAngeles];
    let before = 0;
    for (let second = 2; second <= 300; second += 2) {
      current = plan(viewOf(world, {}, current), policy, second * 1_000);
      const share = shareOf(current, 'dublin', 'dublin-1');
      assert.ok(share - before <= 0.2 / 30 + 1e-5, `a step of ${share - before} in two seconds`);
      before = share;
    }
    assert.ok(before > 0.99, `the share after five minutes is ${before}`);
  });

  test('keeps an order whose better neighbour gains less than the margin', () => {
    const near = site('near', 50, 8);
    const rival = site('rival', 50, 9);
    const viewer = { id: 'dublin', latitude: 50, longitude: 8.4, demandBps: 0 };
    const first = plan({ sites: [near, rival], groups: [viewer], previous: null }, policy, 0);
    assert.deepEqual(groupOf(first, 'dublin').order, ['near-1', 'rival-1']);
    const dearer = { ...near, costPerGb: 0.1 };
    const kept = plan({ sites: [dearer, rival], groups: [viewer], previous: first }, policy, 60_000);
    assert.deepEqual(groupOf(kept, 'dublin').order, ['near-1', 'rival-1']);
    assert.ok(codesOf(kept, 'dublin').includes('order_kept'));
    const muchDearer = { ...near, costPerGb: 0.3 };
    const moved = plan({ sites: [muchDearer, rival], groups: [viewer], previous: kept }, policy, 120_000);
    assert.deepEqual(groupOf(moved, 'dublin').order, ['rival-1', 'near-1']);
  });

  test('keeps shares when little would move', () => {
    const first = plan(viewOf([dublin, losAngeles], { dublin: GBPS }), policy, 0);
    const second = plan(viewOf([dublin, losAngeles], { dublin: 1.02 * GBPS }, first), policy, 600_000);
    assert.equal(shareOf(second, 'dublin', 'dublin-1'), 0.8);
    assert.ok(codesOf(second, 'dublin').includes('share_kept'));
  });

  test('moves shares at once when a slow shift would overload a site', () => {
    const first = plan(viewOf([dublin, losAngeles], { dublin: GBPS / 2 }), policy, 0);
    const second = plan(viewOf([dublin, losAngeles], { dublin: 1.5 * GBPS }, first), policy, 1_000);
    assert.ok(shareOf(second, 'dublin', 'dublin-1') * 1.5 <= 1);
    assert.ok(codesOf(second, 'dublin').includes('shift_not_bounded'));
  });

  test('orders by distance as a last resort when nothing is healthy', () => {
    const sick = [singapore, dublin, losAngeles].map((each) => ({ ...each, isHealthy: false }));
    const made = plan(viewOf(sick), policy, 0);
    assert.deepEqual(groupOf(made, 'dublin').order, ['dublin-1', 'los-angeles-1', 'singapore-1']);
    assert.equal(shareOf(made, 'dublin', 'dublin-1'), 1);
    assert.ok(codesOf(made, 'dublin').includes('last_resort'));
  });

  test('prefers a draining site that answers to one that does not', () => {
    const draining = { ...singapore, state: 'draining' as const };
    const made = plan(viewOf([draining, { ...dublin, isHealthy: false }]), policy, 0);
    assert.equal(groupOf(made, 'dublin').order[0], 'singapore-1');
    assert.deepEqual(checkPlan(made, viewOf([draining, { ...dublin, isHealthy: false }])), []);
  });

  test('stays small with 64 groups and 2,048 sites', () => {
    const prng = createPrng(7);
    const sites = Array.from({ length: 2_048 }, (_, index) =>
      site(`region-${index % 64}-place-${index}`, prng() * 160 - 80, prng() * 360 - 180),
    );
    const groups = sites.slice(0, 64).map(({ pathwayId, latitude, longitude }) => ({
      id: pathwayId,
      latitude,
      longitude,
      demandBps: 0.5 * GBPS,
    }));
    const made = plan({ sites, groups, previous: null }, policy, 0);
    assert.ok(JSON.stringify(made).length < 200_000, `the plan has ${JSON.stringify(made).length} bytes`);
  });
});

function randomView(prng: Prng, previous: SteeringPlan | null): SteeringView {
  const pick = <T>(...values: readonly T[]): T =>
    defined(values[Math.floor(prng() * values.length)], 'a value');
  const siteCount = Math.floor(prng() * 8);
  const sites = Array.from({ length: siteCount }, (_, index) =>
    site(`r${index}`, prng() * 180 - 90, prng() * 360 - 180, {
      state: pick('up', 'up', 'up', 'draining', 'down'),
      isHealthy: prng() < 0.8,
      capacityBps: pick(0, 1, 1_000_000, GBPS, 10 * GBPS),
      egressBps: pick(0, 0, 500_000, 0.9 * GBPS, GBPS, 12 * GBPS),
      costPerGb: prng() * 0.2,
    }),
  );
  const groups = Array.from({ length: 1 + Math.floor(prng() * 5) }, (_, index) => ({
    id: `g${index}`,
    latitude: prng() * 180 - 90,
    longitude: prng() * 360 - 180,
    demandBps: pick(0, 0, 100_000, 0.7 * GBPS, 2 * GBPS, 30 * GBPS),
  }));
  return { sites, groups, previous };
}

describe('the independent checker', () => {
  test('finds nothing in the plans for 4,000 random worlds that follow each other', () => {
    for (let seed = 1; seed <= 400; seed += 1) {
      const prng = createPrng(seed);
      let previous: SteeringPlan | null = null;
      let nowMs = 1_000_000;
      for (let step = 0; step < 10; step += 1) {
        const view = randomView(prng, previous);
        nowMs += Math.floor(prng() * 90_000);
        const made: SteeringPlan = plan(view, policy, nowMs);
        const repeated = plan(view, policy, nowMs);
        assert.deepEqual(made, repeated, `seed ${seed} step ${step} is not deterministic`);
        const findings = checkPlan(made, view);
        assert.deepEqual(findings, [], `seed ${seed} step ${step}: ${JSON.stringify({ view, made })}`);
        previous = made;
      }
    }
  });

  const good = viewOf([singapore, dublin, { ...losAngeles, state: 'draining' }]);
  const full = viewOf([singapore, dublin, { ...losAngeles, egressBps: GBPS }]);
  const dead = viewOf([singapore, dublin, { ...losAngeles, state: 'down' }]);
  const sick = viewOf([singapore, dublin, { ...losAngeles, isHealthy: false }]);
  const busy = viewOf([singapore, dublin, losAngeles], { dublin: 1.5 * GBPS });

  const withGroup = (made: SteeringPlan, change: Partial<SteeringPlan['groups'][number]>): SteeringPlan => ({
    ...made,
    groups: made.groups.map((group, index) => (index === 1 ? { ...group, ...change } : group)),
  });
  const toLosAngeles = { shares: [{ pathwayId: 'los-angeles-1', share: 1 }] };
  const everywhere = ['dublin-1', 'singapore-1', 'los-angeles-1'];

  const mutations: [string, SteeringView, (made: SteeringPlan) => SteeringPlan, string][] = [
    ['a share at a draining site', good, (made) => withGroup(made, toLosAngeles), 'share_draining'],
    ['a share at a full site', full, (made) => withGroup(made, toLosAngeles), 'share_over_capacity'],
    [
      'a share at a dead site',
      dead,
      (made) => withGroup(made, { ...toLosAngeles, order: everywhere }),
      'share_down',
    ],
    [
      'a share at a sick site',
      sick,
      (made) => withGroup(made, { ...toLosAngeles, order: everywhere }),
      'share_unhealthy',
    ],
    ['a dead site in the order', dead, (made) => withGroup(made, { order: everywhere }), 'order_dead'],
    [
      'a draining site before a healthy one',
      good,
      (made) => withGroup(made, { order: ['dublin-1', 'los-angeles-1', 'singapore-1'] }),
      'order_draining',
    ],
    ['a single pathway', good, (made) => withGroup(made, { order: ['dublin-1'] }), 'too_few_pathways'],
    [
      'shares that do not sum to 1',
      good,
      (made) => withGroup(made, { shares: [{ pathwayId: 'dublin-1', share: 0.9 }] }),
      'share_sum',
    ],
    [
      'a share outside the order',
      good,
      (made) => withGroup(made, { order: ['singapore-1', 'los-angeles-1'] }),
      'share_without_order',
    ],
    [
      'an unknown pathway',
      good,
      (made) => withGroup(made, { order: ['dublin-1', 'singapore-1', 'atlantis-1'] }),
      'pathway_unknown',
    ],
    [
      'a pathway named twice',
      good,
      (made) => withGroup(made, { order: ['dublin-1', 'singapore-1', 'dublin-1'] }),
      'pathway_twice',
    ],
    [
      'an overloaded site',
      busy,
      (made) => withGroup(made, { shares: [{ pathwayId: 'dublin-1', share: 1 }] }),
      'load',
    ],
    ['no ttl', good, (made) => ({ ...made, ttlMs: Number.NaN }), 'ttl'],
    ['an endless ttl', good, (made) => ({ ...made, ttlMs: 3_600_000 }), 'ttl'],
    [
      'an old generation',
      { ...good, previous: { ...plan(good, policy, 0), generation: 5 } },
      (made) => ({ ...made, generation: 4 }),
      'generation',
    ],
    [
      'two plans of one generation',
      { ...good, previous: plan(dead, policy, 0) },
      (made) => ({ ...made, generation: 1 }),
      'generation',
    ],
    ['a missing group', good, (made) => ({ ...made, groups: made.groups.slice(1) }), 'group_missing'],
    ['an unknown group', good, (made) => withGroup(made, { id: 'atlantis' }), 'group_unknown'],
  ];
  test('lets the same decision keep its generation', () => {
    const first = plan(good, policy, 0);
    const again = { ...plan({ ...good, previous: first }, policy, 1_000), generation: first.generation };
    assert.deepEqual(checkPlan(again, { ...good, previous: first }), []);
  });

  for (const [what, view, mutate, code] of mutations) {
    test(`catches ${what}`, () => {
      const made = plan(view, policy, 0);
      assert.deepEqual(checkPlan(made, view), []);
      const codes = checkPlan(mutate(made), view).map((finding) => finding.code);
      assert.ok(codes.includes(code), `found ${codes.join(', ') || 'nothing'} instead of ${code}`);
    });
  }
});
