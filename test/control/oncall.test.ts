// On-call on a real database: a rota is put in force, people change it for a while, pages climb until somebody takes
// them, and a kill in the middle neither loses a page nor makes a second one of it.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { defined } from '#base/assert.ts';
import { makeId } from '#base/ids.ts';
import { configSchema } from '#contract/config.ts';
import { createOncall, type Oncall } from '#control/oncall/oncall.ts';
import type { Notifier } from '#control/oncall/ports.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { makeChannels, SMALL_ROTA } from '../oncall/oncall-things.ts';
import { waitFor } from '../support/wait-for.ts';
import type { OncallChildOptions } from './oncall-child.ts';
import { codeOf, onEveryDatabase, type Suite, type TestControl } from './support.ts';

const EXAMPLE = fileURLToPath(new URL('../../docs/examples/rota.yaml', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const ROTA = readFileSync(EXAMPLE, 'utf8');
const MINUTE_MS = 60_000;
const CHILD = fileURLToPath(new URL('oncall-child.ts', import.meta.url));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

type Sent = Parameters<Notifier['send']>[0];

interface OwnOncall {
  readonly oncall: Oncall;
  readonly sent: Sent[];
  /** What incidents were told. */
  readonly told: string[];
  /** What the notifier does with a page. */
  onSend: (message: Sent) => Promise<void> | void;
}

/** On-call on the database of a control that was stopped, with a notifier that the test sees. */
async function ownOncall(world: TestControl): Promise<OwnOncall> {
  await world.admin.call('PUT /v1/oncall', { body: { text: ROTA, isForced: true } });
  await world.control.stop();
  const own: Omit<OwnOncall, 'oncall'> = { sent: [], told: [], onSend: () => {} };
  const oncall = createOncall({
    context: {
      config: configSchema.parse({}),
      dataDirectory: world.dataDirectory,
      database: world.database,
      clock: world.clock,
      log: silentLog,
      metrics: createMetrics(),
      random: randomBytes,
    },
    ports: {
      notifier: {
        async send(message) {
          await result.onSend(message);
          own.sent.push(message);
        },
      },
      timeline: {
        append: async (_, { kind, actor }) => void own.told.push(`${kind} ${actor}`),
      },
    },
    mayWork: () => true,
  });
  const result: OwnOncall = Object.assign(own, { oncall });
  return result;
}

const incidentOf = (nowMs: number): string => makeId('inc', nowMs, randomBytes(10));
const request = (incidentId: string) => ({
  incidentId,
  title: 'Viewers of Dublin wait',
  severity: 'sev1' as const,
  policyId: null,
  url: `https://control.example/incidents/${incidentId}`,
});

/** The users whom messages went to, in order. */
const usersOf = (sent: readonly Sent[]) => sent.map(({ details }) => details.userId);

onEveryDatabase('the rota', (suite) => {
  test('a rota is judged line by line, put in force by version, and tells who has duty and why', async () => {
    const { admin, clientFor } = await suite.start();
    const empty = await admin.call('GET /v1/oncall');
    assert.deepEqual([empty.current, empty.schedules], [null, []]);
    assert.equal(await codeOf(admin.call('POST /v1/oncall/lint', { body: {} })), 'not_found');

    const bad = ROTA.replace('users: [mei, arjun, priya]', 'users: [mei, arjunn, priya]').replace(
      'rotation: weekly',
      'rotation: fortnightly',
    );
    const { isGood, findings } = await admin.call('POST /v1/oncall/lint', { body: { text: bad } });
    assert.equal(isGood, false);
    assert.deepEqual(
      findings.map(({ line, message }) => [line, message.split(':')[0]]),
      [
        [
          bad.split('\n').findIndex((text) => text.includes('fortnightly')) + 1,
          'schedules.primary.layers[0].rotation',
        ],
      ],
    );
    const dangling = await admin.call('POST /v1/oncall/lint', {
      body: { text: bad.replace('fortnightly', 'weekly') },
    });
    assert.match(defined(dangling.findings[0], 'one').message, /no user "arjunn" \(did you mean "arjun"\?\)/);

    // Without its middle layer the day has a hole: refused, unless it is meant.
    const hole = ROTA.replaceAll('09:00, to: 18:00', '09:00, to: 15:00');
    await assert.rejects(
      admin.call('PUT /v1/oncall', { body: { text: hole } }),
      /nobody has duty in primary/,
    );
    const forced = await admin.call('PUT /v1/oncall', { body: { text: hole, isForced: true } });
    assert.ok(forced.findings.some(({ code, line }) => code === 'uncovered' && line !== null));
    // A channel that there is not reaches nobody.
    await assert.rejects(
      admin.call('PUT /v1/oncall', { body: { text: ROTA } }),
      /line 6: there is no notification channel "mei-push"; there is none yet/,
    );
    await makeChannels(admin, ROTA);
    const unheard = ROTA.replace('[jan-push]', '[jam-push]');
    const { findings: missing } = await admin.call('POST /v1/oncall/lint', { body: { text: unheard } });
    assert.deepEqual(
      missing.map(({ code, line, message }) => [code, line, message]),
      [['unknown_channel', 10, 'there is no notification channel "jam-push"; did you mean "jan-push"?']],
    );
    const good = await admin.call('PUT /v1/oncall', { body: { text: ROTA, basedOn: 1, comment: 'Mended' } });
    assert.deepEqual([good.current.version, good.findings], [2, []]);
    assert.equal(
      await codeOf(admin.call('PUT /v1/oncall', { body: { text: ROTA, basedOn: 1 } })),
      'conflict',
    );
    const { versions } = await admin.call('GET /v1/oncall/versions');
    assert.deepEqual(
      versions.map(({ version, comment }) => [version, comment]),
      [
        [2, 'Mended'],
        [1, ''],
      ],
    );
    const first = await admin.call('GET /v1/oncall/versions/{version}', { params: { version: 1 } });
    assert.equal(first.text, hole);

    const viewer = await clientFor('viewer');
    const atMs = Date.UTC(2027, 0, 6, 12);
    const { duties } = await viewer.call('GET /v1/oncall/now', { query: { atMs } });
    const [primary] = duties;
    assert.deepEqual(
      [primary?.scheduleId, primary?.layer, primary?.untilMs],
      ['primary', 'Dublin', Date.UTC(2027, 0, 6, 18)],
    );
    assert.deepEqual(
      primary?.reasons.map(({ code, subject }) => [code, subject]),
      [
        ['outside_hours', 'Singapore'],
        ['turn', 'Dublin'],
      ],
    );
    assert.equal(primary?.next?.layer, 'Los Angeles');
    const operator = await clientFor('operator');
    const simulated = await operator.call('POST /v1/oncall/simulate', {
      body: { atMs, text: ROTA.replace('[aoife, jan, lena]', '[jan]') },
    });
    assert.equal(simulated.duties[0]?.userId, 'jan');
    assert.deepEqual(
      simulated.pages.slice(0, 2).map(({ atMs: at, userId }) => [(at - atMs) / MINUTE_MS, userId]),
      [
        [0, 'jan'],
        [5, simulated.duties[1]?.userId],
      ],
    );
    assert.equal(simulated.pages.at(-1)?.userId, 'dana');
    assert.equal(
      (await admin.call('GET /v1/oncall/now', { query: { atMs } })).duties[0]?.userId,
      primary?.userId,
    );
    const both = await Promise.allSettled(
      [1, 2].map(() => admin.call('PUT /v1/oncall', { body: { text: ROTA, basedOn: 2 } })),
    );
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    for (const query of [
      { fromMs: 0, untilMs: 401 * 86_400_000 },
      { fromMs: 5, untilMs: 5 },
      { fromMs: 8.1e15, untilMs: 8.2e15 },
    ])
      assert.equal(await codeOf(admin.call('GET /v1/oncall/shifts', { query })), 'invalid_request');
    const year = { fromMs: atMs, untilMs: atMs + 400 * 86_400_000 };
    const { shifts } = await admin.call('GET /v1/oncall/shifts', { query: { ...year, userId: 'mei' } });
    assert.ok(shifts.length > 100 && shifts.every(({ userId }) => userId === 'mei'));
    const { shares } = await admin.call('GET /v1/oncall/fairness', { query: year });
    assert.equal(shares.length, 9);
  });

  test('the commands say the same', async () => {
    const { url, admin, dataDirectory } = await suite.start();
    const token = readFileSync(`${dataDirectory}/admin-token`, 'utf8').trim();
    const run = async (...args: string[]): Promise<[number, string]> => {
      const env = { ...process.env, MERIDIAN_CONTROL: url, MERIDIAN_TOKEN: token, TZ: 'UTC' };
      const child = spawn(process.execPath, [MAIN, 'oncall', ...args], { env, cwd: dataDirectory });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data) => {
          output += String(data);
        });
      const [code] = (await once(child, 'close')) as [number];
      return [code, output];
    };
    await makeChannels(admin, ROTA);
    const bad = `${dataDirectory}/bad.yaml`;
    writeFileSync(bad, ROTA.replace('timeZone: Europe/Dublin, c', 'timeZone: Europe/Dubln, c'));
    const [refused, told] = await run('lint', bad);
    assert.equal(refused, 1);
    assert.match(told, /bad\.yaml:9: error: users\.aoife\.timeZone: "Europe\/Dubln" is no time zone/);
    const [code, applied] = await run('apply', EXAMPLE, '--comment', 'First');
    assert.deepEqual([code, applied], [0, 'Version 1 of the rota is in force.\n']);
    const at = ['--at', '2027-01-06T12:00:00Z'];
    const [[, now], [, shown], [, simulated]] = await Promise.all([
      run('now', ...at, '--json'),
      run('now', ...at),
      run('simulate', ...at, '--policy', 'video'),
    ]);
    const [duty] = JSON.parse(now) as { userId: string }[];
    assert.match(
      shown,
      new RegExp(`primary +${duty?.userId} +Wed,? 6 Jan 2027,? 18:00 UTC .*"Singapore" has no duty at 20:00`),
    );
    assert.match(simulated, /AFTER +WHOM[\s\S]*5 min[\s\S]*dana/);
    await admin.call('PUT /v1/oncall', { body: { text: SMALL_ROTA, isForced: true } });
    const [[, taken], [, paged]] = await Promise.all([
      run('take', 'small', 'cat', '--until', '1h'),
      run('page', 'Only a try'),
    ]);
    assert.match(taken, /^cat has duty in small from /);
    assert.match(paged, /^Only a try {2}pag_\w+\n {2}paging, step 1 of 2, round 1/);
  });

  test('shifts are given away, taken and swapped, and calendars show it', async () => {
    const { admin, url, clock } = await suite.start();
    await admin.call('PUT /v1/oncall', { body: { text: ROTA, isForced: true } });
    const dutyOf = async (atMs?: number) =>
      defined(
        (await admin.call('GET /v1/oncall/now', atMs === undefined ? {} : { query: { atMs } })).duties[0],
        'the duty of primary',
      );
    const before = await dutyOf();
    const params = { scheduleId: 'primary' };
    const taker = before.userId === 'sam' ? 'kim' : 'sam';
    const taken = await admin.call('POST /v1/oncall/schedules/{scheduleId}/take', {
      params,
      body: { userId: taker, reason: 'Lunch' },
    });
    assert.equal(taken.untilMs, before.untilMs);
    clock.advance(1_000);
    const during = await dutyOf();
    assert.deepEqual([during.userId, during.overrideId], [taker, taken.id]);
    assert.equal(during.reasons[0]?.values.reason, 'Lunch');
    assert.equal(
      await codeOf(
        admin.call('POST /v1/oncall/schedules/{scheduleId}/take', { params, body: { userId: taker } }),
      ),
      'conflict',
    );
    await admin.call('DELETE /v1/oncall/overrides/{overrideId}', { params: { overrideId: taken.id } });
    assert.equal((await dutyOf()).userId, before.userId);

    // Two days of different layers, a week ahead.
    const day = Math.ceil(clock.nowMs() / 86_400_000) + 7;
    const oneAtMs = day * 86_400_000 + 5 * 3_600_000;
    const otherAtMs = day * 86_400_000 + 13 * 3_600_000;
    const [one, other] = [await dutyOf(oneAtMs), await dutyOf(otherAtMs)];
    const swap = { oneAtMs, otherAtMs, reason: 'Wedding' };
    const { overrides } = await admin.call('POST /v1/oncall/schedules/{scheduleId}/swap', {
      params,
      body: swap,
    });
    assert.equal(overrides.length, 2);
    assert.deepEqual(
      [(await dutyOf(oneAtMs)).userId, (await dutyOf(otherAtMs)).userId],
      [other.userId, one.userId],
    );
    const refused: [object, string][] = [
      [{ scheduleId: 'primary', userId: 'mei', fromMs: 10, untilMs: 5, reason: '' }, 'invalid_request'],
      [{ scheduleId: 'primary', userId: 'mei', fromMs: 0, untilMs: 5, reason: '' }, 'invalid_request'],
      [{ scheduleId: 'primary', userId: 'nobody', fromMs: 0, untilMs: otherAtMs, reason: '' }, 'not_found'],
      [{ scheduleId: 'tertiary', userId: 'mei', fromMs: 0, untilMs: otherAtMs, reason: '' }, 'not_found'],
    ];
    for (const [body, code] of refused)
      assert.equal(await codeOf(admin.call('POST /v1/oncall/overrides', { body: body as never })), code);

    const { path, feed } = await admin.call('POST /v1/oncall/feeds', { body: { userId: 'mei' } });
    const response = await fetch(url + path);
    assert.equal(response.headers.get('content-type'), 'text/calendar; charset=utf-8');
    const calendar = await response.text();
    assert.match(calendar, /^BEGIN:VCALENDAR\r\nVERSION:2\.0\r\n/);
    assert.ok(calendar.split('\r\n').every((line) => Buffer.byteLength(line) <= 75));
    const unfolded = calendar.replaceAll('\r\n ', '');
    assert.match(unfolded, /SUMMARY:Mei Tan: First responders\r\n/);
    assert.equal(await (await fetch(url + path)).text(), calendar, 'asked again it says the same');
    const uids = unfolded.match(/^UID:.*$/gm) ?? [];
    assert.ok(
      uids.length > 20 && new Set(uids).size === uids.length,
      'each shift has an identity of its own',
    );
    await admin.call('DELETE /v1/oncall/feeds/{feedId}', { params: { feedId: feed.id } });
    assert.equal((await fetch(url + path)).status, 404);
    assert.equal((await fetch(`${url}/calendar/oncall.ics`)).status, 404);
  });

  test('a page by hand waits in control until somebody delivers, and ends when it is acknowledged', async () => {
    const { admin } = await suite.start();
    assert.equal(
      await codeOf(admin.call('POST /v1/oncall/escalations', { body: { title: 'Try' } })),
      'conflict',
    );
    await admin.call('PUT /v1/oncall', { body: { text: ROTA, isForced: true } });
    const page = await admin.call('POST /v1/oncall/escalations', { body: { title: 'Try' } });
    assert.deepEqual([page.status, page.step, page.steps], ['paging', 1, 3]);
    const params = { incidentId: page.incidentId };
    const { entries } = await admin.call('GET /v1/oncall/escalations/{incidentId}', { params });
    const [entry] = entries;
    assert.equal(entry?.kind, 'page');
    assert.equal(entry?.reasons.at(-1)?.code, 'contact');
    const taken = await admin.call('POST /v1/oncall/escalations/{incidentId}/acknowledge', {
      params,
      body: { userId: 'jan' },
    });
    assert.deepEqual([taken.status, taken.acknowledgedBy], ['acknowledged', 'jan']);
    const after = await admin.call('GET /v1/oncall/escalations/{incidentId}', { params });
    assert.deepEqual(
      after.entries.filter(({ kind }) => kind === 'page').map(({ state }) => state),
      entries.filter(({ kind }) => kind === 'page').map(() => 'void'),
    );
    const higher = await admin.call('POST /v1/oncall/escalations/{incidentId}/escalate', { params });
    assert.deepEqual([higher.status, higher.step], ['paging', 2]);
    const over = await admin.call('POST /v1/oncall/escalations/{incidentId}/stop', { params, body: {} });
    assert.deepEqual([over.status, over.nextAtMs], ['stopped', null]);
    const { entries: audit } = await admin.call('GET /v1/audit');
    assert.deepEqual(
      audit.slice(0, 5).map(({ action }) => action),
      ['oncall.stop', 'oncall.escalate', 'oncall.acknowledge', 'oncall.page', 'oncall.apply'],
    );
  });
});

