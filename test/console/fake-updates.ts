// Streams of notices as control sends them, told by tests.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Notice } from '#contract/api/updates.ts';
import { UPDATE_TOPICS, type UpdateTopic } from '#contract/update-topics.ts';

export interface FakeUpdates {
  /** While true, streams are refused and those that are open end. */
  isRefused: boolean;
  streamCount(): number;
  tell(...topics: readonly UpdateTopic[]): void;
  tellAll(): void;
  /** Ends all open streams; browsers open them again. */
  cut(): void;
  answer(request: IncomingMessage, response: ServerResponse): void;
  close(): void;
}

/** How soon streams notice that control is away; a real one ends with its process. */
const LOOK_MS = 50;

/** Creates the streams of a fake control. */
export function createFakeUpdates(isAway: () => boolean): FakeUpdates {
  const streams = new Set<ServerResponse>();
  let revision = 0;
  const cut = (): void => {
    for (const stream of streams) stream.destroy();
  };
  const own: FakeUpdates = {
    isRefused: false,
    streamCount: () => streams.size,
    tell(...topics) {
      revision += 1;
      for (const stream of streams)
        for (const topic of topics)
          stream.write(`data: ${JSON.stringify({ topic, revision } satisfies Notice)}\n\n`);
    },
    tellAll: () => own.tell(...UPDATE_TOPICS),
    cut,
    answer(request, response) {
      const isLoggedIn = request.headers.cookie?.includes('meridian_session=yes') === true;
      if (own.isRefused || !isLoggedIn) {
        response.writeHead(isLoggedIn ? 503 : 401).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write('retry: 100\n: open\n\n');
      streams.add(response);
      response.once('close', () => streams.delete(response));
    },
    close() {
      clearInterval(timer);
      cut();
    },
  };
  const timer = setInterval(() => {
    if (isAway() || own.isRefused) cut();
  }, LOOK_MS);
  return own;
}
