import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import {
  type ClassView,
  type CopyView,
  planRepair,
  type RepairAction,
  type RepairPolicy,
  type RepairRegion,
  type RepairView,
} from './plan-repair.ts';

const POLICY: RepairPolicy = {
  sourceCopies: 3,
  renditionCopies: 2,
  repairDelayMs: 300_000,
  firstCopyDelayMs: 5_000,
};
const NOW = 1_000_000;

const place = (id: string, latitude: number, longitude: number, costPerGb: number): RepairRegion => ({
  id,
  latitude,
  longitude,
  costPerGb,
  isReachable: true,
  takesCopies: true,
});
const DUBLIN = place('dublin', 53.35, -6.26, 0.05);
const SINGAPORE = place('singapore', 1.35, 103.82, 0.08);
const LOS_ANGELES = place('los-angeles', 34.05, -118.24, 0.05);
const FRANKFURT = place('frankfurt', 50.11, 8.68, 0.05);
const ALL = [DUBLIN, SINGAPORE, LOS_ANGELES, FRANKFURT];

const whole = (regionId: string): CopyView => ({ regionId, isWhole: true, isLost: false });
const lost = (regionId: string): CopyView => ({ regionId, isWhole: true, isLost: true });
const damaged = (regionId: string): CopyView => ({ regionId, isWhole: false, isLost: false });
const renditions = (...copies: CopyView[]): ClassView => ({ class: 'renditions', attempt: 1, copies });
const source = (...copies: CopyView[]): ClassView => ({ class: 'source', attempt: 0, copies });

const view = (classes: ClassView[], changes: Partial<RepairView> = {}): RepairView => ({
  assetId: 'ast_x',
  classes,
  regions: ALL,
  open: [],
  isProcessing: false,
  ...changes,
});

/** An action in one line. */
function short(action: RepairAction): string {
  if (action.kind === 'cancel') return `cancel ${action.repairId}: ${action.reason.code}`;
  const due = `due in ${action.dueAtMs - NOW}: ${action.reason.code}`;
  if (action.kind === 'encode') return `encode again ${due}`;
  return `${action.class} to ${action.regionId} from ${action.fromRegionIds.join('+')} ${due}`;
}
const plan = (given: RepairView, policy = POLICY): string[] =>
  planRepair(given, policy, NOW).actions.map(short);

const away = (id: string): RepairRegion[] =>
  ALL.map((region) => (region.id === id ? { ...region, isReachable: false } : region));

test('enough copies ask for nothing', () => {
  assert.deepEqual(plan(view([renditions(whole('dublin'), whole('singapore'))])), []);
});

test('a copy that never was is made soon, in the nearest region, from the cheapest holder', () => {
  assert.deepEqual(plan(view([source(whole('dublin'), whole('singapore'))])), [
    'source to frankfurt from dublin+singapore due in 5000: never_made',
  ]);
});

test('a copy that was lost is made after the delay, where it was', () => {
  assert.deepEqual(plan(view([renditions(whole('dublin'), lost('los-angeles'))])), [
    'renditions to los-angeles from dublin due in 300000: copy_lost',
  ]);
});

test('a damaged copy is made again in place', () => {
  assert.deepEqual(plan(view([renditions(whole('dublin'), damaged('singapore'))])), [
    'renditions to singapore from dublin due in 300000: copy_damaged',
  ]);
});

test('a silent region is waited for, and then replaced by another', () => {
  const given = view([renditions(whole('dublin'), whole('singapore'))], { regions: away('singapore') });
  assert.deepEqual(plan(given), ['renditions to frankfurt from dublin due in 300000: region_away']);
});

test('an open repair is kept, and no second one is made for it', () => {
  const open = [
    {
      id: 'rep_1',
      kind: 'copy' as const,
      class: 'renditions' as const,
      attempt: 1,
      regionId: 'los-angeles',
      isRunning: false,
    },
  ];
  assert.deepEqual(plan(view([renditions(whole('dublin'), lost('singapore'))], { open })), []);
});

test('a repair that waits is cancelled when its copy comes back; one that runs is left alone', () => {
  const copy = { kind: 'copy' as const, class: 'renditions' as const, attempt: 1, regionId: 'los-angeles' };
  const open = [
    { ...copy, id: 'rep_1', isRunning: false },
    { ...copy, id: 'rep_2', isRunning: true },
  ];
  const given = view([renditions(whole('dublin'), whole('singapore'))], { open });
  assert.deepEqual(plan(given), ['cancel rep_1: enough_copies']);
});

