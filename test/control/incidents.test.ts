// Incidents on a real database: from alerts that a fake feed tells, through pages and runbooks that fakes take, to the
// end; and by people over the API. The domain runs by itself where a test moves its time.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import { defined } from '#base/assert.ts';
import { configSchema } from '#contract/config.ts';
import { MeridianError } from '#contract/errors.ts';
import { createIncidents, type Incidents } from '#control/incidents/incidents.ts';
import type {
  AlertFeed,
  AlertView,
  Escalations,
  RunbookStarter,
  SeriesReader,
} from '#control/incidents/ports.ts';
import { findIncident, incidentDetail } from '#control/incidents/views.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { waitFor } from '../support/wait-for.ts';
import { codeOf, onEveryDatabase, type Suite, settle, type TestControl } from './support.ts';

const HOLD_MS = 300_000;

interface FakeFeed extends AlertFeed {
  /** Says that these are so now; waits until everybody has heard. */
  tell(...alerts: AlertView[]): Promise<void>;
  /** Forgets without a word, as a feed that ended alerts while control was down. */
  forget(): void;
}

function createFeed(): FakeFeed {
  const alerts = new Map<string, AlertView>();
  const listeners = new Set<(changed: readonly AlertView[]) => Promise<void> | void>();
  return {
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    firing: () => [...alerts.values()].filter(({ state }) => state !== 'resolved'),
    async tell(...changed) {
      for (const alert of changed) alerts.set(alert.id, alert);
      for (const listener of listeners) await listener(changed);
    },
    forget: () => alerts.clear(),
  };
}

interface World {
  readonly control: TestControl;
  readonly feed: FakeFeed;
  readonly incidents: Incidents;
  /** What on-call and runbooks heard, e.g. `start inc_… video`. */
  readonly heard: string[];
  /** Set: the next calls fail with this. */
  failure: Error | undefined;
  /** Another process takes over on the same database. */
  takeOver(): Incidents;
  only(): Promise<string>;
}

const POLICIES = [
  {
    name: 'drain what burns',
    match: { alertname: 'burn', region: '*' },
    severityMin: 'sev2',
    runbook: 'drain-region',
    parameters: { target: '{region}' },
    escalation: 'video',
  },
];

const BY_REGION = [
  {
    name: 'drain the dark',
    match: { region: '*' },
    severityMin: 'sev1',
    runbook: 'drain-region',
    parameters: { target: '{region}' },
  },
];

async function begin(suite: Suite, series: SeriesReader | null = null): Promise<World> {
  const control = await suite.start();
  await control.control.stop();
  const feed = createFeed();
  const heard: string[] = [];
  const config = configSchema.parse({ incidents: { policies: POLICIES, holdMs: HOLD_MS } });
  const { database, dataDirectory, clock } = control;
  const context = {
    config,
    database,
    dataDirectory,
    clock,
    log: silentLog,
    metrics: createMetrics(),
    random: randomBytes,
  };
  const hear = async (text: string): Promise<void> => {
    if (world.failure !== undefined) throw world.failure;
    heard.push(text);
  };
  const escalations: Escalations = {
    start: ({ incidentId, policyId, severity, url }) =>
      hear(`start ${incidentId} ${policyId} ${severity} ${url}`),
    acknowledge: (incidentId, userId) => hear(`acknowledge ${incidentId} ${userId}`),
    stop: (incidentId, reason) => hear(`stop ${incidentId} ${reason}`),
  };
  const runbooks: RunbookStarter = {
    async start({ runbookId, parameters, incidentId }) {
      await hear(`run ${runbookId} ${JSON.stringify(parameters)} ${incidentId}`);
      return { runId: 'run_1' };
    },
  };
  const make = (): Incidents => {
    const made = createIncidents({
      context,
      alerts: feed,
      escalations,
      runbooks,
      series,
      indicatorOf: () => undefined,
      topology: () => ({
        regionOfSite: new Map([
          ['dublin-1', 'dublin'],
          ['singapore-1', 'singapore'],
        ]),
        siteOfNode: new Map([['dublin-1-a', 'dublin-1']]),
      }),
      urlOf: (incidentId) => `http://control/${incidentId}`,
      mayWork: () => true,
    });
    made.start();
    return made;
  };
  const world: World = {
    control,
    feed,
    heard,
    incidents: make(),
    failure: undefined,
    takeOver() {
      world.incidents.stop();
      return make();
    },
    async only() {
      const rows = await database.selectFrom('incidents').select('id').execute();
      assert.equal(rows.length, 1, 'one incident');
      return defined(rows[0], 'an incident').id;
    },
  };
  return world;
}

function burn(world: World, changes: Partial<AlertView> = {}): AlertView {
  return {
    id: 'alr_burn',
    fingerprint: 'burn dublin-1',
    state: 'firing',
    severity: 'page',
    labels: { alertname: 'burn', site: 'dublin-1' },
    annotations: { summary: 'VOD playback fails at dublin-1' },
    startsAtMs: world.control.clock.nowMs(),
    endsAtMs: null,
    evidence: [
      { name: 'burn_long', value: 20, limit: 14.4, unit: 'x' },
      { name: 'viewers_hurt', value: 42, limit: 0, unit: 'viewers' },
    ],
    ...changes,
  };
}

async function textsOf(world: World, incidentId: string): Promise<string[]> {
  const rows = await world.control.database
    .selectFrom('incident_entries')
    .selectAll()
    .where('incident_id', '=', incidentId)
    .orderBy('at_ms')
    .orderBy('id')
    .execute();
  return rows.map(({ kind, text }) => `${kind}: ${text}`);
}

