import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeCondition, type Measured } from './conditions.ts';
import { judgeAction, judgeRun } from './guards.ts';
import { lintRunbook } from './lint.ts';
import { bindParameters, fillIn } from './parameters.ts';
import { stuckLimitMs } from './stuck.ts';
import type { Action, Condition, ParameterSpec, Runbook, Step } from './types.ts';
import { blastRadiusOf, type RunbookSite, type RunbookWorld } from './world.ts';

const MBIT = 1_000_000;
const place = (regionId: string) => ({ regionId, siteId: `${regionId}-1` });

function site(siteId: string, changes: Partial<RunbookSite> = {}): RunbookSite {
  return {
    siteId,
    regionId: siteId.replace(/-\d$/, ''),
    state: 'up',
    isReady: true,
    capacityBps: 100 * MBIT,
    egressBps: 20 * MBIT,
    viewerCount: 100,
    steeredShare: 0.5,
    keep: 1,
    ...changes,
  };
}

function world(changes: Partial<RunbookWorld> = {}): RunbookWorld {
  return {
    sites: [site('dublin-1'), site('singapore-1'), site('singapore-2')],
    regions: [
      {
        regionId: 'dublin',
        isEncodingPaused: false,
        encoderCount: 1,
        runningCount: 2,
        slots: 2,
        slotsMax: 4,
        channelRoom: 0,
      },
      {
        regionId: 'singapore',
        isEncodingPaused: false,
        encoderCount: 2,
        runningCount: 0,
        slots: 2,
        slotsMax: 8,
        channelRoom: 1,
      },
    ],
    nodes: [{ nodeId: 'dublin-1-a', ...place('dublin'), isReady: true, isEdge: true }],
    orders: [],
    broadcasts: [
      { broadcastId: 'brd_two', isOnAir: true, channels: [place('dublin'), place('singapore')] },
      { broadcastId: 'brd_one', isOnAir: true, channels: [place('dublin')] },
      { broadcastId: 'brd_idle', isOnAir: false, channels: [place('dublin'), place('singapore')] },
    ],
    ...changes,
  };
}

const DRAIN: Action = { kind: 'drain', target: 'dublin' };
const POLICY = { isAutomatic: true, runsPerHourMax: 2, viewerShareMax: 0.5 };
const ATTEMPT = { isAutomatic: true, recentRunCount: 0 };

const brokenCodes = (own: RunbookWorld, actions: readonly Action[], policy = POLICY, attempt = ATTEMPT) =>
  judgeRun(own, policy, actions, attempt)
    .filter(({ isHeld }) => !isHeld)
    .map(({ code }) => code);