test('a repair is cancelled when its target goes away, and another region is chosen', () => {
  const open = [
    {
      id: 'rep_1',
      kind: 'copy' as const,
      class: 'renditions' as const,
      attempt: 1,
      regionId: 'frankfurt',
      isRunning: false,
    },
  ];
  const given = view([renditions(whole('dublin'), lost('los-angeles'))], {
    regions: away('frankfurt'),
    open,
  });
  assert.deepEqual(plan(given), [
    'renditions to los-angeles from dublin due in 300000: copy_lost',
    'cancel rep_1: target_away',
  ]);
});

test('a repair of an outdone attempt is cancelled', () => {
  const open = [
    {
      id: 'rep_1',
      kind: 'copy' as const,
      class: 'renditions' as const,
      attempt: 1,
      regionId: 'dublin',
      isRunning: false,
    },
  ];
  const second = { ...renditions(whole('dublin'), whole('singapore')), attempt: 2 };
  assert.deepEqual(plan(view([second], { open })), ['cancel rep_1: another_attempt']);
});

test('renditions that no region has are encoded again, once, and only from a source that can be read', () => {
  const gone = renditions(lost('dublin'), lost('singapore'));
  assert.deepEqual(plan(view([source(whole('dublin'), whole('singapore'), whole('frankfurt')), gone])), [
    'encode again due in 300000: all_copies_gone',
  ]);
  const open = [
    {
      id: 'rep_1',
      kind: 'encode' as const,
      class: 'renditions' as const,
      attempt: 1,
      regionId: null,
      isRunning: false,
    },
  ];
  const sources = source(whole('dublin'), whole('singapore'), whole('frankfurt'));
  assert.deepEqual(plan(view([sources, gone], { open })), []);
  assert.deepEqual(plan(view([sources, gone], { isProcessing: true })), []);
  const back = renditions(whole('dublin'), whole('singapore'));
  assert.deepEqual(plan(view([sources, back], { open })), ['cancel rep_1: enough_copies']);
  const nothing = planRepair(view([source(lost('dublin')), gone]), POLICY, NOW);
  assert.deepEqual(nothing.actions, []);
  assert.deepEqual(
    nothing.reasons.map(({ code }) => code),
    ['no_copy_reachable', 'no_copy_reachable'],
  );
});

test('copies of which nobody has ever said anything are not taken for lost', () => {
  const { actions, reasons } = planRepair(view([source(whole('dublin')), renditions()]), POLICY, NOW);
  assert.deepEqual(
    actions.filter(({ kind }) => kind === 'encode'),
    [],
  );
  assert.ok(reasons.some(({ code }) => code === 'never_reported'));
});

test('a world with fewer regions than copies asks for no more than it has', () => {
  const regions = [DUBLIN, SINGAPORE];
  assert.deepEqual(plan(view([source(whole('dublin'), whole('singapore'))], { regions })), []);
});

test('without a region that takes copies the plan says so', () => {
  const regions = ALL.map((region) => ({ ...region, takesCopies: false }));
  const { actions, reasons } = planRepair(view([renditions(whole('dublin'))], { regions }), POLICY, NOW);
  assert.deepEqual(actions, []);
  assert.deepEqual(
    reasons.map(({ code }) => code),
    ['no_room_for_copy'],
  );
});

test('whatever the state: never more than wanted, never onto a holder, never from a region without a whole copy', () => {
  const prng = createPrng(7);
  for (let round = 0; round < 5_000; round += 1) {
    const regions = ALL.map((region) => ({
      ...region,
      isReachable: prng() < 0.8,
      takesCopies: prng() < 0.9,
    }));
    const copies = ALL.filter(() => prng() < 0.6).map(
      ({ id }): CopyView => ({ regionId: id, isWhole: prng() < 0.8, isLost: prng() < 0.3 }),
    );
    const good = new Set(
      copies
        .filter(
          ({ regionId, isWhole, isLost }) =>
            isWhole && !isLost && regions.some((r) => r.id === regionId && r.isReachable),
        )
        .map(({ regionId }) => regionId),
    );
    const { actions } = planRepair(view([renditions(...copies)], { regions }), POLICY, NOW);
    const made = actions.filter((action) => action.kind === 'copy');
    const what = JSON.stringify({ regions, copies, actions });
    assert.ok(good.size === 0 || made.length <= Math.max(0, 2 - good.size), what);
    if (good.size === 0) assert.equal(made.length, 0, what);
    assert.equal(new Set(made.map(({ regionId }) => regionId)).size, made.length, what);
    for (const { regionId, fromRegionIds } of made) {
      assert.ok(!good.has(regionId), what);
      assert.ok(fromRegionIds.length > 0 && fromRegionIds.every((id) => good.has(id)), what);
      assert.ok(
        regions.some((region) => region.id === regionId && region.isReachable && region.takesCopies),
        what,
      );
    }
  }
});
