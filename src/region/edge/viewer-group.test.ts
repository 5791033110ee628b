import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileNetworks } from './viewer-group.ts';

test('networks are matched by the longest prefix, in both families', () => {
  const regionOf = compileNetworks([
    { regionId: 'dublin', cidrs: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'] },
    { regionId: 'singapore', cidrs: ['10.1.0.0/16', '2001:db8:1::/48', '::ffff:0:0/96', '2001:db8::5'] },
    { regionId: 'los-angeles', cidrs: ['10.1.2.128/25'] },
  ]);
  const table: readonly (readonly [string, string | undefined])[] = [
    ['10.9.9.9', 'dublin'],
    ['10.1.9.9', 'singapore'],
    ['10.1.2.127', 'singapore'],
    ['10.1.2.128', 'los-angeles'],
    ['::ffff:10.1.2.200', 'los-angeles'],
    ['11.0.0.1', undefined],
    ['192.0.2.7', 'dublin'],
    ['192.0.2.8', undefined],
    ['2001:db8::1', 'dublin'],
    ['2001:db8::5', 'singapore'],
    ['2001:db8:1:2::9', 'singapore'],
    ['2001:db8:2::9', 'dublin'],
    ['2001:db9::', undefined],
    ['fe80::1%eth0', undefined],
    ['not an address', undefined],
    ['', undefined],
  ];
  for (const [address, expected] of table) assert.equal(regionOf(address), expected, address);
});

test('every address is in the network of length 0', () => {
  const regionOf = compileNetworks([{ regionId: 'dublin', cidrs: ['0.0.0.0/0', '::/0'] }]);
  assert.equal(regionOf('203.0.113.9'), 'dublin');
  assert.equal(regionOf('2001:db8::'), 'dublin');
});

test('what is not a network is refused by name', () => {
  for (const cidr of ['10.0.0.0/33', '10.0.0/8', '2001:db8::/129', 'x', '10.0.0.0/-1', '10.0.0.0/a'])
    assert.throws(() => compileNetworks([{ regionId: 'dublin', cidrs: [cidr] }]), {
      code: 'invalid_config',
      message: new RegExp(`'${cidr.replaceAll('.', '\\.')}' in viewerGroups of dublin`),
    });
});