describe('guards of orders', () => {
  const shift = (share: number): Action => ({ kind: 'shift_traffic', site: 'dublin-1', share });
  const restart: Action = { kind: 'restart_node', node: 'dublin-1-a' };

  test('a part of a site that is shifted away counts as capacity that is gone, giving it back as nothing', () => {
    const busy = world({ sites: world().sites.map((each) => ({ ...each, egressBps: 40 * MBIT })) });
    assert.deepEqual(brokenCodes(busy, [shift(0.8)], { ...POLICY, viewerShareMax: 1 }), []);
    assert.deepEqual(brokenCodes(busy, [shift(0.2)], { ...POLICY, viewerShareMax: 1 }), ['spare_capacity']);
    const eased = world({ sites: busy.sites.map((each) => ({ ...each, keep: 0.1 })) });
    assert.deepEqual(brokenCodes(eased, [shift(0.2)], { ...POLICY, viewerShareMax: 1 }), []);
    const radius = blastRadiusOf(world(), [shift(0.5)]);
    assert.deepEqual([radius.siteIds, radius.viewerCount, radius.capacityBps], [[], 50, 50 * MBIT]);
  });

  test('a restart takes a site away when its edge stands alone, and no broadcast off the air', () => {
    const alone = world({ broadcasts: [] });
    assert.deepEqual(blastRadiusOf(alone, [restart]).siteIds, ['dublin-1']);
    assert.deepEqual(brokenCodes(alone, [restart]), []);
    const mate = { nodeId: 'dublin-1-b', ...place('dublin'), isReady: true, isEdge: true };
    assert.deepEqual(blastRadiusOf(world({ nodes: [...alone.nodes, mate] }), [restart]).siteIds, []);
    assert.deepEqual(brokenCodes(world(), [restart]), ['broadcasts_kept']);
    const full = alone.sites.map((each) => ({ ...each, egressBps: 90 * MBIT }));
    assert.deepEqual(brokenCodes(world({ broadcasts: [], sites: full }), [restart]), ['spare_capacity']);
  });

  test('a throttle of videos touches the viewers of its region; one of prefetches nobody', () => {
    const throttle = (floor: 'video' | 'live'): Action => ({
      kind: 'throttle',
      region: 'dublin',
      project: null,
      floor,
    });
    assert.equal(blastRadiusOf(world(), [throttle('live')]).viewerCount, 100);
    assert.equal(blastRadiusOf(world(), [throttle('video')]).viewerCount, 0);
    assert.deepEqual(brokenCodes(world(), [throttle('live')], { ...POLICY, viewerShareMax: 0.2 }), [
      'viewers',
    ]);
  });

  test('encoders are scaled up to the cores of those that live, and the dry run says from what to what', () => {
    const scale = (region: string, count: number): Action => ({ kind: 'scale_encoders', region, count });
    assert.deepEqual(brokenCodes(world(), [scale('dublin', 4)]), []);
    assert.deepEqual(brokenCodes(world(), [scale('dublin', 5)]), ['encoder_cores']);
    assert.deepEqual(brokenCodes(world(), [scale('atlantis', 1)]), ['encoder_cores']);
    assert.deepEqual(blastRadiusOf(world(), [scale('dublin', 3)]).others, [
      'Jobs and chunks at once in dublin: 3, before 2; 2 are at work, which are finished',
    ]);
    const specs: Record<string, ParameterSpec> = { count: { type: 'count', description: 'How many' } };
    const places = { regions: [], sites: [], nodes: [] };
    assert.equal(bindParameters(specs, { count: '0' }, places).isGood, false, 'none at all is a pause');
    assert.deepEqual(fillIn({ count: '$count' }, { count: '3' }, specs).value, { count: 3 });
  });

  test('a channel needs room in its region, unless it is there already', () => {
    const add = (broadcast: string, region: string): Action => ({ kind: 'add_channel', broadcast, region });
    assert.deepEqual(brokenCodes(world(), [add('brd_one', 'singapore')]), []);
    assert.deepEqual(brokenCodes(world(), [add('brd_one', 'los-angeles')]), ['channel_room']);
    assert.deepEqual(brokenCodes(world(), [add('brd_one', 'dublin')]), []);
    const move: Action = { kind: 'move_channel', broadcast: 'brd_two', region: 'los-angeles' };
    const radius = blastRadiusOf(world(), [move]);
    assert.deepEqual(radius.others, ['Channels of brd_two: dublin, los-angeles; before dublin, singapore']);
    assert.deepEqual(radius.broadcastIds, ['brd_two'], 'edges that pulled from the backup change over');
  });

  test('a purge is over when every edge that is alive has told', () => {
    const frame = { holdMs: 0, withoutData: 'unmet' } as const;
    const purged: Condition = { kind: 'purged', project: 'demo', asset: null, ...frame };
    const nothing: Measured = { kind: 'nothing', reason: '' };
    const order = { kind: 'purge', subject: 'demo', doneNodeIds: ['a'], missingNodeIds: ['b'] } as const;
    assert.equal(judgeCondition(purged, world(), nothing).isMet, null);
    const waiting = judgeCondition(purged, world({ orders: [order] }), nothing);
    assert.equal(waiting.isMet, false);
    assert.equal(waiting.text, '1 of 2 edges have dropped demo; not yet: b');
    const done = { ...order, missingNodeIds: [] };
    assert.equal(judgeCondition(purged, world({ orders: [done] }), nothing).isMet, true);
  });
});

