// Live updates over real HTTP and a real database: who hears of what, also of changes that another process makes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { noticeSchema } from '#contract/api/updates.ts';
import { PROJECT_TOPICS, UPDATES_PATH } from '#contract/update-topics.ts';
import { STREAM_MS_MAX, STREAMS_PER_TOKEN_MAX } from '#control/updates/limits.ts';
import { waitFor } from '../support/wait-for.ts';
import { onEveryDatabase, type TestControl } from './support.ts';

interface Listener {
  readonly status: number;
  readonly type: string | null;
  /** Topics told of so far, in order. */
  readonly topics: string[];
  isEnded: boolean;
  close(): void;
}

const adminToken = (world: TestControl): string =>
  readFileSync(join(world.dataDirectory, 'admin-token'), 'utf8').trim();

async function listen(world: TestControl, query = '', token = adminToken(world)): Promise<Listener> {
  const aborting = new AbortController();
  const response = await fetch(`${world.url}${UPDATES_PATH}${query}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: aborting.signal,
  });
  const listener: Listener = {
    status: response.status,
    type: response.headers.get('content-type'),
    topics: [],
    isEnded: false,
    close: () => aborting.abort(),
  };
  const read = async (): Promise<void> => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString('utf8');
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events)
        if (event.startsWith('data: '))
          listener.topics.push(noticeSchema.parse(JSON.parse(event.slice(6))).topic);
    }
  };
  void read()
    .catch(() => undefined)
    .finally(() => {
      listener.isEnded = true;
    });
  return listener;
}

const tokenOf = async (world: TestControl, projectId: string | null): Promise<string> =>
  (await world.admin.call('POST /v1/tokens', { body: { name: 'listener', role: 'viewer', projectId } }))
    .token;

onEveryDatabase('live updates', (suite) => {
  test('a change is told to who listens to its topic, whoever made it', async () => {
    const world = await suite.start();
    const all = await listen(world);
    const incidents = await listen(world, '?topics=incidents,runs');
    assert.deepEqual([all.status, all.type], [200, 'text/event-stream']);
    await world.admin.call('POST /v1/projects', { body: { id: 'films', name: 'Films' } });
    await waitFor('the audit entry to be told', () => all.topics.includes('audit'));
    await world.admin.call('POST /v1/changes', { body: { kind: 'deploy', summary: 'a new version' } });
    await waitFor('the change to be told', () => all.topics.includes('changes'));
    // Another process writes: a second control, psql. A row that stays as it was is no change.
    await sql`update projects set name = name`.execute(world.database);
    await sql`insert into audit_entries (at_ms, actor, action, subject, project_id, details)
      values (1, 'psql', 'test', 'x', null, '{}')`.execute(world.database);
    const before = all.topics.length;
    await waitFor('what psql did to be told', () => all.topics.slice(before).includes('audit'));
    // What was under way when it began to listen may be told once more; nothing else is.
    const asked = new Set(['incidents', 'runs']);
    assert.deepEqual(
      incidents.topics.filter((topic) => !asked.has(topic)),
      [],
    );
    all.close();
    incidents.close();
  });

  test('a change of a long transaction is told after its end', async () => {
    const world = await suite.start();
    const listener = await listen(world, '?topics=changes');
    let after = 0;
    await world.database.transaction().execute(async (transaction) => {
      await sql`insert into changes (at_ms, kind, summary, actor, labels, details, recorded_at_ms)
        values (1, 'deploy', 'slow', 'psql', '{}', '{}', 1)`.execute(transaction);
      await waitFor('the change to be noticed before it is made', () => listener.topics.length > 0);
      after = listener.topics.length;
    });
    await waitFor('the change to be told again', () => listener.topics.length > after);
    listener.close();
  });

  test('a token of one project hears of what concerns projects alone', async () => {
    const world = await suite.start();
    const token = await tokenOf(world, 'default');
    assert.equal((await listen(world, '?topics=incidents', token)).status, 403);
    const listener = await listen(world, '', token);
    await world.admin.call('POST /v1/changes', { body: { kind: 'deploy', summary: 'a new version' } });
    await world.admin.call('POST /v1/projects', { body: { id: 'films', name: 'Films' } });
    await waitFor('the audit entry to be told', () => listener.topics.includes('audit'));
    assert.deepEqual(
      listener.topics.filter((topic) => !PROJECT_TOPICS.has(topic as never)),
      [],
    );
    listener.close();
  });

  test('strangers, unknown topics and too many streams are refused, and a stream that is left makes room', async () => {
    const world = await suite.start();
    assert.equal((await fetch(`${world.url}${UPDATES_PATH}`)).status, 401);
    const wrong = await fetch(`${world.url}${UPDATES_PATH}?topics=jobs,weather`, {
      headers: { authorization: `Bearer ${adminToken(world)}` },
    });
    assert.match(JSON.stringify(await wrong.json()), /there is no topic .*weather.*the topics are incidents/);
    const token = await tokenOf(world, null);
    const open = await Promise.all(
      Array.from({ length: STREAMS_PER_TOKEN_MAX }, () => listen(world, '', token)),
    );
    assert.deepEqual(new Set(open.map(({ status }) => status)), new Set([200]));
    assert.equal((await listen(world, '', token)).status, 503);
    open.pop()?.close();
    await waitFor('room for one more', async () => {
      const next = await listen(world, '', token);
      next.close();
      return next.status === 200;
    });
    for (const listener of open) listener.close();
  });

  test('a stream ends after its time, so that a lost right is lost', async () => {
    const world = await suite.start();
    const listener = await listen(world);
    world.clock.advance(STREAM_MS_MAX);
    await waitFor('the end of the stream', () => listener.isEnded);
  });
});