/** `opened sev2 null`: what webhooks are told, with who did it. */
async function eventsOf(world: World, incidentId: string): Promise<string[]> {
  const rows = await world.control.database
    .selectFrom('events')
    .selectAll()
    .where('subject', '=', incidentId)
    .orderBy('sequence')
    .execute();
  return rows.map(({ type, data }) => `${type.replace('incident.', '')} ${data.severity} ${data.actor}`);
}

const detailOf = (world: World, id: string) =>
  incidentDetail(world.control.database, id, HOLD_MS, world.control.clock.nowMs());

onEveryDatabase('incidents of alerts', (suite) => {
  test('telemetry tells when the harm began and how many it hurt, and severity follows', async () => {
    let alertAtMs = 0;
    const asked: string[] = [];
    const world = await begin(suite, {
      async read({ name, labels, fromMs, stepMs }) {
        asked.push(`${name} ${JSON.stringify(labels)} ${alertAtMs - fromMs}`);
        // A quarter fails from 40 s before the alert on.
        return Array.from({ length: 60 }, (_, index) => alertAtMs - (index + 1) * stepMs).flatMap((atMs) => {
          const bad = alertAtMs - atMs <= 40_000 ? 250 : 0;
          const point = (outcome: string, count: number) => ({ atMs, name, labels: { outcome }, count });
          return [point('ok', 1_000 - bad), point('failed', bad)];
        });
      },
    });
    const { clock, database } = world.control;
    alertAtMs = clock.nowMs();
    // 1,200 viewings stalled there just now, 300 elsewhere, 300 long ago, and 300 only changed pathway.
    for (const [name, count, siteId, agoMs, text] of [
      ['hurt', 1_200, 'dublin-1', 10_000, 'rebuffering'],
      ['elsewhere', 300, 'singapore-1', 10_000, 'rebuffering'],
      ['earlier', 300, 'dublin-1', 3_000_000, 'rebuffering'],
      ['moved', 300, 'dublin-1', 10_000, 'playing'],
    ] as const) {
      const steps = [{ atMs: alertAtMs - agoMs, kind: 'state', text, siteId }];
      await sql`
        insert into viewings (sid, region_id, site_id, is_troubled, updated_at_ms, summary, steps)
        select ${name} || number, 'dublin', ${siteId}, true, ${alertAtMs}::bigint, '{}', ${JSON.stringify(steps)}::jsonb
        from generate_series(1, ${count}::integer) as number`.execute(database);
    }
    await world.feed.tell(burn(world, { startsAtMs: alertAtMs }));
    const id = await world.only();
    const opened = await detailOf(world, id);
    assert.deepEqual(asked, ['viewer_requests {"site":"dublin-1"} 3600000']);
    assert.equal(opened.impactStartedAtMs, alertAtMs - 40_000);
    assert.equal(opened.impactReasons[0]?.code, 'first_bad_slice');
    assert.equal(opened.impactReasons[0]?.values.bad, 250);
    assert.equal(opened.impact.users, 1_200);
    assert.equal(opened.severity, 'sev1');
    assert.deepEqual(opened.severityReasons, [
      { code: 'limit_met', subject: 'users', values: { value: 1_200, limit: 1_000 } },
      { code: 'counted', subject: 'viewings', values: { users: 1_200 } },
    ]);
    // A person who knows better is believed, and nothing is given as a reason.
    const person = {
      kind: 'user',
      tokenId: 'tok_1',
      name: 'Ada',
      role: 'operator',
      projectId: null,
      regionIds: null,
      expiresAtMs: null,
      sessionHash: null,
    } as const;
    await world.incidents.byHand.change(person, id, { impactStartedAtMs: alertAtMs - 90_000 });
    const corrected = await detailOf(world, id);
    assert.equal(corrected.impactStartedAtMs, alertAtMs - 90_000);
    assert.deepEqual(corrected.impactReasons, []);
  });

  test('a page opens one incident, wakes somebody, starts its runbook, and resolves when all was quiet long enough', async () => {
    const world = await begin(suite);
    const { clock } = world.control;
    const alert = burn(world);
    await world.feed.tell(alert);
    const id = await world.only();
    assert.deepEqual(world.heard, [
      `start ${id} video sev2 http://control/${id}`,
      `run drain-region {"target":"dublin"} ${id}`,
    ]);
    const opened = await detailOf(world, id);
    assert.equal(opened.severity, 'sev2');
    assert.deepEqual(opened.severityReasons, [
      { code: 'limit_met', subject: 'burnRate', values: { value: 20, limit: 14.4 } },
    ]);
    assert.deepEqual(opened.labels, { alertname: 'burn', site: 'dublin-1', region: 'dublin' });
    assert.equal(opened.impact.users, 42);
    assert.deepEqual(
      opened.tasks.map(({ kind, state, runId }) => [kind, state, runId]),
      [
        ['page', 'done', null],
        ['runbook', 'done', 'run_1'],
      ],
    );

    clock.advance(20_000);
    const endsAtMs = clock.nowMs();
    await world.feed.tell({ ...alert, state: 'resolved', endsAtMs });
    const quiet = await detailOf(world, id);
    assert.equal(quiet.quietSinceMs, endsAtMs);
    assert.equal(quiet.resolvesAtMs, endsAtMs + HOLD_MS);
    clock.advance(HOLD_MS / 2);
    await world.incidents.tick();
    assert.equal((await detailOf(world, id)).state, 'open');
    clock.advance(HOLD_MS / 2);
    await world.incidents.tick();
    const over = await detailOf(world, id);
    assert.equal(over.state, 'resolved');
    assert.equal(over.resolution, 'all alerts were quiet for 300 s');
    assert.match(world.heard.at(-1) ?? '', /^stop inc_\w+ all alerts were quiet/);
    // The severity that it was opened with is no change of it.
    assert.deepEqual(await eventsOf(world, id), ['opened sev2 null', 'resolved sev2 null']);
    const texts = await textsOf(world, id);
    for (const expected of [
      /^state: Opened by an alert: enough alerts/,
      /^alert: Page fires: VOD playback fails at dublin-1: burn_long 20 x \(limit 14.4 x\), viewers_hurt 42/,
      /^state: Severity sev2: limit met, burnRate \(value 20, limit 14.4\)/,
      /^action: Runbook drain-region was started by the policy drain what burns/,
      /^page: Paging by the escalation policy video/,
      /^alert: Page has ended/,
      /^state: All 1 alerts are quiet/,
      /^state: Resolved: all alerts were quiet for 300 s/,
    ])
      assert.equal(
        texts.filter((text) => expected.test(text)).length,
        1,
        `${expected} in\n${texts.join('\n')}`,
      );
  });

  test('alerts of the same region join it; one of another region opens its own', async () => {
    const world = await begin(suite);
    await world.feed.tell(burn(world));
    const id = await world.only();
    await world.feed.tell(
      burn(world, {
        id: 'alr_node',
        fingerprint: 'node',
        severity: 'ticket',
        labels: { alertname: 'node_down', node: 'dublin-1-a' },
      }),
      burn(world, {
        id: 'alr_disk',
        fingerprint: 'disk',
        labels: { alertname: 'disk_full', site: 'singapore-1' },
        evidence: [],
      }),
    );
    const detail = await detailOf(world, id);
    assert.deepEqual(
      detail.alerts.map((alert) => [alert.id, alert.reasons[0]?.code]),
      [
        ['alr_burn', 'enough_alerts'],
        ['alr_node', 'same_site'],
      ],
    );
    const rows = await world.control.database.selectFrom('incidents').selectAll().orderBy('id').execute();
    assert.deepEqual(
      rows.map(({ severity, labels }) => [severity, labels.region]),
      [
        ['sev2', 'dublin'],
        ['sev3', 'singapore'],
      ],
    );
    assert.equal(world.heard.filter((text) => text.startsWith('run ')).length, 1);
  });

  test('tickets wait for company, and a repeated or late word changes nothing', async () => {
    const world = await begin(suite);
    const startsAtMs = world.control.clock.nowMs();
    const ticket = (name: string) =>
      burn(world, {
        startsAtMs,
        id: `alr_${name}`,
        fingerprint: name,
        severity: 'ticket',
        labels: { alertname: name, region: 'dublin' },
        annotations: { summary: name },
        evidence: [],
      });
    await world.feed.tell(ticket('a'));
    await world.feed.tell(ticket('b'));
    assert.deepEqual(await world.control.database.selectFrom('incidents').select('id').execute(), []);
    await world.feed.tell(ticket('c'));
    const id = await world.only();
    assert.equal((await detailOf(world, id)).alertCount, 3);
    const before = await findIncident(world.control.database, id);
    await world.feed.tell(ticket('a'), ticket('b'));
    await world.incidents.tick();
    const texts = await textsOf(world, id);
    assert.equal(new Set(texts).size, texts.length, 'nothing is told twice');
    assert.equal((await findIncident(world.control.database, id)).severity, before.severity);
  });

  test('an alert that comes back reopens the incident and pages again; one resolved by a person stays closed', async () => {
    const world = await begin(suite);
    const { clock, database } = world.control;
    const alert = burn(world);
    await world.feed.tell(alert);
    const id = await world.only();
    clock.advance(10_000);
    await world.feed.tell({ ...alert, state: 'resolved', endsAtMs: clock.nowMs() });
    clock.advance(HOLD_MS);
    await world.incidents.tick();
    clock.advance(60_000);
    await world.feed.tell(burn(world, { id: 'alr_burn_again' }));
    assert.equal(await world.only(), id);
    const back = await detailOf(world, id);
    assert.equal(back.state, 'open');
    assert.equal(back.reopenedCount, 1);
    assert.equal(world.heard.filter((text) => text.startsWith('start ')).length, 2);
    assert.equal(world.heard.filter((text) => text.startsWith('run ')).length, 2);

    const person = {
      kind: 'user',
      tokenId: 'tok_1',
      name: 'Ada',
      role: 'operator',
      projectId: null,
      expiresAtMs: null,
      sessionHash: null,
      regionIds: null,
    } as const;
    clock.advance(1_000);
    await world.incidents.byHand.resolve(person, id, 'known, it will stop by itself');
    for (let round = 0; round < 3; round += 1) {
      clock.advance(6_000);
      await world.incidents.tick();
    }
    assert.equal(await world.only(), id);
    const [row] = await database.selectFrom('incidents').selectAll().execute();
    assert.equal(row?.state, 'resolved');
    assert.deepEqual(await eventsOf(world, id), [
      'opened sev2 null',
      'resolved sev2 null',
      'reopened sev2 null',
      'resolved sev2 Ada',
    ]);
  });

  test('what a crash interrupts goes on: an unheard page is repeated, an unheard end is found', async () => {
    const world = await begin(suite);
    const { clock } = world.control;
    world.failure = new Error('on-call is away');
    await world.feed.tell(burn(world));
    const id = await world.only();
    assert.equal(world.heard.length, 0);
    const waiting = (await detailOf(world, id)).tasks;
    assert.deepEqual(
      waiting.map(({ state, problem }) => [state, problem]),
      [
        ['waiting', 'on-call is away'],
        ['waiting', 'on-call is away'],
      ],
    );
    world.feed.forget();
    world.failure = undefined;
    const next = world.takeOver();
    clock.advance(10_000);
    await next.tick();
    assert.deepEqual(world.heard.map((text) => text.split(' ')[0]).sort(), ['run', 'start']);
    const { quietSinceMs } = await detailOf(world, id);
    assert.ok(Math.abs(defined(quietSinceMs, 'its quiet') - clock.nowMs()) < 5_000);
  });

  test('a runbook that its guards refuse is told on the timeline and not tried again', async () => {
    const world = await begin(suite);
    world.failure = new MeridianError('conflict', { reason: 'Fewer than N+1 sites would be left' });
    await world.feed.tell(burn(world));
    const id = await world.only();
    world.failure = undefined;
    const { tasks } = await detailOf(world, id);
    assert.equal(tasks.find(({ kind }) => kind === 'runbook')?.state, 'failed');
    const texts = await textsOf(world, id);
    assert.ok(
      texts.includes('action: Runbook drain-region was not started: Fewer than N+1 sites would be left.'),
    );
  });

  test('changes before and during an incident come onto its timeline once, each with its kind', async () => {
    const world = await begin(suite);
    const { clock, database } = world.control;
    const change = (kind: 'deploy' | 'drain' | 'generation', labels: object, summary: string) =>
      database
        .insertInto('changes')
        .values({
          at_ms: clock.nowMs(),
          kind,
          summary,
          actor: 'Ada',
          labels: JSON.stringify(labels),
          details: '{}',
          recorded_at_ms: clock.nowMs(),
        })
        .execute();
    await change('deploy', { node: 'dublin-1-a' }, 'new version in Dublin');
    await change('deploy', { site: 'singapore-1' }, 'new version in Singapore');
    clock.advance(60_000);
    await world.feed.tell(burn(world));
    const id = await world.only();
    clock.advance(5_000);
    await change('drain', { region: 'dublin' }, 'Dublin is drained');
    await change('generation', { site: 'dublin-1' }, 'plan 7');
    await world.incidents.tick();
    await world.takeOver().tick();
    const texts = (await textsOf(world, id)).filter((text) => /^(change|drain|steering)/.test(text));
    assert.deepEqual(texts, [
      'change: new version in Dublin',
      'drain: Dublin is drained',
      'steering: plan 7',
    ]);
  });
});