describe('guards of runbooks', () => {
  test('let a drain pass that leaves room for one more loss', () => {
    assert.deepEqual(brokenCodes(world(), [DRAIN]), []);
  });

  test('name each limit that would be exceeded, with its numbers', () => {
    assert.deepEqual(brokenCodes(world(), [DRAIN], { ...POLICY, viewerShareMax: 0.2 }), ['viewers']);
    assert.deepEqual(brokenCodes(world(), [DRAIN], POLICY, { ...ATTEMPT, recentRunCount: 2 }), ['rate']);
    assert.deepEqual(brokenCodes(world(), [DRAIN], { ...POLICY, isAutomatic: false }), ['automatic']);
    assert.deepEqual(
      brokenCodes(world(), [DRAIN], { ...POLICY, isAutomatic: false }, { ...ATTEMPT, isAutomatic: false }),
      [],
    );
    const [finding] = judgeRun(world(), { ...POLICY, viewerShareMax: 0.2 }, [DRAIN], ATTEMPT).filter(
      ({ isHeld }) => !isHeld,
    );
    assert.deepEqual(finding?.values, { viewerCount: 100, viewerShare: 1 / 3, viewerShareMax: 0.2 });
  });

  for (const [title, sites, isHeld] of [
    [
      'exactly enough after one more loss',
      [site('a-1'), site('b-1', { egressBps: 60 * MBIT }), site('c-1', { egressBps: 0 })],
      true,
    ],
    [
      'one bit too much after one more loss',
      [site('a-1'), site('b-1', { egressBps: 60 * MBIT + 1 }), site('c-1', { egressBps: 0 })],
      false,
    ],
    [
      'the largest of the rest is the one that may be lost',
      [site('a-1', { egressBps: 90 * MBIT }), site('b-1', { capacityBps: 900 * MBIT }), site('c-1')],
      false,
    ],
    ['a single site is left', [site('a-1'), site('b-1')], false],
    [
      'a site that drains already does not count',
      [site('a-1'), site('b-1', { state: 'draining' }), site('c-1')],
      false,
    ],
    [
      'a site that is not ready does not count',
      [site('a-1'), site('b-1', { isReady: false }), site('c-1')],
      false,
    ],
    [
      'four sites, one of them down',
      [site('a-1'), site('b-1', { state: 'down' }), site('c-1'), site('d-1')],
      true,
    ],
  ] as const)
    test(`remaining capacity: ${title}`, () => {
      const [finding] = judgeAction(world({ sites: [...sites] }), [{ kind: 'drain', target: 'a' }]);
      assert.equal(finding?.isHeld, isHeld, finding?.text);
    });

  test('keep at least one region that encodes', () => {
    const pause: Action = { kind: 'pause_encoding', region: 'singapore' };
    assert.deepEqual(brokenCodes(world(), [pause]), []);
    assert.deepEqual(brokenCodes(world(), [pause, { kind: 'pause_encoding', region: 'dublin' }]), [
      'encoders_left',
    ]);
  });

  test('the blast radius counts sites once, and traffic where there are no connections to count', () => {
    const twice = blastRadiusOf(world(), [DRAIN, { kind: 'drain', target: 'dublin-1' }]);
    assert.deepEqual(twice.siteIds, ['dublin-1']);
    assert.equal(twice.capacityShare, 1 / 3);
    const sites = [
      site('dublin-1', { viewerCount: 0, egressBps: 30 * MBIT }),
      site('singapore-1', { viewerCount: 0, egressBps: 10 * MBIT }),
    ];
    assert.equal(blastRadiusOf(world({ sites }), [DRAIN]).viewerShare, 0.75);
    const idle = sites.map((each) => ({ ...each, egressBps: 0 }));
    assert.equal(blastRadiusOf(world({ sites: idle }), [DRAIN]).viewerShare, 0);
    const leave = blastRadiusOf(world(), [{ kind: 'leave_broadcasts', target: 'dublin' }]);
    assert.deepEqual(leave.broadcastIds, ['brd_two']);
  });
});

const FRAME = { holdMs: 0, withoutData: 'unmet' as const };
const NOTHING: Measured = { kind: 'nothing', reason: 'There is no telemetry' };

