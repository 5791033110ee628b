// One stream of notices from control for the whole page: "something of this topic changed". Data never comes by it;
// whoever listens asks the ordinary routes again.
// Limits: open only while somebody listens and the page is visible, since a browser has few connections to one host and
// a person has many tabs. While it is down, pages ask by themselves as often as they did before there was a stream.

import type { Notice } from '../../../src/contract/api/updates.ts';
import { UPDATES_PATH, type UpdateTopic } from '../../../src/contract/update-topics.ts';
import { createStore } from './store.ts';

/** Whether notices arrive now. Whoever sees it turn true asks for everything: what came before was not told. */
export const isStreamUp = createStore(false);

/** The browser gives up after an answer that is no stream (control refuses, a proxy is in between); then we try again. */
const RETRY_MS_MIN = 2_000;
const RETRY_MS_MAX = 60_000;
/** A change of pages leaves a moment in which nobody listens. */
const LINGER_MS = 1_000;

const listeners = new Map<UpdateTopic, Set<() => void>>();
let source: EventSource | undefined;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let lingerTimer: ReturnType<typeof setTimeout> | undefined;
let retryMs = RETRY_MS_MIN;

function close(): void {
  clearTimeout(retryTimer);
  clearTimeout(lingerTimer);
  source?.close();
  source = undefined;
  isStreamUp.set(false);
}

function open(): void {
  close();
  if (listeners.size === 0 || document.hidden) return;
  const opened = new EventSource(UPDATES_PATH);
  source = opened;
  opened.onopen = () => {
    retryMs = RETRY_MS_MIN;
    isStreamUp.set(true);
  };
  opened.onmessage = ({ data }) => {
    const { topic } = JSON.parse(String(data)) as Notice;
    for (const listener of listeners.get(topic) ?? []) listener();
  };
  opened.onerror = () => {
    isStreamUp.set(false);
    if (opened.readyState !== EventSource.CLOSED) return;
    retryTimer = setTimeout(open, retryMs);
    retryMs = Math.min(RETRY_MS_MAX, retryMs * 2);
  };
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) close();
  else open();
});

/** Calls the listener at each notice of the topic, until the returned function is called. */
export function listenTo(topic: UpdateTopic, listener: () => void): () => void {
  const ofTopic = listeners.get(topic) ?? new Set();
  listeners.set(topic, ofTopic.add(listener));
  if (source === undefined) open();
  return () => {
    ofTopic.delete(listener);
    if (ofTopic.size === 0) listeners.delete(topic);
    if (listeners.size > 0) return;
    clearTimeout(lingerTimer);
    lingerTimer = setTimeout(() => {
      if (listeners.size === 0) close();
    }, LINGER_MS);
  };
}
