import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeWebhookSecret, renderEvent, signatureOf } from './cloud-event.ts';

const event = {
  id: 'evt_1',
  sequence: 42,
  type: 'asset.ready',
  subject: 'ast_1',
  atMs: Date.UTC(2026, 4, 3, 14, 3, 27, 120),
  data: { name: 'Ünder' },
};

test('the signature is that of the published example of Standard Webhooks', () => {
  const message = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampSeconds: 1614265330,
    body: '{"test": 2432232314}',
  };
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
  assert.equal(signatureOf([secret], message), signature);
  const other = makeWebhookSecret((bytes) => new Uint8Array(bytes).fill(7));
  assert.equal(Buffer.from(other.slice('whsec_'.length), 'base64').length, 32);
  const both = signatureOf([other, secret], message).split(' ');
  assert.deepEqual([both.length, both[1]], [2, signature]);
});

test('a structured event has every attribute and its data in the body', () => {
  const { contentType, headers, body } = renderEvent(event, 'https://control.example', 'structured');
  assert.equal(contentType, 'application/cloudevents+json; charset=utf-8');
  assert.deepEqual(headers, {});
  assert.deepEqual(JSON.parse(body), {
    specversion: '1.0',
    id: 'evt_1',
    source: 'https://control.example',
    type: 'asset.ready',
    subject: 'ast_1',
    time: '2026-05-03T14:03:27.120Z',
    sequence: '0000000000000042',
    datacontenttype: 'application/json',
    data: { name: 'Ünder' },
  });
});

test('a binary event has its attributes in headers and nothing but data in the body', () => {
  const { contentType, headers, body } = renderEvent(event, 'urn:meridian:control', 'binary');
  assert.equal(contentType, 'application/json');
  assert.equal(body, '{"name":"Ünder"}');
  assert.deepEqual(headers, {
    'ce-specversion': '1.0',
    'ce-id': 'evt_1',
    'ce-source': 'urn:meridian:control',
    'ce-type': 'asset.ready',
    'ce-subject': 'ast_1',
    'ce-time': '2026-05-03T14:03:27.120Z',
    'ce-sequence': '0000000000000042',
  });
});