describe('conditions of runbooks', () => {
  const errors = {
    kind: 'bad_share' as const,
    series: 'viewer_requests',
    target: null,
    labels: {},
    bad: ['failed'],
    windowMs: 10_000,
    below: 0.001,
    ...FRAME,
  };
  const cases: readonly (readonly [Condition, boolean | null, Measured?])[] = [
    [{ kind: 'site_state', target: 'dublin', is: 'up', ...FRAME }, true],
    [{ kind: 'site_state', target: 'singapore', is: 'draining', ...FRAME }, false],
    [{ kind: 'site_state', target: 'atlantis', is: 'up', ...FRAME }, null],
    [{ kind: 'sites_ready', target: 'singapore', ...FRAME }, true],
    [{ kind: 'node_ready', node: 'dublin-1-a', ...FRAME }, true],
    [{ kind: 'node_ready', node: 'dublin-1-z', ...FRAME }, null],
    [{ kind: 'node_at', node: 'dublin-1-a', target: 'dublin', ...FRAME }, true],
    [{ kind: 'node_at', node: 'dublin-1-a', target: 'singapore-1', ...FRAME }, false],
    [{ kind: 'traffic_share', target: 'dublin', below: 0.34, ...FRAME }, true],
    [{ kind: 'traffic_share', target: 'dublin', below: 0.33, ...FRAME }, false],
    [{ kind: 'steered_share', target: 'dublin-1', below: 0.5, ...FRAME }, false],
    [{ kind: 'spare_capacity', without: 'dublin', ...FRAME }, true],
    [{ kind: 'spare_capacity', without: 'singapore', ...FRAME }, false],
    [errors, true, { kind: 'events', bad: 0, total: 1_000 }],
    [errors, false, { kind: 'events', bad: 1, total: 1_000 }],
    [errors, null, { kind: 'events', bad: 0, total: 0 }],
    [errors, null, NOTHING],
    [{ kind: 'alerts_quiet', labels: {}, ...FRAME }, true, { kind: 'alerts', names: [] }],
    [{ kind: 'alerts_quiet', labels: {}, ...FRAME }, false, { kind: 'alerts', names: ['Slow'] }],
    [{ kind: 'encoding', region: 'dublin', is: 'running', ...FRAME }, true],
    [{ kind: 'encoding', region: 'dublin', is: 'paused', ...FRAME }, false],
    [{ kind: 'encoders_scaled', region: 'dublin', count: 2, ...FRAME }, true],
    [{ kind: 'encoders_scaled', region: 'dublin', count: 3, ...FRAME }, false],
    [{ kind: 'encoders_scaled', region: 'atlantis', count: 1, ...FRAME }, null],
    [{ kind: 'encoders_idle', region: 'dublin', ...FRAME }, false],
    [{ kind: 'encoders_idle', region: 'singapore', ...FRAME }, true],
    [{ kind: 'encoders_idle', region: 'atlantis', ...FRAME }, null],
    [{ kind: 'broadcast_channel', broadcast: 'brd_two', region: 'singapore', ...FRAME }, true],
    [{ kind: 'broadcast_channel', broadcast: 'brd_one', region: 'singapore', ...FRAME }, false],
    [{ kind: 'broadcast_led', broadcast: 'brd_two', region: 'dublin', ...FRAME }, true],
    [{ kind: 'broadcast_led', broadcast: 'brd_gone', region: 'dublin', ...FRAME }, null],
    [{ kind: 'broadcasts_left', target: 'dublin', ...FRAME }, false],
    [{ kind: 'broadcasts_left', target: 'singapore', ...FRAME }, true],
  ];
  for (const [condition, isMet, measured = NOTHING] of cases)
    test(`${JSON.stringify(condition)} is ${isMet ?? 'without data'}`, () => {
      const seen = judgeCondition(condition, world(), measured);
      assert.equal(seen.isMet, isMet, seen.text);
      assert.match(seen.text, /^[A-Z0-9a-z].*[^.]$/);
    });
});

const SPECS: Readonly<Record<string, ParameterSpec>> = {
  target: { type: 'place', description: 'Where' },
  patience: { type: 'duration', description: 'How long', default: '3m' },
  limit: { type: 'share', description: 'How much', default: '0.25' },
};
const KNOWN = { regions: ['dublin'], sites: ['dublin-1'], nodes: [] };

describe('parameters of runbooks', () => {
  test('take their defaults, and name what is missing, unknown or misspelt', () => {
    assert.deepEqual(bindParameters(SPECS, { target: 'dublin-1' }, KNOWN), {
      isGood: true,
      values: { target: 'dublin-1', patience: '3m', limit: '0.25' },
    });
    const bad = bindParameters(
      SPECS,
      { tarjet: 'x', target: 'dubln', patience: 'soon', limit: '1.5' },
      KNOWN,
    );
    assert.deepEqual(bad, {
      isGood: false,
      problems: [
        'there is no parameter tarjet; did you mean target?',
        'target: there is no site or region dubln; did you mean dublin?',
        'patience: "soon" is not a duration such as 30s or 5m',
        'limit: "1.5" is not a share from 0 to 1',
      ],
    });
    assert.equal(bindParameters(SPECS, {}, KNOWN).isGood, false);
    assert.equal(bindParameters(SPECS, { target: `a${'\u0000'}` }, KNOWN).isGood, false);
    assert.equal(
      bindParameters(
        { toString: { type: 'text', description: 'x' } } as Record<string, ParameterSpec>,
        {},
        KNOWN,
      ).isGood,
      false,
    );
  });

  test('are filled in everywhere, shares as numbers, and unknown ones are reported with their place', () => {
    const given = {
      steps: [{ target: '$target', below: '$limit', note: 'to $target in $patience', other: '$nobody' }],
    };
    const filled = fillIn(given, { target: 'dublin', limit: '0.25', patience: '3m' }, SPECS);
    assert.deepEqual(filled.value, {
      steps: [{ target: 'dublin', below: 0.25, note: 'to dublin in 3m', other: '$nobody' }],
    });
    assert.deepEqual(filled.unknown, [{ path: ['steps', 0, 'other'], name: 'nobody' }]);
  });

  test('a value is never filled in again', () => {
    const specs: Record<string, ParameterSpec> = {
      a: { type: 'text', description: 'x' },
      b: { type: 'text', description: 'x' },
    };
    assert.equal(fillIn('$a', { a: '$b', b: 'secret' }, specs).value, '$b');
  });
});

