// What webhooks are told of incidents: each change once, signed, in the order of each incident.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { incidentEventDataSchema } from '#contract/api/events.ts';
import { codeOf, onEveryDatabase } from './support.ts';
import { signersOf } from './webhook-receiver.ts';
import { startWebhookWorld } from './webhook-world.ts';

onEveryDatabase('events of incidents', (suite) => {
  test('every change is a signed CloudEvent, in order also past a receiver that fails', async () => {
    const own = await startWebhookWorld(suite);
    const receiver = await own.receiver();
    const { webhook, secret } = await own.add(receiver.url);
    const { world } = own;
    const project = await world.admin.call('POST /v1/webhooks', {
      body: { url: receiver.url, projectId: 'default' },
    });
    const ada = await world.clientFor('operator');
    const open = (title: string) =>
      ada.call('POST /v1/incidents', { body: { title, severity: 'sev2', labels: { region: 'dublin' } } });
    const { id } = await open('Pictures are green');
    const params = { incidentId: id };
    await own.settled(webhook.id);
    // The next one fails once: what follows of this incident waits for it.
    receiver.answer = ({ event }) => (event.type === 'incident.acknowledged' && fails-- > 0 ? 500 : 204);
    let fails = 1;
    await ada.call('POST /v1/incidents/{incidentId}/acknowledge', { params });
    await ada.call('POST /v1/incidents/{incidentId}/acknowledge', { params });
    await ada.call('PATCH /v1/incidents/{incidentId}', { params, body: { severity: 'sev1' } });
    await ada.call('PATCH /v1/incidents/{incidentId}', { params, body: { title: 'All is green' } });
    await ada.call('POST /v1/incidents/{incidentId}/resolve', { params, body: { reason: 'a new cable' } });
    await ada.call('POST /v1/incidents/{incidentId}/reopen', {
      params,
      body: { reason: 'it is green again' },
    });
    const other = await open('The same');
    await ada.call('POST /v1/incidents/{incidentId}/merge', { params, body: { into: other.id } });
    assert.equal(
      await codeOf(ada.call('POST /v1/incidents/{incidentId}/resolve', { params, body: { reason: 'x' } })),
      'conflict',
    );
    // Nothing but the order of deliveries holds the later ones back.
    world.clock.advance(3_600_000);
    await own.settled(webhook.id);
    const requests = receiver.received.filter(({ event }) => event.subject === id);
    assert.deepEqual(
      requests.map(({ event }) => event.type),
      [
        'incident.opened',
        'incident.acknowledged',
        'incident.acknowledged',
        'incident.severity_changed',
        'incident.resolved',
        'incident.reopened',
        'incident.merged',
      ],
    );
    for (const request of requests) {
      assert.deepEqual(signersOf(request, [secret]), [0]);
      assert.equal(request.event.specversion, '1.0');
    }
    assert.equal(new Set(requests.map((request) => request.id)).size, requests.length - 1);
    const told = requests.map(({ event }) => incidentEventDataSchema.parse(event.data));
    assert.deepEqual(
      told.map(({ state, severity }) => `${state} ${severity}`),
      [
        'open sev2',
        'acknowledged sev2',
        'acknowledged sev2',
        'acknowledged sev1',
        'resolved sev1',
        'open sev1',
        'merged sev1',
      ],
    );
    const [opened, acknowledged, , severity, resolved, reopened, merged] = told;
    assert.equal(opened?.incidentId, id);
    assert.match(opened?.url ?? '', new RegExp(`/#/incidents/${id}$`));
    assert.equal(acknowledged?.acknowledgedBy, defined(acknowledged?.actor, 'an actor'));
    assert.equal(severity?.previousSeverity, 'sev2');
    assert.deepEqual([resolved?.title, resolved?.resolution], ['All is green', 'a new cable']);
    assert.deepEqual([reopened?.reopenedCount, reopened?.acknowledgedBy], [1, null]);
    assert.equal(merged?.mergedInto, other.id);
    // Incidents belong to no project.
    assert.deepEqual(await own.deliveries(project.webhook.id), []);
  });
});
