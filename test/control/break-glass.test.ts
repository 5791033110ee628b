// Breaking the glass: who may, that it pages and is seen, that it ends in every way, and that it needs no provider.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { normalizeCode } from '#control/access/recovery-codes.ts';
import { SMALL_ROTA } from '../oncall/oncall-things.ts';
import { waitFor } from '../support/wait-for.ts';
import { codeOf, onEveryDatabase } from './support.ts';

const REASON = 'dublin burns and nobody else is awake';

onEveryDatabase('breaking the glass', (suite) => {
  test('an operator is admin for a while, in front of everybody, and no longer', async () => {
    const world = await suite.start();
    await world.admin.call('PUT /v1/oncall', { body: { text: SMALL_ROTA, isForced: true } });
    const { token } = await world.admin.call('POST /v1/tokens', {
      body: { name: 'dublin crew', role: 'operator', regionIds: ['dublin'] },
    });
    const crew = world.client(token);
    const viewer = await world.clientFor('viewer');
    assert.equal(await codeOf(crew.call('GET /v1/audit')), 'forbidden');
    assert.equal(
      await codeOf(viewer.call('POST /v1/break-glass', { body: { reason: REASON } })),
      'forbidden',
    );
    const short = { reason: 'because' };
    assert.equal(await codeOf(crew.call('POST /v1/break-glass', { body: short })), 'invalid_request');
    const long = { reason: REASON, ttlMs: 3_600_001 };
    assert.equal(await codeOf(crew.call('POST /v1/break-glass', { body: long })), 'invalid_request');

    const glass = await crew.call('POST /v1/break-glass', { body: { reason: REASON, ttlMs: 600_000 } });
    const me = await crew.call('GET /v1/session');
    assert.deepEqual([me.role, me.regionIds, me.breakGlass?.id], ['admin', null, glass.id]);
    assert.equal(
      await codeOf(crew.call('POST /v1/break-glass', { body: { reason: REASON } })),
      'conflict',
      'once at a time',
    );
    // Whoever is on call hears of it, everybody sees it, and the trail names it.
    const { escalations } = await world.admin.call('GET /v1/oncall/escalations');
    const page = defined(
      escalations.find(({ incidentId }) => incidentId === glass.pageId),
      'a page',
    );
    assert.match(page.title, /dublin crew broke the glass and is admin: dublin burns/);
    const seen = await viewer.call('GET /v1/break-glass');
    assert.deepEqual(
      seen.active.map(({ id, isOwn }) => [id, isOwn]),
      [[glass.id, false]],
    );
    await crew.call('POST /v1/projects', { body: { id: 'films', name: 'Films' } });
    const { entries } = await crew.call('GET /v1/audit', { query: { limit: 2 } });
    assert.match(defined(entries[0], 'an entry').actor, new RegExp(`by break-glass ${glass.id}$`));
    assert.deepEqual([entries[1]?.action, entries[1]?.subject], ['break-glass.begin', glass.id]);
    // Nothing that is made behind it opens the next hour.
    const lasting = { name: 'back door', role: 'admin' as const };
    assert.equal(await codeOf(crew.call('POST /v1/tokens', { body: lasting })), 'conflict');
    assert.equal(await codeOf(crew.call('POST /v1/recovery-codes')), 'conflict');
    await crew.call('POST /v1/tokens', { body: { ...lasting, ttlMs: 60_000 } });

    // It ends by itself, at once for whoever asks, and with a row soon after.
    world.clock.advance(600_000);
    assert.equal((await crew.call('GET /v1/session')).role, 'operator');
    assert.equal(await codeOf(crew.call('GET /v1/audit')), 'forbidden');
    await waitFor('the row of its end', async () => {
      const trail = await world.admin.call('GET /v1/audit', { query: { limit: 10 } });
      return trail.entries.some(
        ({ action, actor }) => action === 'break-glass.end' && actor === 'break-glass',
      );
    });

    // Or early: by whoever broke it, or by an admin, and by nobody else.
    const again = await crew.call('POST /v1/break-glass', { body: { reason: REASON } });
    const params = { breakGlassId: again.id };
    const end = 'POST /v1/break-glass/{breakGlassId}/end';
    assert.equal(await codeOf(viewer.call(end, { params })), 'forbidden');
    assert.equal((await crew.call(end, { params })).endedBy, 'dublin crew');
    assert.equal((await crew.call('GET /v1/session')).role, 'operator');
    assert.equal(await codeOf(crew.call(end, { params })), 'conflict');
  });

  test('a recovery code opens once, without any provider, and its token ends with it', async () => {
    const secretFile = join(tmpdir(), `meridian-glass-${process.pid}`);
    writeFileSync(secretFile, 'secret', { mode: 0o600 });
    const oidc = {
      // Nobody listens there: the provider is away.
      issuer: 'http://127.0.0.1:9',
      clientId: 'meridian',
      clientSecretFile: secretFile,
      roles: [{ group: 'sre', role: 'admin' }],
    };
    const world = await suite.start({ config: { access: { oidc } } });
    const { codes: old } = await world.admin.call('POST /v1/recovery-codes');
    const { codes } = await world.admin.call('POST /v1/recovery-codes');
    const [first = '', second = ''] = codes;
    assert.match(first, /^(?:[0-9A-Z]{5}-){3}[0-9A-Z]{5}$/);
    const stranger = world.client();
    const recover = (code: string) =>
      stranger.call('POST /v1/break-glass/recover', { body: { code, name: 'Ada', reason: REASON } });
    assert.equal(await codeOf(recover(old[0] ?? '')), 'wrong_credential', 'older codes count no longer');
    const { token, view } = await recover(first.toLowerCase().replaceAll('-', ' '));
    assert.equal(await codeOf(recover(first)), 'wrong_credential', 'each counts once');
    const ada = world.client(token);
    const me = await ada.call('GET /v1/session');
    assert.deepEqual([me.role, me.breakGlass?.id], ['admin', view.id]);
    const { entries } = await ada.call('GET /v1/audit', { query: { limit: 1 } });
    assert.equal(entries[0]?.actor, 'recovery code 1, used by Ada');
    const left = await world.admin.call('GET /v1/recovery-codes');
    assert.equal(left.codes.filter(({ usedAtMs }) => usedAtMs === null).length, codes.length - 1);

    await world.admin.call('POST /v1/break-glass/{breakGlassId}/end', { params: { breakGlassId: view.id } });
    assert.equal(await codeOf(ada.call('GET /v1/session')), 'wrong_credential');
    const next = world.client((await recover(second)).token);
    world.clock.advance(1_800_000);
    assert.equal(await codeOf(next.call('GET /v1/session')), 'wrong_credential');
    // Guessing is slowed down.
    for (let count = 0; count < 10; count += 1)
      assert.equal(await codeOf(recover('wrong')), 'wrong_credential');
    assert.equal(await codeOf(recover('wrong')), 'rate_limited');
  });
});

test('a code is read as people write it', () => {
  assert.equal(normalizeCode(' 7kq2m-Of8xa p3d6t_9XWIL '), '7KQ2M0F8XAP3D6T9XW11');
});
