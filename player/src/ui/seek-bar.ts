// The seek bar: position, what is buffered, time and picture under the pointer; pointer, touch and keys. Of a broadcast it
// spans what may be gone back to, and shows the time of day.

import { bufferedMsOf } from '../viewing.ts';
import { make } from './dom.ts';
import type { Thumbnails } from './thumbnails.ts';
import {
  pointerText,
  positionAt,
  positionText,
  shareOf,
  type TimelineView,
  timelineOf,
  within,
} from './timeline.ts';

/** More pieces than this are never drawn; a viewer who seeks a lot has many. */
const RANGES_MAX = 20;

/** Border of the picture in the bubble. */
const BUBBLE_EDGE_PX = 3;
/** Half of the bubble without a picture: "20:14:05 · −1:15" is wider than "1:15". */
const BUBBLE_HALF_PX = 22;
const LIVE_BUBBLE_HALF_PX = 66;

export type SeekBar = {
  readonly element: HTMLElement;
  readonly refresh: () => void;
  readonly isDragging: () => boolean;
};

export type SeekBarOptions = {
  readonly video: HTMLVideoElement;
  readonly view: () => TimelineView;
  readonly seek: (seconds: number) => void;
  readonly thumbnails: Thumbnails;
};

/** Creates the seek bar of a video element. */
export function createSeekBar({ video, view, seek, thumbnails }: SeekBarOptions): SeekBar {
  const rail = make('div', { class: 'rail' });
  const knob = make('div', { class: 'knob' });
  const label = make('span', { class: 'bubble-time' });
  const bubble = make('div', { class: 'bubble', 'aria-hidden': 'true' }, thumbnails.element, label);
  const element = make(
    'div',
    { class: 'seek', role: 'slider', tabindex: '0', 'aria-label': 'Position' },
    rail,
    knob,
    bubble,
  );
  let dragged: number | undefined;

  const share = (event: PointerEvent): number => {
    const box = element.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / Math.max(1, box.width)));
  };
  const refresh = (): void => {
    const current = view();
    const timeline = timelineOf(current);
    // The window of a broadcast slides on below whoever drags, or has paused.
    const position = within(timeline, dragged ?? video.currentTime);
    const percent = (seconds: number): string => `${shareOf(timeline, seconds) * 100}%`;
    rail.replaceChildren(...drawBuffered(video, percent), drawPlayed(percent(position)));
    knob.style.left = percent(position);
    element.setAttribute('aria-valuemin', String(Math.round(timeline.startSeconds)));
    element.setAttribute('aria-valuemax', String(Math.round(timeline.endSeconds)));
    element.setAttribute('aria-valuenow', String(Math.round(position)));
    element.setAttribute('aria-valuetext', positionText(current, position));
    element.dataset.buffered = String(bufferedMsOf(video));
  };
  const hover = (event: PointerEvent): void => {
    const at = share(event);
    const current = view();
    const seconds = positionAt(timelineOf(current), at);
    label.textContent = pointerText(current, seconds);
    const half = current.isLive
      ? LIVE_BUBBLE_HALF_PX
      : Math.max(BUBBLE_HALF_PX, thumbnails.show(seconds) / 2 + BUBBLE_EDGE_PX);
    bubble.style.left = `clamp(${half}px, ${at * 100}%, calc(100% - ${half}px))`;
    if (dragged === undefined) return;
    dragged = seconds;
    refresh();
  };
  const release = (): void => {
    if (dragged === undefined) return;
    seek(dragged);
    dragged = undefined;
    element.classList.remove('dragging');
    refresh();
  };

  // A broadcast has no pictures of its past.
  const prepare = (): void => {
    if (!view().isLive) thumbnails.prepare();
  };
  element.addEventListener('pointerenter', prepare);
  element.addEventListener('pointermove', hover);
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    prepare();
    element.classList.add('dragging');
    dragged = positionAt(timelineOf(view()), share(event));
    hover(event);
  });
  element.addEventListener('pointerup', release);
  element.addEventListener('pointercancel', () => {
    dragged = undefined;
    element.classList.remove('dragging');
  });
  return { element, refresh, isDragging: () => dragged !== undefined };
}

function drawPlayed(width: string): HTMLElement {
  const played = make('i', { class: 'played' });
  played.style.width = width;
  return played;
}

function drawBuffered(video: HTMLVideoElement, percent: (seconds: number) => string): readonly HTMLElement[] {
  return Array.from({ length: Math.min(RANGES_MAX, video.buffered.length) }, (_, i) => {
    const piece = make('i', { class: 'buffered' });
    const [start, end] = [percent(video.buffered.start(i)), percent(video.buffered.end(i))];
    piece.style.left = start;
    piece.style.width = `calc(${end} - ${start})`;
    return piece;
  });
}