onEveryDatabase('pages', (suite) => {
  test('an incident pages, and whoever takes the page has the incident', async () => {
    const { admin } = await suite.start();
    await admin.call('PUT /v1/oncall', { body: { text: SMALL_ROTA, isForced: true } });
    const opened = await admin.call('POST /v1/incidents', { body: { title: 'Wait', severity: 'sev1' } });
    const params = { incidentId: opened.id };
    const page = await waitFor('the page', () =>
      admin.call('GET /v1/oncall/escalations/{incidentId}', { params }).catch(() => undefined),
    );
    assert.deepEqual([page.title, page.severity, page.status], ['Wait', 'sev1', 'paging']);
    await admin.call('POST /v1/oncall/escalations/{incidentId}/acknowledge', {
      params,
      body: { userId: 'ann' },
    });
    const taken = await waitFor('the incident to be taken', async () => {
      const incident = await admin.call('GET /v1/incidents/{incidentId}', { params });
      return incident.state === 'acknowledged' ? incident : undefined;
    });
    assert.equal(taken.acknowledgedBy, 'ann');
    await admin.call('POST /v1/incidents/{incidentId}/resolve', { params, body: { reason: 'Over' } });
    await waitFor('the page to end', async () => {
      const { status } = await admin.call('GET /v1/oncall/escalations/{incidentId}', { params });
      return status === 'stopped';
    });
  });

  test('what was opened while there was no rota pages once one is applied, once, unless it is over or taken', async () => {
    const { admin, database, clock, dataDirectory, control } = await suite.start();
    const open = async (title: string, escalationPolicyId?: string) => {
      const body = {
        title,
        severity: 'sev1' as const,
        ...(escalationPolicyId === undefined ? {} : { escalationPolicyId }),
      };
      const { id } = await admin.call('POST /v1/incidents', { body });
      const params = { incidentId: id };
      await waitFor('the page without a rota', () =>
        admin.call('GET /v1/oncall/escalations/{incidentId}', { params }).catch(() => undefined),
      );
      return id;
    };
    const ids = [await open('Wait'), await open('Other', 'quiet'), await open('Over'), await open('Taken')];
    const [wait, other, over, taken] = ids.map((id) => defined(id, 'an incident')) as [
      string,
      string,
      string,
      string,
    ];
    const pageOf = (incidentId: string) =>
      admin.call('GET /v1/oncall/escalations/{incidentId}', { params: { incidentId } });
    await admin.call('POST /v1/incidents/{incidentId}/resolve', {
      params: { incidentId: over },
      body: { reason: 'x' },
    });
    await admin.call('POST /v1/incidents/{incidentId}/acknowledge', { params: { incidentId: taken } });
    await waitFor('the end', async () => (await pageOf(over)).status === 'stopped');
    await waitFor('who has it', async () => (await pageOf(taken)).status === 'acknowledged');
    assert.equal((await pageOf(wait)).status, 'exhausted');

    const text = `${SMALL_ROTA}  quiet:\n    steps:\n      - notify: [{ user: cat }]\n    lastResort: { notify: [{ channel: everybody }] }\n`;
    await admin.call('PUT /v1/oncall', { body: { text, isForced: true } });
    for (const id of [wait, other])
      await waitFor('the page to begin', async () => (await pageOf(id)).status === 'paging');
    await control.stop();
    // Another leader finds nothing left to begin.
    const context = { dataDirectory, database, clock, config: configSchema.parse({}), log: silentLog };
    const oncall = createOncall({
      context: { ...context, metrics: createMetrics(), random: randomBytes },
      ports: { notifier: null, timeline: null },
      mayWork: () => true,
    });
    await oncall.tick();
    const pages = await database
      .selectFrom('oncall_entries')
      .select(['incident_id', 'user_id'])
      .where('kind', '=', 'page')
      .orderBy('id')
      .execute();
    assert.deepEqual(
      pages.map(({ incident_id: id, user_id: user }) => [id, user === 'cat']).sort(),
      [
        [wait, false],
        [other, true],
      ].sort(),
    );
  });

  test('a page climbs through the policy, and what has been acknowledged wakes nobody', async () => {
    const world = await suite.start();
    const { oncall, sent, told } = await ownOncall(world);
    const { clock, database } = world;
    const atMs = clock.nowMs();
    const view = await oncall.rotas.current(database, atMs);
    const incidentId = incidentOf(atMs);
    await oncall.escalations.start(request(incidentId));
    await oncall.escalations.start(request(incidentId));
    await oncall.tick();
    await oncall.tick();
    assert.equal(new Set(sent.map(({ key }) => key)).size, sent.length);
    const [first] = sent;
    assert.equal(first?.subjectId, incidentId);
    assert.match(first?.text ?? '', /^SEV1: Viewers of Dublin wait\nIt is your turn in ".+", which changes /);
    const firstUser = String(first?.details.userId);
    assert.ok(view.rota.users.has(firstUser));
    clock.advance(5 * MINUTE_MS);
    await oncall.tick();
    const users = new Set(usersOf(sent));
    assert.equal(users.size, 2, 'the second schedule has somebody else');
    const second = String(sent.at(-1)?.details.userId);
    const before = sent.length;
    await oncall.escalations.acknowledge(incidentId, second);
    clock.advance(30 * MINUTE_MS);
    await oncall.tick();
    assert.equal(sent.length, before);
    assert.ok(told.includes(`acknowledge ${second}`) && told.some((text) => text.startsWith('page ')));
    clock.advance(31 * MINUTE_MS);
    await oncall.tick();
    assert.ok(sent.length > before, 'an acknowledgement that led to nothing expires');
    await oncall.escalations.stop(incidentId, 'resolved');
    await oncall.escalations.start(request(incidentId));
    await oncall.tick();
    const keys = sent.map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length, 'a reopened incident pages under keys of its own');
    assert.ok(keys.some((key) => key.startsWith(`${incidentId}/2/`)));
    await oncall.escalations.acknowledge(incidentOf(atMs), 'jan');
    clock.advance(2 * MINUTE_MS);
    await oncall.escalations.start(request(incidentId));
    await oncall.tick();
    const places = new Set(sent.map(({ key }) => key.split('/').slice(1, 3).join(' ')));
    assert.deepEqual([...places].slice(-2), ['2 1.1', '2 1.2'], 'a wish for more pages the next step');
  });

  test('a channel that fails is tried again, and does not keep others from being paged', async () => {
    const world = await suite.start();
    const own = await ownOncall(world);
    const { oncall, sent } = own;
    let failures = 0;
    const failing = incidentOf(world.clock.nowMs());
    own.onSend = ({ subjectId }) => {
      if (subjectId !== failing || failures >= 3) return;
      failures += 1;
      throw new Error('no such channel');
    };
    await oncall.escalations.start(request(failing));
    await oncall.escalations.start(request(incidentOf(world.clock.nowMs() + 1)));
    await oncall.tick();
    assert.ok(sent.length > 0 && sent.every(({ subjectId }) => subjectId !== failing));
    const problem = await world.database
      .selectFrom('oncall_entries')
      .select(['problem', 'state'])
      .where('incident_id', '=', failing)
      .where('kind', '=', 'page')
      .executeTakeFirstOrThrow();
    assert.deepEqual(problem, { problem: 'no such channel', state: 'waiting' });
    for (let round = 0; round < 4; round += 1) {
      world.clock.advance(10_000);
      await oncall.tick();
    }
    assert.equal(sent.filter(({ subjectId }) => subjectId === failing).length > 0, true);
  });

  test('kills between paging and writing it down lose no page, and repeat one under its own key alone', async () => {
    const world = await suite.start();
    const { oncall } = await ownOncall(world);
    const received: string[] = [];
    let mayAnswer = false;
    const server = createServer((incoming, outgoing) => {
      let body = '';
      incoming.on('data', (data) => {
        body += String(data);
      });
      incoming.on('end', () => {
        received.push((JSON.parse(body) as Sent).key);
        if (mayAnswer) outgoing.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(world.database);
      const name = defined(rows[0], 'a row').name;
      const start = (aheadMs: number): ChildProcess => {
        const options: OncallChildOptions = {
          address: addressOf(suite, name),
          receiverUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
          aheadMs,
        };
        const child = spawn(process.execPath, [CHILD, JSON.stringify(options)], { stdio: 'inherit' });
        children.push(child);
        return child;
      };
      const kill = async (child: ChildProcess): Promise<void> => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      };
      const incidentId = incidentOf(world.clock.nowMs());
      await oncall.escalations.start(request(incidentId));
      // The first page is out when the process dies; nobody wrote that down.
      const first = start(0);
      await waitFor('the first page', () => received.length > 0);
      await kill(first);
      assert.equal(new Set(received).size, 1);
      mayAnswer = true;
      // The next one comes six minutes later: it repeats the first page and begins the second step.
      const second = start(6 * MINUTE_MS);
      await waitFor('the second step', () => received.some((key) => key.includes('/1.2/')));
      await kill(second);
      const third = start(30 * MINUTE_MS);
      await waitFor('the third step', () => received.some((key) => key.includes('/1.3/')));
      await kill(third);
      const counts = new Map<string, number>();
      for (const key of received) counts.set(key, (counts.get(key) ?? 0) + 1);
      assert.ok(Math.max(...counts.values()) <= 3, 'each death repeats what was out at most');
      assert.equal(counts.get(defined(received[0], 'the first')), 2);
      const pages = await world.database
        .selectFrom('oncall_entries')
        .selectAll()
        .where('kind', '=', 'page')
        .execute();
      const keys = pages.map(({ key }) => key);
      for (const key of received) assert.ok(keys.includes(key), `${key} is known`);
      const whom = pages.map(
        ({ key, user_id, channel_id }) => `${key.split('/')[2]} ${user_id} ${channel_id}`,
      );
      assert.equal(new Set(whom).size, whom.length, 'nobody was paged twice for one step');
      for (const { key, state } of pages)
        if (state === 'done') assert.ok(received.includes(key), `${key} is said to be out, and is`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

/** Where a process of its own reaches a database of the suite. */
function addressOf(suite: Suite, database: string): OncallChildOptions['address'] {
  const socketPath = suite.socketPath();
  if (socketPath !== null) return { socketDirectory: dirname(socketPath), database, user: 'meridian' };
  const url = new URL(defined(process.env.MERIDIAN_TEST_DATABASE_URL, 'an address'));
  url.pathname = `/${database}`;
  return { url: url.href };
}
