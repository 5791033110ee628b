import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { test } from 'node:test';
import { createPublicLookup, findForbiddenHost, type ResolvedAddress } from './guarded-lookup.ts';

const at = (...addresses: string[]): ResolvedAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

function look(found: ResolvedAddress[], options: { all: boolean; family?: number }) {
  return new Promise<string | LookupAddress[]>((resolve, reject) => {
    createPublicLookup(async () => found)('hooks.example', options, (error, address) => {
      if (error === null) resolve(address);
      else reject(error);
    });
  });
}

test('a lookup gives the public addresses of a name and no others', async () => {
  const found = at('10.0.0.1', '2606:4700::1', '8.8.8.8', '::ffff:127.0.0.1');
  assert.deepEqual(await look(found, { all: true }), at('2606:4700::1', '8.8.8.8'));
  assert.equal(await look(found, { all: false }), '2606:4700::1');
  assert.equal(await look(found, { all: false, family: 4 }), '8.8.8.8');
});

test('a name without a public address is refused, and the refusal names what was found', async () => {
  await assert.rejects(look(at('10.0.0.1', 'fe80::1'), { all: true }), {
    name: 'ForbiddenAddressError',
    message: 'hooks.example has no public address (10.0.0.1, private; fe80::1, link-local)',
  });
  await assert.rejects(look([], { all: false }), { name: 'ForbiddenAddressError' });
});

test('an address in a URL, and names of this machine, are refused before anything is looked up', () => {
  const reasonOf = (url: string) => findForbiddenHost(new URL(url))?.message;
  assert.equal(reasonOf('http://0x7f.1/'), '127.0.0.1 is not a public address (loopback)');
  assert.equal(reasonOf('http://[::ffff:10.0.0.1]/'), '::ffff:a00:1 is not a public address (private)');
  assert.equal(reasonOf('http://Localhost.:80/'), 'localhost is this machine itself');
  assert.equal(reasonOf('http://a.localhost/'), 'a.localhost is this machine itself');
  assert.equal(reasonOf('http://8.8.8.8/'), undefined);
  assert.equal(reasonOf('http://localhost.example/'), undefined);
});
