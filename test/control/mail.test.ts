// Channels of the kind e-mail against an SMTP server that is real enough: STARTTLS, logins, threads, refusals, silence.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Config, configSchema } from '#contract/config.ts';
import { createMailSender } from '#control/notifications/mail-sender.ts';
import { enqueue } from '#control/notifications/notifier.ts';
import type { ClaimedNotification } from '#control/notifications/queue.ts';
import { mailBody } from '#core/notification/mail.ts';
import type { Notification } from '#core/notification/notification.ts';
import { waitFor } from '../support/wait-for.ts';
import { type SmtpReceiver, startSmtpReceiver } from './smtp-receiver.ts';
import { codeOf, onEveryDatabase } from './support.ts';

let directory: string;
let tls: { key: string; cert: string };
const receivers: SmtpReceiver[] = [];

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'meridian-mail-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ].concat([
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
      '-keyout',
      key,
      '-out',
      cert,
    ]),
    { stdio: 'ignore' },
  );
  tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  writeFileSync(join(directory, 'password'), 'secret of mail\n');
});
after(async () => {
  for (const receiver of receivers) await receiver.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function start(isSecret: boolean): Promise<SmtpReceiver> {
  const receiver = await startSmtpReceiver(isSecret ? tls : undefined);
  receivers.push(receiver);
  return receiver;
}

type MailServers = Config['notifications']['mailServers'];

function serversFor(receiver: SmtpReceiver, changes: object): MailServers {
  return configSchema.parse({
    notifications: {
      mailServers: {
        main: { host: 'localhost', port: receiver.port, from: 'meridian@video.example', ...changes },
      },
    },
  }).notifications.mailServers;
}

const message = (changes: Partial<Notification> = {}): Notification => ({
  key: 'inc_1:1',
  subjectId: 'inc_1',
  title: 'Playback fails at Zürich',
  text: 'At <dublin-1>\n.\nend',
  severity: 'sev1',
  url: 'https://meridian.example/incidents/inc_1',
  details: {},
  ...changes,
});

const SETTINGS = { kind: 'email' as const, server: 'main', to: ['ann@example.com', 'bob@example.com'] };

function attempt(
  servers: MailServers,
  of: Partial<Notification> = {},
  options: { msMax?: number; signal?: AbortSignal } = {},
) {
  const claimed = {
    channel: { id: 'chn_1', settings: SETTINGS },
    notification: { message: message(of), created_at_ms: 1_800_000_000_000 },
  } as unknown as ClaimedNotification;
  const { msMax = 5_000, signal = new AbortController().signal } = options;
  return createMailSender(servers, msMax)(claimed, SETTINGS, signal);
}

test('a mail goes by STARTTLS and a login; an attempt repeated is the same mail, and a subject is one thread', async () => {
  const receiver = await start(true);
  const servers = serversFor(receiver, {
    user: 'meridian',
    passwordFile: join(directory, 'password'),
    authorityFile: join(directory, 'cert.pem'),
  });
  assert.deepEqual(await attempt(servers), {
    status: 250,
    problem: null,
    answer: '250 2.0.0 queued as 42',
    retryAfterMs: null,
  });
  await attempt(servers);
  await attempt(servers, { key: 'inc_1:2', title: 'Playback is well again' });
  await attempt(servers, { key: 'inc_2:1', subjectId: 'inc_2' });
  const [first, again, second, other] = receiver.mails;
  assert.deepEqual(
    [first?.from, first?.to, first?.isSecret, first?.login],
    ['<meridian@video.example>', ['<ann@example.com>', '<bob@example.com>'], true, 'meridian secret of mail'],
  );
  assert.equal(again?.raw, first?.raw, 'byte by byte');
  const ids = receiver.mails.map(({ headers }) => headers['message-id']);
  assert.equal(new Set(ids).size, 3);
  assert.match(first?.headers['message-id'] ?? '', /^<[0-9a-f]{40}@video\.example>$/);
  const threads = [first, second, other].map((mail) => mail?.headers['in-reply-to']);
  assert.equal(threads[0], threads[1]);
  assert.notEqual(threads[0], threads[2]);
  assert.equal(first?.headers.references, threads[0]);
  assert.match(first?.headers.subject ?? '', /^=\?UTF-8\?/);
  assert.match(first?.raw ?? '', /At <dublin-1>\r\n\.\r\nend/, 'a lone full stop does not end a mail');
  assert.match(first?.raw ?? '', /At &lt;dublin-1&gt;/);
});

test('what stands in a title or a text ends up in no header', async () => {
  const receiver = await start(false);
  const evil = 'Fails\r\nBcc: eve@example.com\r\n\r\nhello\0';
  await attempt(serversFor(receiver, { security: 'none' }), { title: evil, text: evil, key: evil });
  const [mail] = receiver.mails;
  assert.equal(mail?.headers.bcc, undefined);
  assert.deepEqual(mail?.to, ['<ann@example.com>', '<bob@example.com>']);
  assert.equal(mail?.headers.subject, '[sev1] Fails Bcc: eve@example.com hello');
  assert.equal(mailBody(message({ url: 'javascript:alert(1)' })).html.includes('href'), false);
});

test('a certificate that nobody vouches for, a server without STARTTLS and a wrong password are told as what they are', async () => {
  const secret = await start(true);
  const strange = await attempt(serversFor(secret, {}));
  assert.deepEqual(
    [strange.status, /signed by itself/.test(strange.problem ?? '')],
    [null, true],
    strange.problem ?? '',
  );
  const plain = await start(false);
  const bare = await attempt(serversFor(plain, {}));
  assert.notEqual(bare.problem, null);
  assert.deepEqual([plain.mails.length, secret.mails.length], [0, 0]);
  plain.answers = { AUTH: '535 5.7.8 no' };
  const login = { security: 'none', user: 'meridian', passwordFile: join(directory, 'password') };
  const refused = await attempt(serversFor(plain, login));
  assert.equal(refused.status, 535);
  assert.doesNotMatch(JSON.stringify(refused), /secret of mail/);
  const noFile = await attempt(serversFor(plain, { ...login, passwordFile: join(directory, 'gone') }));
  assert.match(noFile.problem ?? '', /cannot be read/);
});

test('a server that hangs costs no more than its time and keeps no connection; refusals keep their codes', async () => {
  const receiver = await start(false);
  const servers = serversFor(receiver, { security: 'none' });
  for (const at of ['greeting', 'MAIL', 'END']) {
    receiver.answers = { [at]: 'hang' };
    const late = await attempt(servers, {}, { msMax: 300 });
    assert.match(late.problem ?? '', /did not take it within 0\.3 s/, at);
    await waitFor('the connection to be gone', () => receiver.openCount() === 0);
  }
  for (const [at, answer, status] of [
    ['MAIL', '451 4.3.0 later', 451],
    ['RCPT', '550 5.1.1 no such box', 550],
    ['END', '554 5.6.0 no', 554],
  ] as const) {
    receiver.answers = { [at]: answer };
    const result = await attempt(servers);
    assert.deepEqual([result.status, result.answer.slice(0, 3)], [status, answer.slice(0, 3)]);
  }
  receiver.answers = { 'RCPT TO:<BOB': '550 5.1.1 no such box' };
  const partly = await attempt(servers);
  assert.deepEqual([partly.status, partly.problem], [250, null]);
  assert.match(partly.answer, /refused for bob@example\.com/);
  await receiver.stop();
  assert.match((await attempt(servers)).problem ?? '', /Nobody listens/);
});

onEveryDatabase('channels of the kind e-mail', (suite) => {
  test('mails are tried again until they are taken, given up when they are refused, and name their server', async () => {
    const receiver = await start(false);
    const mailServers = serversFor(receiver, { security: 'none' });
    const world = await suite.start({ config: { notifications: { mailServers } } });
    const add = (server: string) =>
      world.admin.call('POST /v1/notification-channels', {
        body: { name: server, settings: { ...SETTINGS, server } },
      });
    assert.equal(await codeOf(add('other')), 'invalid_request');
    const { channel } = await add('main');
    assert.equal(channel.target, 'ann@example.com, bob@example.com by main');
    receiver.answers = { MAIL: '451 4.3.0 later' };
    const ended = async () =>
      (await world.admin.call('GET /v1/notifications', { query: {} })).notifications[0];
    await enqueue(world.database, { ...message(), channelId: channel.id }, world.clock.nowMs());
    await waitFor('a second attempt', async () => {
      world.clock.advance(5_000);
      return ((await ended())?.attempts ?? 0) >= 2;
    });
    receiver.answers = {};
    const delivered = await waitFor('the mail', async () => {
      world.clock.advance(5_000);
      const now = await ended();
      return now?.state === 'delivered' && now;
    });
    assert.equal(delivered.lastStatus, 250);
    assert.equal(receiver.mails.length, 1);
    receiver.answers = { RCPT: '550 5.1.1 no such box' };
    await enqueue(
      world.database,
      { ...message({ key: 'inc_1:2' }), channelId: channel.id },
      world.clock.nowMs(),
    );
    const dead = await waitFor('the mail to be given up', async () => {
      world.clock.advance(5_000);
      const now = await ended();
      return now?.state === 'dead' && now;
    });
    assert.equal(dead.attempts, 3);
    assert.match(dead.reason ?? '', /refuses this message.*no such box/);
  });
});
