// The seek bar: position, what is buffered, time and picture under the pointer; pointer, touch and keys.

import { bufferedMsOf } from '../viewing.ts';
import { clock, make } from './dom.ts';
import type { Thumbnails } from './thumbnails.ts';

/** More pieces than this are never drawn; a viewer who seeks a lot has many. */
const RANGES_MAX = 20;

/** Border of the picture in the bubble. */
const BUBBLE_EDGE_PX = 3;

export type SeekBar = {
  readonly element: HTMLElement;
  readonly refresh: () => void;
  readonly isDragging: () => boolean;
};

/** Creates the seek bar of a video element. */
export function createSeekBar(
  video: HTMLVideoElement,
  duration: () => number,
  thumbnails: Thumbnails,
): SeekBar {
  const rail = make('div', { class: 'rail' });
  const knob = make('div', { class: 'knob' });
  const label = make('span', { class: 'bubble-time' });
  const bubble = make('div', { class: 'bubble', 'aria-hidden': 'true' }, thumbnails.element, label);
  const element = make(
    'div',
    { class: 'seek', role: 'slider', tabindex: '0', 'aria-label': 'Position', 'aria-valuemin': '0' },
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
    const total = duration();
    const position = dragged ?? video.currentTime;
    const percent = (seconds: number): string => `${total > 0 ? Math.min(100, (seconds / total) * 100) : 0}%`;
    rail.replaceChildren(...drawBuffered(video, percent), drawPlayed(percent(position)));
    knob.style.left = percent(position);
    element.setAttribute('aria-valuemax', String(Math.round(total)));
    element.setAttribute('aria-valuenow', String(Math.round(position)));
    element.setAttribute('aria-valuetext', `${clock(position)} of ${clock(total)}`);
    element.dataset.buffered = String(bufferedMsOf(video));
  };
  const hover = (event: PointerEvent): void => {
    const at = share(event);
    label.textContent = clock(at * duration());
    const half = Math.max(22, thumbnails.show(at * duration()) / 2 + BUBBLE_EDGE_PX);
    bubble.style.left = `clamp(${half}px, ${at * 100}%, calc(100% - ${half}px))`;
    if (dragged === undefined) return;
    dragged = at * duration();
    refresh();
  };
  const release = (): void => {
    if (dragged === undefined) return;
    video.currentTime = dragged;
    dragged = undefined;
    element.classList.remove('dragging');
    refresh();
  };

  element.addEventListener('pointerenter', thumbnails.prepare);
  element.addEventListener('pointermove', hover);
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    thumbnails.prepare();
    element.classList.add('dragging');
    dragged = share(event) * duration();
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
    piece.style.left = percent(video.buffered.start(i));
    piece.style.width = percent(video.buffered.end(i) - video.buffered.start(i));
    return piece;
  });
}
