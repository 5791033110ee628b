// Viewers of the live edge bench, a process of its own: raw sockets, keep-alive, for each viewer a connection per track,
// on which a playlist and a part are asked for a part's duration. Answers are counted to their last byte and not looked
// at. Reads JSON lines: a task begins a round, a part that is there wakes viewers who wait to be told; answers one JSON
// line per round.

import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import {
  BASE_PATH,
  nextPart,
  type PartName,
  RENDITIONS,
  type ViewersResult,
  type ViewersTask,
} from './edge-setup.ts';

interface Round {
  readonly task: ViewersTask;
  isOver: boolean;
  requests: number;
  failures: number;
  firstFailure: string | undefined;
  bytes: number;
  /** The newest part that viewers were told of. */
  told: PartName | undefined;
  readonly wakers: Set<() => void>;
}

const isBefore = (left: PartName, right: PartName): boolean =>
  left.segment < right.segment || (left.segment === right.segment && left.part < right.part);

/** One request at a time, each answered whole. */
class Line {
  readonly #socket: Socket;
  readonly #port: number;
  #left = 0;
  #isInBody = false;
  #settle: ((failure: string | undefined) => void) | undefined;
  bytes = 0;

  constructor(port: number) {
    this.#port = port;
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(65_536),
        callback: (bytes, buffer) => this.#receive(bytes, buffer),
      },
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => this.#finish('the connection was closed'));
  }

  get(path: string): Promise<string | undefined> {
    if (this.#socket.destroyed) return Promise.resolve('the connection is closed');
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${this.#port}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`,
      );
    });
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  #finish(failure: string | undefined): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(failure);
  }

  #receive(bytes: number, buffer: Uint8Array): boolean {
    let used = bytes;
    if (!this.#isInBody) {
      const text = Buffer.from(buffer.buffer, buffer.byteOffset, Math.min(bytes, 4_096)).toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end === -1 || !text.startsWith('HTTP/1.1 200')) {
        this.#finish(text.slice(0, 60));
        this.#socket.destroy();
        return true;
      }
      this.#left = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      this.#isInBody = true;
      used = bytes - end - 4;
    }
    this.bytes += used;
    this.#left -= used;
    if (this.#left > 0) return true;
    this.#isInBody = false;
    this.#finish(undefined);
    return true;
  }
}

async function ask(round: Round, line: Line, path: string): Promise<boolean> {
  const before = line.bytes;
  const failure = await line.get(path);
  round.bytes += line.bytes - before;
  if (failure === undefined) round.requests += 1;
  else {
    round.failures += 1;
    round.firstFailure ??= `${path}: ${failure}`;
  }
  return failure === undefined;
}

/** Waits until a part is there, or the round is over. */
function isThere(round: Round, name: PartName): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      const isTold = round.told !== undefined && !isBefore(round.told, name);
      if (!isTold && !round.isOver) return;
      round.wakers.delete(look);
      resolve();
    };
    round.wakers.add(look);
    look();
  });
}

/** One track of one viewer, part after part until the round is over. */
async function watch(round: Round, renditionId: string, lines: readonly [Line, Line]): Promise<void> {
  const { mode } = round.task;
  const base = `${BASE_PATH}/${renditionId}`;
  for (let name = round.task.from; ; name = nextPart(name)) {
    if (mode === 'told') await isThere(round, name);
    if (round.isOver) return;
    const query = mode === 'told' ? '' : `?_HLS_msn=${name.segment}&_HLS_part=${name.part}`;
    const part = `${base}/${name.segment}.${name.part}.m4s`;
    const hinted = mode === 'hinted' ? ask(round, lines[1], part) : undefined;
    const isGood = await ask(round, lines[0], `${base}/index.m3u8${query}`);
    const hasPart = hinted === undefined ? isGood && (await ask(round, lines[0], part)) : await hinted;
    if (!isGood || !hasPart) return;
  }
}

/** Connections that are idle between rounds, by port, so that no round pays for them. */
const idle = new Map<number, Line[]>();

async function run(task: ViewersTask, begin: (round: Round) => void): Promise<ViewersResult> {
  const round: Round = {
    task,
    isOver: false,
    requests: 0,
    failures: 0,
    firstFailure: undefined,
    bytes: 0,
    told: undefined,
    wakers: new Set(),
  };
  begin(round);
  const timer = setTimeout(() => {
    round.isOver = true;
    for (const wake of [...round.wakers]) wake();
  }, task.seconds * 1_000);
  const pool = idle.get(task.port) ?? [];
  const lines: Line[] = [];
  const open = (): Line => {
    const line = pool.pop() ?? new Line(task.port);
    lines.push(line);
    return line;
  };
  const watching = Array.from({ length: task.viewers }, () =>
    RENDITIONS.map(({ id }) => {
      const first = open();
      return watch(round, id, [first, task.mode === 'hinted' ? open() : first]);
    }),
  );
  await Promise.all(watching.flat());
  clearTimeout(timer);
  idle.set(
    task.port,
    [...pool, ...lines].filter((line) => line.isOpen),
  );
  const { requests, failures, firstFailure, bytes } = round;
  return { requests, failures, firstFailure, bytes };
}

let current: Round | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as ViewersTask | { told: PartName };
  if ('told' in order) {
    if (current === undefined) continue;
    current.told = order.told;
    for (const wake of [...current.wakers]) wake();
    continue;
  }
  void run(order, (round) => {
    current = round;
  }).then((result) => process.stdout.write(`${JSON.stringify(result)}\n`));
}
process.exit(0);
