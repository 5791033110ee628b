import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { MeridianError } from '#contract/errors.ts';
import { type Log, silentLog } from '../log.ts';
import { watchCertificate } from './tls.ts';

const root = mkdtempSync(join(tmpdir(), 'meridian-tls-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** One element of DER: tag, length, contents (X.690). */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const length =
    body.length < 128
      ? Buffer.from([body.length])
      : Buffer.from([0x82, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
}

/** A self-signed certificate for `name` (RFC 5280, section 4.1), so that the test needs no tool. */
function makePair(name: string, days = 30): { certificate: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = der(0x30, der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));
  const commonName = der(0x30, der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from(name)));
  const distinguished = der(0x30, der(0x31, commonName));
  const time = (offsetDays: number): Buffer => {
    const text = new Date(Date.now() + offsetDays * 86_400_000).toISOString();
    return der(0x18, Buffer.from(`${text.replace(/[-:T]/g, '').slice(0, 14)}Z`));
  };
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    distinguished,
    der(0x30, time(-60), time(days)),
    distinguished,
    publicKeyInfo(publicKey),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const raw = der(0x30, body, ecdsaWithSha256, signature).toString('base64');
  const lines = raw.match(/.{1,64}/g) ?? [];
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function publicKeyInfo(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

interface Place {
  readonly files: { certificateFile: string; keyFile: string };
  write(pair: { certificate?: string; key?: string }): void;
}

function place(name: string): Place {
  const directory = join(root, name);
  mkdirSync(directory);
  const files = { certificateFile: join(directory, 'tls.crt'), keyFile: join(directory, 'tls.key') };
  return {
    files,
    write({ certificate, key }) {
      if (certificate !== undefined) writeFileSync(files.certificateFile, certificate);
      if (key !== undefined) writeFileSync(files.keyFile, key);
    },
  };
}

/** A log that keeps its warnings, and a way to wait for the next. */
function warningLog(): { log: Log; warnings: string[]; next(): Promise<void> } {
  const warnings: string[] = [];
  let wake: () => void = () => undefined;
  const log: Log = {
    ...silentLog,
    warn(_, message) {
      warnings.push(message);
      wake();
    },
  };
  return { log, warnings, next: () => new Promise((done) => (wake = done)) };
}

/** The name in the certificate that a server on this port shows. */
function nameShownBy(port: number): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(
      { port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] },
      () => {
        done(new X509Certificate(socket.getPeerCertificate().raw).subject);
        socket.destroy();
      },
    );
    socket.on('error', fail);
  });
}

const LOOK_MS = 20;