onEveryDatabase('the timeline of an incident', (suite) => {
  test('what on-call and runbooks tell twice is there once, and who acknowledges a page has the incident', async () => {
    const world = await begin(suite);
    const { clock, database } = world.control;
    await world.feed.tell(burn(world));
    const id = await world.only();
    const acknowledge = {
      atMs: clock.nowMs(),
      kind: 'acknowledge',
      text: 'Ada acknowledged',
      actor: 'ada',
      details: { key: 'page 1' },
    } as const;
    for (let round = 0; round < 2; round += 1) await world.incidents.append(id, acknowledge);
    const details = { runId: 'run_1', runbookId: 'drain-region', stepId: 'drain', number: 3 };
    const step = {
      atMs: clock.nowMs(),
      kind: 'action',
      text: 'dublin drains',
      actor: null,
      details,
    } as const;
    await database
      .insertInto('changes')
      .values({
        at_ms: clock.nowMs(),
        kind: 'runbook',
        summary: 'Drain a region: dublin drains',
        actor: 'runbook:drain-region',
        labels: JSON.stringify({ target: 'dublin' }),
        details: JSON.stringify(details),
        recorded_at_ms: clock.nowMs(),
      })
      .execute();
    for (let round = 0; round < 2; round += 1) await world.incidents.append(id, step);
    await world.incidents.tick();
    const taken = await detailOf(world, id);
    assert.deepEqual(
      [taken.state, taken.acknowledgedBy, taken.roles.commander],
      ['acknowledged', 'ada', 'ada'],
    );
    assert.deepEqual(
      (await textsOf(world, id)).filter((text) => /Ada|dublin drains/.test(text)),
      ['acknowledge: Ada acknowledged', 'action: dublin drains'],
    );
    await world.incidents.append(id, { ...acknowledge, details: { key: 'page 2' } });
    assert.equal((await textsOf(world, id)).filter((text) => text.startsWith('acknowledge')).length, 1);
  });
});

