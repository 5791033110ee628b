// One attempt at a channel of the kind e-mail. Mails of one subject (an incident, a group of alerts) form one thread:
// each refers to an id that follows from the subject, whether or not a first mail was ever received. The id of a mail
// follows from its key, so that a repeated attempt is the same mail, of which mail programs show one.
// Limits: a server that takes a mail for some of its recipients and refuses it for others counts as having taken it;
// who was refused stands in the attempt. Whoever must not be missed gets a channel of their own.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ChannelSettings } from '#contract/api/notifications.ts';
import type { Config } from '#contract/config.ts';
import { mailBody } from '#core/notification/mail.ts';
import type { MailServer } from '#platform/mail/smtp.ts';
import { ANSWER_MS_MAX } from '../outbox/limits.ts';
import type { SendResult } from '../outbox/send.ts';
import type { ClaimedNotification } from './queue.ts';

/** Makes an attempt; never throws. */
export type MailSender = (
  claimed: ClaimedNotification,
  settings: Extract<ChannelSettings, { kind: 'email' }>,
  signal: AbortSignal,
) => Promise<SendResult>;

/** Creates the sender of mails through the servers of the configuration. */
export function createMailSender(
  servers: Config['notifications']['mailServers'],
  msMax = ANSWER_MS_MAX,
): MailSender {
  return async ({ channel, notification }, settings, signal) => {
    const own = servers[settings.server];
    if (own === undefined)
      return failure(`The configuration names no mail server ${settings.server} any more.`);
    let server: MailServer;
    try {
      server = await withSecrets(own);
    } catch (error) {
      return failure(error instanceof Error ? error.message : String(error));
    }
    const { key, subjectId } = notification.message;
    const domain = own.from.slice(own.from.lastIndexOf('@') + 1);
    const idOf = (text: string): string =>
      `<${createHash('sha256').update(`${channel.id}\n${text}`).digest('hex').slice(0, 40)}@${domain}>`;
    const mail = {
      ...mailBody(notification.message),
      from: own.from,
      to: settings.to,
      messageId: idOf(`mail ${key}`),
      threadId: idOf(`thread ${subjectId}`),
      atMs: notification.created_at_ms,
    };
    // Loaded for the first mail: few installations send any, and the library takes a tenth of a second of each start.
    const { sendMail } = await import('#platform/mail/smtp.ts');
    return { ...(await sendMail(server, mail, { msMax, signal })), retryAfterMs: null };
  };
}

function failure(problem: string): SendResult {
  return { status: null, problem, answer: '', retryAfterMs: null };
}

/** Secrets are read at each attempt, so that they can be replaced while control runs. */
async function withSecrets(own: Config['notifications']['mailServers'][string]): Promise<MailServer> {
  const { authorityFile, host, passwordEnv, passwordFile, port, security, user } = own;
  const password =
    passwordFile === undefined
      ? passwordEnv === undefined
        ? undefined
        : process.env[passwordEnv]
      : (await readOwn(passwordFile)).trim();
  if (user !== undefined && password === undefined)
    throw new Error(`The environment has no ${passwordEnv ?? ''}, which holds the password of ${user}.`);
  return {
    host,
    port,
    security,
    credentials: user === undefined || password === undefined ? null : { user, password },
    authority: authorityFile === undefined ? null : await readOwn(authorityFile),
  };
}

async function readOwn(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(`The file ${path} of the mail server cannot be read.`, { cause: error });
  }
}