test('a step is stuck past its own 95th percentile times two, above a floor, with enough history', () => {
  assert.equal(stuckLimitMs([1, 2, 3, 4]), null);
  assert.equal(stuckLimitMs([100, 100, 100, 100, 100]), 10_000);
  const durations = Array.from({ length: 100 }, (_, index) => (index + 1) * 1_000);
  assert.equal(stuckLimitMs(durations), 190_000);
  assert.equal(stuckLimitMs([...durations].reverse()), 190_000);
});

describe('the lint of runbooks', () => {
  const base = {
    title: 'x',
    before: [],
    after: [],
    gate: [],
    onFailure: 'stop' as const,
    rollback: [],
    timeoutMs: 60_000,
  };
  const ready: Condition = { kind: 'sites_ready', target: 'a', ...FRAME };
  const held: Condition = { ...ready, holdMs: 60_000 };
  const messages = (...steps: Step[]) => {
    const guards = POLICY;
    const own: Runbook = { id: 'x', version: 1, title: 'x', description: 'x', parameters: {}, guards, steps };
    return lintRunbook(own).map(({ path, message }) => `${path.join('.')}: ${message}`);
  };
  const drain = (id: string, changes: Partial<Step> = {}): Step =>
    ({ ...base, id, kind: 'action', action: DRAIN, ...changes }) as Step;

  test('finds what would show at night', () => {
    assert.deepEqual(messages(drain('a'), drain('a')), ['steps.1.id: another step is called a too']);
    assert.match(
      messages(drain('a', { before: [held] }))[0] ?? '',
      /^steps\.0\.before\.0\.hold: this is judged/,
    );
    assert.match(
      messages(drain('a', { onFailure: 'rollback' }))[0] ?? '',
      /neither this step nor one before/,
    );
    assert.match(messages(drain('a', { after: [held] }))[0] ?? '', /cannot hold that long/);
    assert.match(
      messages({ ...base, id: 'w', kind: 'wait', conditions: [ready], timeoutMs: 0 })[0] ?? '',
      /needs a timeout above 0/,
    );
    assert.match(
      messages({ ...base, id: 'w', kind: 'wait', conditions: [ready], rollback: [DRAIN] })[0] ?? '',
      /only an action changes something/,
    );
  });

  test('finds a channel that nothing has moved and that is to be returned', () => {
    const place = { broadcast: 'brd_one', region: 'dublin' };
    const back: Action = { kind: 'return_channel', ...place };
    const step = (action: Action, rollback: readonly Action[]) => drain('a', { action, rollback });
    assert.deepEqual(messages(step({ kind: 'move_channel', ...place }, [back])), []);
    const elsewhere: Action = { kind: 'move_channel', ...place, region: 'singapore' };
    for (const own of [elsewhere, { kind: 'add_channel', ...place } as const])
      assert.match(messages(step(own, [back]))[0] ?? '', /^steps\.0\.rollback\.0\.kind: only the rollback/);
    assert.match(messages(step(back, []))[0] ?? '', /^steps\.0\.action\.kind: only the rollback/);
  });

  test('finds series that nobody reports, labels that they do not have, and those without outcomes', () => {
    const condition = {
      kind: 'bad_share' as const,
      target: null,
      labels: {},
      bad: ['failed'],
      windowMs: 5_000,
      below: 1,
    };
    const said = (series: string, labels: Record<string, string> = {}) =>
      messages(drain('a', { gate: [{ ...condition, ...FRAME, series, labels }] }));
    assert.deepEqual(said('viewer_requests', { object: 'media' }), []);
    assert.match(
      said('viewer_request')[0] ?? '',
      /gate\.0\.series: there is no series .*did you mean viewer_requests/,
    );
    assert.match(said('viewer_requests', { asset: 'x' })[0] ?? '', /has no label asset; it has region/);
    assert.match(said('session_stalls')[0] ?? '', /has no outcomes/);
    assert.match(said('constructor')[0] ?? '', /there is no series/);
  });

  test('lets a rollback that an earlier step describes pass', () => {
    const undo: Action = { kind: 'restore', target: 'dublin', share: 1 };
    assert.deepEqual(messages(drain('a', { rollback: [undo] }), drain('b', { onFailure: 'rollback' })), []);
  });
});
