// A control plane with a receiver of webhooks, and short names for what tests of webhooks do all the time.

import { after } from 'node:test';
import { defined } from '#base/assert.ts';
import type { DeliveryView, EventType, WebhookView } from '#contract/api/events.ts';
import { waitFor } from '../support/wait-for.ts';
import { type FakeNode, makeRecord, type Suite, type TestControl } from './support.ts';
import { type Receiver, startReceiver } from './webhook-receiver.ts';

/** Receivers of tests listen on loopback. */
export const ALLOW_PRIVATE = { webhooks: { allowPrivateAddresses: true } };

export interface WebhookWorld {
  readonly world: TestControl;
  readonly node: FakeNode;
  receiver(): Promise<Receiver>;
  /** Adds a webhook for everything that happens, or for some of it. */
  add(url: string, eventTypes?: readonly EventType[]): Promise<{ webhook: WebhookView; secret: string }>;
  /** Uploads a video: asset.created. */
  upload(): Promise<string>;
  /** Changes its name: asset.renamed. */
  rename(assetId: string, name: string): Promise<void>;
  view(webhookId: string): Promise<WebhookView>;
  /** Oldest first. */
  deliveries(webhookId: string, state?: DeliveryView['state']): Promise<DeliveryView[]>;
  /** Waits until nothing is left to be delivered. */
  settled(webhookId: string): Promise<DeliveryView[]>;
}

const receivers: Receiver[] = [];
after(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});

/** Starts one. */
export async function startWebhookWorld(suite: Suite, config: object = ALLOW_PRIVATE): Promise<WebhookWorld> {
  const world = await suite.start({ config });
  const node = await world.node('dublin-1');
  const { admin } = world;
  const own: WebhookWorld = {
    world,
    node,
    async receiver() {
      const receiver = await startReceiver();
      receivers.push(receiver);
      return receiver;
    },
    add: (url, eventTypes = []) =>
      admin.call('POST /v1/webhooks', { body: { url, eventTypes: [...eventTypes] } }),
    async upload() {
      const record = makeRecord();
      await node.api.call('POST /node/v1/uploads', { body: { record } });
      return record.assetId;
    },
    async rename(assetId, name) {
      await admin.call('PATCH /v1/assets/{assetId}', { params: { assetId }, body: { name } });
    },
    view: (webhookId) => admin.call('GET /v1/webhooks/{webhookId}', { params: { webhookId } }),
    async deliveries(webhookId, state) {
      const query = { limit: 200, ...(state === undefined ? {} : { state }) };
      const params = { webhookId };
      const { deliveries } = await admin.call('GET /v1/webhooks/{webhookId}/deliveries', { params, query });
      return deliveries.reverse();
    },
    async settled(webhookId) {
      await waitFor(
        'all deliveries to end',
        async () => (await own.view(webhookId)).waitingCount === 0,
        30_000,
      );
      return own.deliveries(webhookId);
    },
  };
  return own;
}

/** The only delivery. */
export async function onlyDelivery(own: WebhookWorld, webhookId: string): Promise<DeliveryView> {
  return defined((await own.deliveries(webhookId))[0], 'a delivery');
}