test('running TLS and HTTP/2 servers take a new certificate, and connections that are open go on', async () => {
  const { files, write } = place('swap');
  write(makePair('first.example'));
  const tls = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  const http2 = createSecureServer({}, (_, response) => response.end());
  const changes: { take: () => void } = { take: () => undefined };
  const watch = watchCertificate(
    files,
    silentLog,
    (secure) => {
      tls.setSecureContext(secure);
      http2.setSecureContext(secure);
      changes.take();
    },
    LOOK_MS,
  );
  try {
    for (const server of [tls, http2]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const ports = [tls, http2].map((server) => (server.address() as AddressInfo).port);
    for (const port of ports) assert.equal(await nameShownBy(port), 'CN=first.example');
    const open = connect({ port: ports[0] ?? 0, host: '127.0.0.1', rejectUnauthorized: false });
    await new Promise((done) => open.once('secureConnect', done));

    const taken = new Promise<void>((done) => (changes.take = done));
    write(makePair('second.example'));
    await taken;
    for (const port of ports) assert.equal(await nameShownBy(port), 'CN=second.example');
    assert.equal(new X509Certificate(String(watch.current().cert)).subject, 'CN=second.example');
    const echoed = new Promise((done) => open.once('data', (data) => done(String(data))));
    open.write('still here');
    assert.equal(await echoed, 'still here');
    open.destroy();
  } finally {
    await Promise.all([watch.stop(), watch.stop()]);
    for (const server of [tls, http2]) await new Promise((done) => server.close(done));
  }
});

test('a renewal in two steps, by renaming and by swapping a link, is taken when it is whole', async () => {
  for (const way of ['rename', 'link']) {
    const { files, write } = place(way);
    const first = makePair('first.example');
    const second = makePair('second.example');
    if (way === 'link') {
      const directory = join(root, way);
      for (const [version, pair] of Object.entries({ one: first, two: second })) {
        mkdirSync(join(directory, version));
        writeFileSync(join(directory, version, 'tls.crt'), pair.certificate);
        writeFileSync(join(directory, version, 'tls.key'), pair.key);
      }
      symlinkSync('one', join(directory, 'now'));
      symlinkSync('now/tls.crt', files.certificateFile);
      symlinkSync('now/tls.key', files.keyFile);
    } else write(first);
    const taken: string[] = [];
    let wake: () => void = () => undefined;
    const watch = watchCertificate(
      files,
      silentLog,
      (secure) => {
        taken.push(new X509Certificate(String(secure.cert)).subject);
        wake();
      },
      LOOK_MS,
    );
    const swapped = new Promise<void>((done) => (wake = done));
    if (way === 'link') {
      symlinkSync('two', join(root, way, 'next'));
      renameSync(join(root, way, 'next'), join(root, way, 'now'));
    } else {
      for (const [file, text] of [
        [files.certificateFile, second.certificate],
        [files.keyFile, second.key],
      ] as const) {
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
      }
    }
    await swapped;
    await watch.stop();
    assert.deepEqual(taken, ['CN=first.example', 'CN=second.example'], way);
  }
});

test('a pair that is broken, half written or mixed up keeps the old one and is warned of once', async () => {
  const { files, write } = place('broken');
  const first = makePair('first.example');
  const second = makePair('second.example');
  write(first);
  const { log, warnings, next } = warningLog();
  const taken: string[] = [];
  let wake: () => void = () => undefined;
  const watch = watchCertificate(
    files,
    log,
    (secure) => {
      taken.push(new X509Certificate(String(secure.cert)).subject);
      wake();
    },
    LOOK_MS,
  );
  const broken = [
    { certificate: second.certificate },
    { certificate: second.certificate.slice(0, 200), key: second.key },
    { certificate: 'noise', key: '' },
  ];
  for (const pair of broken) {
    const warned = next();
    write(pair);
    await warned;
  }
  assert.deepEqual(
    warnings,
    broken.map(() => 'a changed certificate is not used; the old one stays in place'),
  );
  assert.deepEqual(taken, ['CN=first.example']);
  const mended = new Promise<void>((done) => (wake = done));
  write(second);
  await mended;
  await watch.stop();
  assert.deepEqual(taken, ['CN=first.example', 'CN=second.example']);
});

test('a first pair that is of no use is refused, and an old one is warned of', async () => {
  const { files, write } = place('first');
  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof MeridianError && error.code === 'invalid_config' && message.test(error.message);
  assert.throws(() => watchCertificate(files, silentLog), refused(/the certificate cannot be read: ENOENT/));
  write({ certificate: makePair('one.example').certificate, key: makePair('two.example').key });
  assert.throws(
    () => watchCertificate(files, silentLog),
    refused(/the key does not belong to the certificate/),
  );
  write({ certificate: 'noise', key: 'noise' });
  assert.throws(() => watchCertificate(files, silentLog), refused(/not a certificate and key in PEM/));
  for (const [days, warning] of [
    [-1, 'the certificate has expired'],
    [3, 'the certificate expires soon'],
  ] as const) {
    write(makePair('old.example', days));
    const { log, warnings } = warningLog();
    await watchCertificate(files, log).stop();
    assert.deepEqual(warnings, [warning]);
  }
});
