// One mail to one SMTP server, by nodemailer (docs/adr/0020). The socket is ours, so that an attempt ends when it must:
// a server that drips bytes cannot hold it. Texts and addresses reach the server as nodemailer encodes them; what could
// break a header is refused before.

import { connect, type Socket } from 'node:net';
import { createTransport } from 'nodemailer';

/** How the connection is made secret: `starttls` insists on it, `none` is for a server on the same host. */
export type MailSecurity = 'starttls' | 'tls' | 'none';

export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly security: MailSecurity;
  readonly credentials: { readonly user: string; readonly password: string } | null;
  /** PEM of an authority that vouches for the server beside the public ones. */
  readonly authority: string | null;
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** With its angle brackets; the same in every attempt. */
  readonly messageId: string;
  /** Of the thread, with its angle brackets. */
  readonly threadId: string;
  readonly atMs: number;
}

export interface MailResult {
  /** Reply code of the server; null when there was none. */
  readonly status: number | null;
  /** What went wrong, a sentence; null when the server took it. */
  readonly problem: string | null;
  /** What the server said. */
  readonly answer: string;
}

/** Bytes of an answer that are kept. */
const ANSWER_LENGTH_MAX = 500;

/** Sends a mail; never throws. Takes no longer than `msMax`. */
export async function sendMail(
  server: MailServer,
  mail: Mail,
  { msMax, signal }: { readonly msMax: number; readonly signal: AbortSignal },
): Promise<MailResult> {
  const { host, port, security, credentials, authority } = server;
  const ending = AbortSignal.any([signal, AbortSignal.timeout(msMax)]);
  let socket: Socket | undefined;
  const end = (): void => {
    socket?.destroy(new Error('ended'));
  };
  ending.addEventListener('abort', end, { once: true });
  try {
    socket = await open(host, port, ending);
    const transport = createTransport({
      host,
      port,
      connection: socket,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      ...(credentials === null ? {} : { auth: { user: credentials.user, pass: credentials.password } }),
      tls: { servername: host, ...(authority === null ? {} : { ca: [authority] }) },
      greetingTimeout: msMax,
      socketTimeout: msMax,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    // Not in the types of nodemailer, and read by it: the same mail is the same bytes.
    const boundary = { baseBoundary: mail.messageId.replace(/[^0-9a-z]/g, '').slice(0, 40) };
    const info = await Promise.race([
      transport.sendMail({
        from: mail.from,
        to: [...mail.to],
        subject: mail.subject.replace(/\p{Cc}+/gu, ' '),
        text: mail.text,
        html: mail.html,
        messageId: mail.messageId,
        inReplyTo: mail.threadId,
        references: mail.threadId,
        date: new Date(mail.atMs),
        headers: { 'Auto-Submitted': 'auto-generated' },
        ...boundary,
      }),
      aborted(ending),
    ]);
    const { rejected, response } = info;
    const answer = rejected.length === 0 ? response : `${response}; refused for ${rejected.join(', ')}`;
    return { status: 250, problem: null, answer: shown(answer) };
  } catch (error) {
    return failureOf(error, server, msMax, ending.aborted && !signal.aborted);
  } finally {
    ending.removeEventListener('abort', end);
    end();
  }
}

function open(host: string, port: number, ending: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const onAbort = (): void => {
      socket.destroy(new Error('ended'));
    };
    ending.addEventListener('abort', onAbort, { once: true });
    // What breaks later is nodemailer's to tell; without a listener it would end the process.
    socket.on('error', (error) => {
      ending.removeEventListener('abort', onAbort);
      reject(error);
    });
    socket.once('connect', () => {
      ending.removeEventListener('abort', onAbort);
      resolve(socket);
    });
    if (ending.aborted) onAbort();
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(new Error('ended'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

const CODE_TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nobody listens at {server}: the connection was refused.',
  ENOTFOUND: 'The name of {server} is not known.',
  EAI_AGAIN: 'The name of {server} could not be looked up: name servers do not answer.',
  EHOSTUNREACH: 'There is no way to {server}.',
  ENETUNREACH: 'There is no way to {server}.',
  ECONNRESET: '{server} closed the connection in the middle of it.',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'The certificate of {server} is signed by itself; `authorityFile` can name it.',
  SELF_SIGNED_CERT_IN_CHAIN:
    'The certificate of {server} comes from an authority that is not trusted here; `authorityFile` can name it.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The certificate of {server} comes without those that vouch for it.',
  CERT_HAS_EXPIRED: 'The certificate of {server} has expired.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is not one for {server}.',
};

function failureOf(error: unknown, { host, port }: MailServer, msMax: number, isLate: boolean): MailResult {
  const server = `${host}:${port}`;
  const own = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const field = (name: string): unknown =>
    typeof own === 'object' && own !== null ? (own as Record<string, unknown>)[name] : undefined;
  const responseCode = field('responseCode');
  const status = typeof responseCode === 'number' && responseCode >= 400 ? responseCode : null;
  const response = field('response');
  const answer = typeof response === 'string' ? shown(response) : '';
  if (isLate)
    return { status: null, problem: `${server} did not take it within ${msMax / 1_000} s.`, answer };
  const message = own instanceof Error ? own.message : String(own);
  // nodemailer puts a code of its own over those of TLS.
  const code = /self-signed certificate(?! in)/.test(message) ? 'DEPTH_ZERO_SELF_SIGNED_CERT' : field('code');
  const known = CODE_TEXTS[String(code)];
  const problem =
    status === null
      ? (known?.replace('{server}', server) ?? `The mail could not be sent by ${server}: ${shown(message)}.`)
      : `${server} answered: ${answer || status}.`;
  return { status, problem, answer };
}

function shown(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, ANSWER_LENGTH_MAX);
}