onEveryDatabase('incidents by hand', (suite) => {
  test('a person opens, takes, describes and resolves an incident, all of it on the timeline', async () => {
    const world = await suite.start();
    const ada = await world.clientFor('operator');
    const opened = await ada.call('POST /v1/incidents', {
      body: {
        title: 'Pictures are green',
        severity: 'sev2',
        labels: { region: 'dublin' },
        note: 'Since noon',
      },
    });
    const params = { incidentId: opened.id };
    assert.equal(opened.state, 'open');
    const taken = await ada.call('POST /v1/incidents/{incidentId}/acknowledge', { params });
    assert.equal(taken.roles.commander, taken.acknowledgedBy);
    await ada.call('PUT /v1/incidents/{incidentId}/roles/{role}', {
      params: { ...params, role: 'scribe' },
      body: { person: 'Grace' },
    });
    await ada.call('POST /v1/incidents/{incidentId}/notes', {
      params,
      body: { text: 'It is the new encoder', author: 'chat:linus', atMs: opened.openedAtMs - 5_000 },
    });
    const impactStartedAtMs = world.clock.nowMs() - 600_000;
    const known = await ada.call('PATCH /v1/incidents/{incidentId}', {
      params,
      body: { severity: 'sev1', impactStartedAtMs },
    });
    assert.equal(known.severity, 'sev1');
    assert.equal(known.impactStartedAtMs, impactStartedAtMs);
    assert.equal(known.roles.scribe, 'Grace');
    const resolved = await ada.call('POST /v1/incidents/{incidentId}/resolve', {
      params,
      body: { reason: 'rolled back' },
    });
    assert.equal(resolved.state, 'resolved');
    const again = ada.call('POST /v1/incidents/{incidentId}/resolve', { params, body: { reason: 'x' } });
    assert.equal(await codeOf(again), 'conflict');
    const reopened = await ada.call('POST /v1/incidents/{incidentId}/reopen', {
      params,
      body: { reason: 'still green' },
    });
    assert.equal(reopened.state, 'open');

    const { entries, revision } = await ada.call('GET /v1/incidents/{incidentId}/timeline', { params });
    assert.equal(revision, reopened.revision);
    assert.deepEqual(
      // What on-call makes of it is its own affair.
      entries.flatMap(({ kind, text }) => (kind === 'page' ? [] : [`${kind}: ${text}`])),
      [
        'note: It is the new encoder',
        'state: Opened by hand as sev2',
        'note: Since noon',
        'acknowledge: operator  has it',
        'state: Grace is scribe',
        'state: Severity set to sev1, before sev2',
        `state: The impact began at ${new Date(impactStartedAtMs).toISOString()}`,
        'state: Resolved: rolled back',
        'state: Reopened. still green',
      ],
    );
    const lastId = Math.max(...entries.map(({ id }) => id));
    const later = await ada.call('GET /v1/incidents/{incidentId}/timeline', {
      params,
      query: { after: lastId - 1 },
    });
    assert.equal(Math.min(...later.entries.map(({ id }) => id)), lastId);
  });

  test('an incident that a policy answers drains its region by a runbook, which tells step by step', async () => {
    const world = await suite.start({ config: { incidents: { policies: BY_REGION } } });
    const nodes = await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
    await waitFor('the first plan to be seen', async () => {
      for (const node of nodes) await node.beat();
      return (
        (await world.admin.call('GET /v1/changes', { query: { kind: 'generation' } })).changes.length > 0
      );
    });
    const { id: incidentId } = await world.admin.call('POST /v1/incidents', {
      body: { title: 'Dublin is dark', severity: 'sev1', labels: { region: 'dublin' } },
    });
    const params = { incidentId };
    await waitFor('the drain', async () => {
      await settle(nodes);
      return nodes[0]?.snapshot?.sites.find(({ id }) => id === 'dublin-1')?.state === 'draining';
    });
    const entries = await waitFor('the runbook to tell', async () => {
      // Nodes that fall silent are dead to the plan.
      for (const node of nodes) await node.beat();
      const timeline = await world.admin.call('GET /v1/incidents/{incidentId}/timeline', { params });
      const missing = ['drain', 'steering', 'action'].filter(
        (kind) => !timeline.entries.some((entry) => entry.kind === kind),
      );
      if (missing.length > 0) throw new Error(`no entry yet of ${missing.join(', ')}`);
      return timeline.entries;
    });
    const { tasks } = await world.admin.call('GET /v1/incidents/{incidentId}', { params });
    const runbook = tasks.find(({ kind }) => kind === 'runbook');
    assert.equal(runbook?.state, 'done');
    assert.match(runbook?.runId ?? '', /^run_/);
    assert.ok(entries.some(({ actor, details }) => actor === 'runbook:drain-region' && 'stepId' in details));
    assert.equal(tasks.find(({ kind }) => kind === 'page')?.state, 'done');
    assert.ok(entries.some(({ kind, text }) => kind === 'page' && text.startsWith('Paging by')));
  });

  test('a postmortem is drafted from what was written down; what is left to do is tracked until it is done', async () => {
    const world = await suite.start();
    const told = await world.admin.call('POST /v1/changes', {
      body: { kind: 'deploy', summary: 'Encoder 0.2.0', labels: { region: 'dublin' } },
    });
    const { id: incidentId } = await world.admin.call('POST /v1/incidents', {
      body: { title: 'Pictures are green', severity: 'sev2', labels: { region: 'dublin' } },
    });
    const params = { incidentId };
    world.clock.advance(120_000);
    await world.admin.call('POST /v1/incidents/{incidentId}/acknowledge', { params });
    const dueAtMs = world.clock.nowMs() + 60_000;
    const { actionItems } = await world.admin.call('POST /v1/incidents/{incidentId}/action-items', {
      params,
      body: { title: 'Look at pictures before a rollout', owner: 'Grace', dueAtMs },
    });
    world.clock.advance(60_000);
    await world.admin.call('POST /v1/incidents/{incidentId}/resolve', {
      params,
      body: { reason: 'rolled back' },
    });

    const { markdown, times } = await world.admin.call('GET /v1/incidents/{incidentId}/postmortem', {
      params,
    });
    assert.equal(times.respondedBy, 'first admin');
    const respondMs = defined(times.respondMs, 'a response');
    assert.ok(respondMs >= 120_000 && respondMs < 150_000, `${respondMs}`);
    const recoverMs = defined(times.recoverMs, 'a recovery');
    assert.ok(recoverMs >= 180_000 && recoverMs < 240_000, `${recoverMs}`);
    assert.match(markdown, /^# Postmortem: Pictures are green$/m);
    assert.match(markdown, /^\| .* \| deploy: Encoder 0\.2\.0 \| first admin \| 0\.7/m);
    assert.match(markdown, /^- \[ \] Look at pictures before a rollout \(Grace, due /m);
    assert.match(markdown, /<svg /);
    const { changes } = await world.admin.call('GET /v1/incidents/{incidentId}/changes', { params });
    assert.deepEqual(
      changes.map(({ id }) => id),
      [told.id],
    );
    const body = { summary: 'A rollout was *too* quick.', lessons: '- Look first', basedOn: 0 };
    const written = await world.admin.call('PUT /v1/incidents/{incidentId}/postmortem', { params, body });
    assert.deepEqual(
      [written.version, written.editedBy, written.lessons],
      [1, 'first admin', '- Look first'],
    );
    assert.match(written.markdown, /## Summary\n\nA rollout was \*too\* quick\.\n/);
    assert.match(written.markdown, /## Causes and lessons\n\n- Look first\n/);
    assert.deepEqual(
      written.pictures.map(({ title, svg }) => [title, svg.startsWith('<svg ')]),
      [['Alerts; dashed: what was changed or done', true]],
    );
    const late = world.admin.call('PUT /v1/incidents/{incidentId}/postmortem', { params, body });
    assert.equal(await codeOf(late), 'conflict');
    const find = async (query: object) =>
      (await world.admin.call('GET /v1/incidents', { query })).incidents.map(({ id }) => id);
    assert.deepEqual(await find({ text: 'are GREEN', state: 'ended' }), [incidentId]);
    assert.deepEqual(await find({ text: '%' }), []);
    assert.deepEqual(await find({ state: 'live' }), []);
    assert.deepEqual(await find({ alertId: 'alt_1' }), []);

    const item = defined(actionItems[0], 'an action item');
    assert.equal(item.isOverdue, false);
    world.clock.advance(10_000);
    const [overdue] = (await world.admin.call('GET /v1/action-items')).actionItems;
    assert.equal(overdue?.isOverdue, true);
    const done = await world.admin.call('PATCH /v1/action-items/{itemId}', {
      params: { itemId: item.id },
      body: { state: 'done' },
    });
    assert.equal(done.isOverdue, false);
    assert.deepEqual((await world.admin.call('GET /v1/action-items')).actionItems, []);
    const none = world.admin.call('PATCH /v1/action-items/{itemId}', { params: { itemId: 9_999 }, body: {} });
    assert.equal(await codeOf(none), 'not_found');
  });

  test('the public is told by people or a template, through the snapshot that every edge has, and never more than fits', async () => {
    const world = await suite.start({ config: { incidents: { statusPage: { automaticFrom: 'sev1' } } } });
    const [node] = await world.settledNodes('dublin-1');
    const statusOf = () => defined(node, 'a node').snapshot?.status?.notices ?? [];
    const worst = await world.admin.call('POST /v1/incidents', {
      body: { title: 'SECRET of the database', severity: 'sev1', labels: { region: 'dublin' } },
    });
    const minor = await world.admin.call('POST /v1/incidents', {
      body: { title: 'minor', severity: 'sev3' },
    });
    const [automatic] = await waitFor('the template to reach the node', async () => {
      await settle([defined(node, 'a node')]);
      return statusOf().length === 1 && statusOf();
    });
    assert.deepEqual(
      { ...automatic, updates: automatic?.updates.map(({ state, text }) => [state, text]) },
      {
        title: 'Videos do not play',
        impact: 'outage',
        regionIds: ['dublin'],
        updates: [['investigating', 'Videos may not play. We are looking into it.']],
      },
    );
    const params = { incidentId: worst.id };
    const { updates } = await world.admin.call('POST /v1/incidents/{incidentId}/status-updates', {
      params,
      body: { state: 'identified', text: 'A cable was cut.', regionIds: ['dublin', 'singapore'] },
    });
    assert.deepEqual(
      updates.map(({ state, title, author }) => [state, title, author]),
      [
        ['identified', 'Videos do not play', 'first admin'],
        ['investigating', 'Videos do not play', 'control'],
      ],
    );
    const wrong = world.admin.call('POST /v1/incidents/{incidentId}/status-updates', {
      params,
      body: { state: 'identified', regionIds: ['atlantis'] },
    });
    assert.equal(await codeOf(wrong), 'not_found');
    for (let index = 0; index < 12; index += 1)
      await world.admin.call('POST /v1/incidents/{incidentId}/status-updates', {
        params: { incidentId: minor.id },
        body: { state: 'monitoring', text: `${index} ${'x'.repeat(290)}` },
      });
    const full = await world.client().call('GET /v1/status');
    assert.ok(Buffer.byteLength(JSON.stringify(full)) <= 2_000);
    assert.equal(full.notices.length, 2);
    await world.admin.call('POST /v1/incidents/{incidentId}/resolve', {
      params,
      body: { reason: 'spliced' },
    });
    await waitFor('the end to reach the node', async () => {
      await settle([defined(node, 'a node')]);
      return statusOf().some(
        ({ title, updates: [newest] }) => title === 'Videos do not play' && newest?.state === 'resolved',
      );
    });
    assert.doesNotMatch(defined(node?.signed, 'a snapshot').payload, /SECRET|spliced/);
    const [last] = updates;
    const rest = await world.admin.call('DELETE /v1/incidents/{incidentId}/status-updates/{updateId}', {
      params: { ...params, updateId: defined(last, 'an update').id },
    });
    assert.ok(rest.updates.every(({ text }) => text !== 'A cable was cut.'));
    const next = await world.restart();
    try {
      assert.equal((await next.client().call('GET /v1/status')).notices.length, 2);
    } finally {
      await next.stop();
    }
  });

  test('merging gives alerts and timeline to the other incident, and ends the first', async () => {
    const world = await begin(suite);
    const { database, clock } = world.control;
    const person = {
      kind: 'user',
      tokenId: 'tok_1',
      name: 'Ada',
      role: 'operator',
      projectId: null,
      expiresAtMs: null,
      sessionHash: null,
      regionIds: null,
    } as const;
    const { byHand } = world.incidents;
    const into = await byHand.open(person, { title: 'Backbone', severity: 'sev1', labels: {} });
    await world.feed.tell(burn(world));
    const { id: from } = await database
      .selectFrom('incidents')
      .select('id')
      .where('id', '<>', into)
      .executeTakeFirstOrThrow();
    await byHand.note(person, from, { text: 'I see it too' });
    await byHand.merge(person, from, into);
    await world.incidents.tick();
    assert.equal((await detailOf(world, from)).mergedInto, into);
    const target = await detailOf(world, into);
    assert.equal(target.alertCount, 1);
    assert.equal(target.severity, 'sev1');
    const texts = await textsOf(world, into);
    assert.ok(texts.includes('note: I see it too'));
    assert.ok(texts.some((text) => text.startsWith('alert: Page fires')));
    assert.ok(world.heard.includes(`stop ${from} Merged into ${into}`));
    assert.equal(await codeOf(byHand.merge(person, from, into)), 'conflict');
    assert.equal(await codeOf(byHand.merge(person, into, into)), 'conflict');
    // The alert belongs to the other one now, whatever becomes of it.
    clock.advance(1_000);
    await world.feed.tell(burn(world, { state: 'resolved', endsAtMs: clock.nowMs() }));
    assert.notEqual((await detailOf(world, into)).quietSinceMs, null);
    // A runbook that began for the merged one goes on telling.
    await world.incidents.append(from, { atMs: clock.nowMs(), kind: 'action', text: 'step 2', actor: null });
    assert.ok((await textsOf(world, into)).includes('action: step 2'));
  });
});

onEveryDatabase('changes', (suite) => {
  test('drains, settings, node versions and steering plans are changes, once each, also over a restart', async () => {
    const world = await suite.start();
    const nodes = await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
    const changesOf = async (
      own: TestControl,
      kind?: 'deploy' | 'config' | 'drain' | 'restore' | 'generation',
    ) =>
      (
        await own.admin.call('GET /v1/changes', {
          query: { limit: 200, ...(kind === undefined ? {} : { kind }) },
        })
      ).changes;
    const deploys = await waitFor('all nodes', async () => {
      const found = await changesOf(world, 'deploy');
      return found.length === 3 && found;
    });
    assert.ok(deploys.some(({ summary }) => summary === 'dublin-1-a came with version test'));
    await world.admin.call('POST /v1/drains/{target}', { params: { target: 'dublin' }, body: {} });
    await world.admin.call('POST /v1/drains/{target}', { params: { target: 'dublin' }, body: {} });
    const [drain, ...more] = await changesOf(world, 'drain');
    assert.deepEqual(more, []);
    assert.deepEqual(drain?.labels, { region: 'dublin', site: 'dublin-1' });
    await world.admin.call('DELETE /v1/drains/{target}', { params: { target: 'dublin' } });
    assert.equal((await changesOf(world, 'restore')).length, 1);
    await world.admin.call('PUT /v1/regions/{regionId}/encoding', {
      params: { regionId: 'dublin' },
      body: { isPaused: true },
    });
    assert.equal((await changesOf(world, 'config'))[0]?.summary, 'Encoders of dublin rest');
    const plan = await waitFor('the plan without Dublin', async () =>
      (await changesOf(world, 'generation')).find(({ summary }) => /dublin-1 100 % → 0 %/.test(summary)),
    );
    assert.equal(plan.labels.site, 'dublin-1');

    defined(nodes[0], 'a node').reboot();
    for (const node of nodes) await node.beat({ version: node.siteId === 'dublin-1' ? 'next' : 'test' });
    const upgrade = await waitFor('the upgrade', async () =>
      (await changesOf(world, 'deploy')).find(({ summary }) => /next/.test(summary)),
    );
    assert.equal(upgrade.summary, 'dublin-1-a runs version next, before test');
    const { changes: near } = await world.admin.call('GET /v1/changes/near', {
      query: { atMs: world.clock.nowMs(), labels: 'node=dublin-1-a' },
    });
    assert.equal(near[0]?.id, upgrade.id);
    assert.equal(near[0]?.reasons.length, 3);

    const before = (await changesOf(world)).length;
    const next = await world.restart();
    try {
      for (const node of nodes) {
        const again = next.fakeNode(node.siteId, node.id, node.key);
        await again.beat({ version: node.siteId === 'dublin-1' ? 'next' : 'test' });
      }
      const restarts = await waitFor('the nodes after the restart', async () => {
        const found = (await changesOf(next)).slice(0, -before);
        // The plan may still be on its way back to Dublin.
        const others = found.filter(({ kind }) => kind !== 'generation');
        return others.length >= 3 && others;
      });
      // The fake nodes have new boots: that is seen. Neither their versions nor the configuration are news.
      assert.deepEqual([...new Set(restarts.map(({ kind }) => kind))], ['deploy']);
      assert.ok(restarts.every(({ summary }) => summary.includes('restarted with the same version')));
    } finally {
      await next.stop();
    }
  });

  test('plans of one movement are one change, whole on its page; the one that fits best is ranked for all', async () => {
    const { admin, clock, database } = await suite.start();
    const nowMs = clock.nowMs();
    const put = (kind: 'generation' | 'drain', agoMs: number, summary: string) =>
      database
        .insertInto('changes')
        .values({
          at_ms: nowMs - agoMs,
          kind,
          summary,
          actor: 'control',
          labels: '{"site":"test-1"}',
          details: '{}',
          recorded_at_ms: nowMs - agoMs,
        })
        .execute();
    for (let number = 0; number < 10; number += 1)
      await put('generation', 600_000 - number * 30_000, `p${number}`);
    await put('drain', 250_000, 'd');
    for (let number = 10; number < 13; number += 1)
      await put('generation', 200_000 - number * 10_000, `p${number}`);
    const labels = 'site=test-1';
    const page = async (query: { limit: number; before?: number; kind?: 'generation' }) => {
      const { changes, nextBefore } = await admin.call('GET /v1/changes', { query: { labels, ...query } });
      const shown = changes.map(({ summary, movement }) => `${summary} ${movement?.count ?? 1}`);
      return { shown, nextBefore, ids: changes.map(({ id }) => id) };
    };
    const all = await page({ limit: 50 });
    assert.deepEqual([all.shown, all.nextBefore], [['p12 3', 'd 1', 'p9 10'], null]);
    // Page by page, by what the answer says and by the last one that was shown.
    const [first, second] = [await page({ limit: 1 }), await page({ limit: 2 })];
    assert.deepEqual([first.shown, second.shown], [['p12 3'], ['p12 3', 'd 1']]);
    for (const before of [defined(first.nextBefore, 'more'), defined(first.ids[0], 'an id')])
      assert.deepEqual((await page({ limit: 1, before })).shown, ['d 1']);
    assert.deepEqual((await page({ limit: 5, before: defined(second.nextBefore, 'more') })).shown, ['p9 10']);
    const plans = await page({ limit: 4, kind: 'generation' });
    assert.deepEqual(plans.shown, ['p12 1', 'p11 1', 'p10 1', 'p9 1']);
    assert.notEqual(plans.nextBefore, null);

    const { changes: near } = await admin.call('GET /v1/changes/near', {
      query: { atMs: nowMs - 420_000, labels },
    });
    const [suspect] = near;
    assert.equal(suspect?.summary, 'p6');
    assert.deepEqual(suspect?.movement, {
      count: 10,
      firstAtMs: nowMs - 600_000,
      lastAtMs: nowMs - 330_000,
    });
    assert.equal(near.filter(({ kind }) => kind === 'generation').length, 1);
  });

  test('another configuration at the start is a change that names keys and no values', async () => {
    const world = await suite.start();
    const row = await waitFor('the marks', () =>
      world.database.selectFrom('change_marks').selectAll().where('key', '=', 'config').executeTakeFirst(),
    );
    const marks = { ...(row.value as Record<string, string>), 'steering.ttlMs': 'another' };
    await world.database
      .updateTable('change_marks')
      .set({ value: JSON.stringify(marks) })
      .where('key', '=', 'config')
      .execute();
    const next = await world.restart();
    try {
      const { changes } = await next.admin.call('GET /v1/changes', { query: { kind: 'config' } });
      assert.deepEqual(
        changes.map(({ summary, details }) => [summary, details]),
        [
          [
            'Control started with another configuration: steering.ttlMs',
            { keys: ['steering.ttlMs'], keyCount: 1 },
          ],
        ],
      );
    } finally {
      await next.stop();
    }
  });

  test('a pipeline tells of its deploys; what it cannot have done is refused', async () => {
    const world = await suite.start();
    const operator = await world.clientFor('operator');
    const told = await operator.call('POST /v1/changes', {
      body: { kind: 'deploy', summary: 'CDN rules 12', labels: { service: 'cdn' } },
    });
    const { changes } = await operator.call('GET /v1/changes', { query: { labels: 'service=cdn' } });
    assert.deepEqual(changes, [told]);
    const nowMs = world.clock.nowMs();
    for (const atMs of [nowMs + 60_000, nowMs - 8 * 86_400_000]) {
      const wrong = operator.call('POST /v1/changes', { body: { kind: 'deploy', summary: 'x', atMs } });
      assert.equal(await codeOf(wrong), 'invalid_request');
    }
    const unlabelled = operator.call('GET /v1/changes', { query: { labels: 'service' } });
    assert.equal(await codeOf(unlabelled), 'invalid_request');
  });
});
