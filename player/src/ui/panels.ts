// What covers the picture: the spinner, the processing panel, the error panel.

import type { Engine } from '../engine.ts';
import { make } from './dom.ts';

/** A spinner that appears for shorter than this only frightens. */
const SPINNER_AFTER_MS = 300;

export type Panels = {
  readonly elements: readonly HTMLElement[];
  readonly refresh: () => void;
};

type Words = { readonly title: string; readonly text: string };

const WAITING: Readonly<Record<string, Words>> = {
  processing: {
    title: 'Your video is being processed',
    text: 'It starts here by itself as soon as the first seconds are ready.',
  },
  waiting: {
    title: 'Not on air yet',
    text: 'It starts here by itself as soon as the broadcast does.',
  },
  ended: {
    title: 'This broadcast has ended',
    text: 'If it was recorded, the recording plays here in a moment.',
  },
  unknown: {
    title: 'Waiting for this video',
    text: 'It is not known here yet. If it was just uploaded, it will start in a moment.',
  },
};

/** Creates the panels of a player. */
export function createPanels(engine: () => Engine): Panels {
  const spinner = make('div', { class: 'spinner', hidden: true, role: 'status', 'aria-label': 'Loading' });
  const waitingTitle = make('h2');
  const waitingText = make('p');
  const waiting = make(
    'div',
    { class: 'panel', hidden: true, role: 'status' },
    make(
      'div',
      {},
      waitingTitle,
      waitingText,
      make('div', { class: 'progress', role: 'progressbar', 'aria-label': 'Processing' }, make('i')),
    ),
  );
  const errorText = make('p');
  const retry = make(
    'button',
    { type: 'button', class: 'primary', click: () => engine().retry() },
    'Try again',
  );
  const error = make(
    'div',
    { class: 'panel over', hidden: true, role: 'alert' },
    make('div', {}, make('h2', {}, 'This video cannot be played'), errorText, retry),
  );
  let waitingSinceMs: number | undefined;

  const refresh = (): void => {
    const current = engine();
    const failure = current.failure();
    if (error.hidden && failure !== undefined) {
      errorText.textContent = failure.message;
      retry.hidden = !failure.canRetry;
    }
    error.hidden = failure === undefined;
    const words = WAITING[current.assetState() ?? ''];
    waiting.hidden = words === undefined || failure !== undefined;
    if (words !== undefined && waitingTitle.textContent !== words.title) {
      waitingTitle.textContent = words.title;
      waitingText.textContent = words.text;
    }
    const { video } = current;
    const isWaiting =
      waiting.hidden &&
      error.hidden &&
      !video.ended &&
      (current.isPlayingWanted() || video.seeking) &&
      video.readyState < video.HAVE_FUTURE_DATA;
    waitingSinceMs = isWaiting ? (waitingSinceMs ?? performance.now()) : undefined;
    spinner.hidden = waitingSinceMs === undefined || performance.now() - waitingSinceMs < SPINNER_AFTER_MS;
  };
  return { elements: [spinner, waiting, error], refresh };
}
