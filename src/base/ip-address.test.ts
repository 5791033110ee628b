import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AddressKind, addressKind, addressOfHost, isPublicAddress } from './ip-address.ts';

const KINDS: readonly (readonly [string, AddressKind])[] = [
  ['8.8.8.8', 'public'],
  ['1.1.1.1', 'public'],
  ['223.255.255.255', 'public'],
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['10.0.0.1', 'private'],
  ['10.255.255.255', 'private'],
  ['9.255.255.255', 'public'],
  ['11.0.0.0', 'public'],
  ['100.63.255.255', 'public'],
  ['100.64.0.1', 'shared'],
  ['100.127.255.255', 'shared'],
  ['100.128.0.0', 'public'],
  ['100.100.100.200', 'metadata'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['169.254.0.1', 'link-local'],
  ['169.254.169.254', 'metadata'],
  ['169.254.170.2', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['168.63.129.17', 'public'],
  ['172.15.255.255', 'public'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.0', 'public'],
  ['192.0.0.8', 'reserved'],
  ['192.0.2.1', 'documentation'],
  ['192.88.99.1', 'reserved'],
  ['192.168.1.1', 'private'],
  ['192.169.0.0', 'public'],
  ['198.18.0.1', 'reserved'],
  ['198.19.255.255', 'reserved'],
  ['198.20.0.0', 'public'],
  ['198.51.100.7', 'documentation'],
  ['203.0.113.7', 'documentation'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'reserved'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['0:0:0:0:0:0:0:1', 'loopback'],
  ['2606:4700:4700::1111', 'public'],
  ['2a00:1450:4001:801::200e', 'public'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['febf::1', 'link-local'],
  ['fec0::1', 'private'],
  ['fc00::1', 'private'],
  ['fd12:3456::1', 'private'],
  ['fd00:ec2::254', 'metadata'],
  ['ff02::1', 'multicast'],
  ['2001:db8::1', 'documentation'],
  ['3fff::1', 'documentation'],
  ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'reserved'],
  ['2001:2::1', 'reserved'],
  ['100::1', 'reserved'],
  ['4000::1', 'reserved'],
  ['5f00::1', 'reserved'],
  // IPv4 inside IPv6, in each way that it is written or routed.
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:7f00:1', 'loopback'],
  ['0:0:0:0:0:ffff:10.1.2.3', 'private'],
  ['::ffff:169.254.169.254', 'metadata'],
  ['::ffff:8.8.8.8', 'public'],
  ['::ffff:0:127.0.0.1', 'loopback'],
  ['::127.0.0.1', 'reserved'],
  ['64:ff9b::127.0.0.1', 'loopback'],
  ['64:ff9b::a00:1', 'private'],
  ['64:ff9b::8.8.8.8', 'public'],
  ['64:ff9b:1::8.8.8.8', 'private'],
  ['2002:7f00:1::', 'loopback'],
  ['2002:c0a8:101::1', 'private'],
  ['2002:a9fe:a9fe::', 'metadata'],
  ['2002:808:808::1', 'public'],
  ['2a00:1450::5efe:10.0.0.1', 'private'],
  ['2a00:1450::200:5efe:127.0.0.1', 'loopback'],
  ['2a00:1450::5efe:8.8.8.8', 'public'],
];

test('every kind of address is told, at the borders of its range and inside other forms', () => {
  for (const [text, kind] of KINDS) {
    assert.equal(addressKind(text), kind, text);
    assert.equal(isPublicAddress(text), kind === 'public', text);
  }
});

test('what is no canonical address is no address, and never public', () => {
  const texts = [
    '',
    'localhost',
    'example.com',
    '0177.0.0.1',
    '010.0.0.1',
    '0x7f.0.0.1',
    '2130706433',
    '127.1',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.-4',
    '1.2.3.4 ',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    '12345::1',
    'g::1',
    '::ffff:256.0.0.1',
    '::ffff:010.0.0.1',
  ];
  for (const text of texts) {
    assert.equal(addressKind(text), undefined, text);
    assert.equal(isPublicAddress(text), false, text);
  }
});

test('every spelling of a loopback host that a URL accepts comes out as a loopback address', () => {
  const hosts = [
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '0177.0.0.1',
    '0177.1',
    '017700000001',
    '0x7f.0.0.1',
    '0x7f000001',
    '0X7F.1',
    '2130706433',
    '127.0.0.1.',
    '１２７.０.０.１',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '[::1]',
    '[0:0::0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:0001]',
    '[64:ff9b::127.0.0.1]',
    '[2002:7f00:0001::]',
  ];
  for (const host of hosts) {
    const address = addressOfHost(new URL(`http://${host}:8080/x`).hostname);
    assert.ok(address !== undefined, host);
    assert.equal(addressKind(address), 'loopback', host);
  }
  assert.equal(addressOfHost(new URL('http://0x8.8.010.8/').hostname), '8.8.8.8');
  assert.equal(addressOfHost(new URL('https://example.com/').hostname), undefined);
});
