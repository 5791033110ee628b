// A small SMTP server for tests: says what it is told to say, takes down what it hears. With STARTTLS by a certificate
// that the test brings.

import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { listen } from '#platform/http/server.ts';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers by their lower-case name, unfolded. */
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string;
  readonly isSecret: boolean;
  /** User and password, when it had any. */
  readonly login: string | null;
}

export interface SmtpReceiver {
  readonly port: number;
  readonly mails: ReceivedMail[];
  /** Connections that are open. */
  openCount(): number;
  /** What to answer instead, by the beginning of a command; `hang` answers nothing. `greeting` comes before them all. */
  answers: Record<string, string>;
  stop(): Promise<void>;
}

export async function startSmtpReceiver(tls?: { key: string; cert: string }): Promise<SmtpReceiver> {
  const sockets = new Set<Socket>();
  const mails: ReceivedMail[] = [];
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    converse(socket, receiver, tls);
  });
  const receiver: SmtpReceiver & { port: number } = {
    port: 0,
    mails,
    answers: {},
    openCount: () => sockets.size,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  receiver.port = await listen(server, '127.0.0.1', 0, 'a test mail server');
  return receiver;
}

function converse(
  first: Socket,
  receiver: SmtpReceiver,
  tls: { key: string; cert: string } | undefined,
): void {
  let socket: Socket = first;
  let isSecret = false;
  let buffer = '';
  let data: string | null = null;
  let login: string | null = null;
  let from = '';
  let to: string[] = [];

  const say = (text: string): void => {
    socket.write(`${text}\r\n`);
  };
  const answer = (command: string, usual: string): void => {
    const own = Object.entries(receiver.answers).find(([start]) => command.startsWith(start))?.[1];
    if (own !== 'hang') say(own ?? usual);
  };

  function onLine(line: string): void {
    if (data !== null) {
      if (line !== '.') {
        data += `${line.startsWith('.') ? line.slice(1) : line}\r\n`;
        return;
      }
      receiver.mails.push({ from, to, headers: headersOf(data), raw: data, isSecret, login });
      data = null;
      answer('END', '250 2.0.0 queued as 42');
      return;
    }
    const command = line.toUpperCase();
    if (command.startsWith('EHLO')) {
      say('250-test');
      if (tls !== undefined && !isSecret) say('250-STARTTLS');
      say('250 AUTH PLAIN');
    } else if (command === 'STARTTLS' && tls !== undefined) {
      say('220 go on');
      upgrade();
    } else if (command.startsWith('AUTH PLAIN ')) {
      login = Buffer.from(line.slice(11), 'base64').toString('utf8').replaceAll('\0', ' ').trim();
      answer('AUTH', '235 2.7.0 welcome');
    } else if (command.startsWith('MAIL FROM:')) {
      from = line.slice(10).split(' ')[0] ?? '';
      answer('MAIL', '250 ok');
    } else if (command.startsWith('RCPT TO:')) {
      to = [...to, line.slice(8)];
      answer(command, '250 ok');
    } else if (command === 'DATA') {
      data = '';
      say('354 go on');
    } else if (command === 'QUIT') {
      say('221 bye');
      socket.end();
    } else say('250 ok');
  }

  function read(chunk: Buffer): void {
    buffer += chunk.toString('latin1');
    for (let end = buffer.indexOf('\r\n'); end !== -1; end = buffer.indexOf('\r\n')) {
      const line = buffer.slice(0, end);
      buffer = buffer.slice(end + 2);
      onLine(line);
    }
  }

  function upgrade(): void {
    first.off('data', read);
    const secret = new TLSSocket(first, { isServer: true, ...tls });
    secret.on('error', () => undefined);
    secret.on('data', read);
    socket = secret;
    isSecret = true;
  }

  first.on('data', read);
  answer('greeting', '220 test ESMTP');
}

function headersOf(raw: string): Record<string, string> {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  return Object.fromEntries(
    head.split('\r\n').map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
}
