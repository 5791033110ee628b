// Puts the picture, the controls, the panels and the overlay together inside a shadow root.

import type { Engine } from '../engine.ts';
import { isAudioOnly } from './choices.ts';
import { createControls, togglePlay } from './controls.ts';
import { icon, make } from './dom.ts';
import { actionOf } from './keyboard.ts';
import { createPanels } from './panels.ts';
import { createStatsOverlay } from './stats-overlay.ts';
import { STYLES } from './styles.ts';

/** Controls go after this much stillness while playing. */
const IDLE_AFTER_MS = 2_600;
/** How long a notice is readable. */
const NOTICE_MS = 1_400;
/** Two taps within this are a double tap. */
const DOUBLE_TAP_MS = 280;

const SHOWN_EVENTS: readonly string[] = [
  'play',
  'pause',
  'seeking',
  'seeked',
  'volumechange',
  'ratechange',
  'ended',
  'timeupdate',
];

export type PlayerView = {
  readonly video: HTMLVideoElement;
  /** Shows an engine from now on. */
  readonly show: (engine: Engine) => void;
  readonly destroy: () => void;
};

/** Builds the view inside `host`. */
export function createPlayerView(host: HTMLElement, poster: string | null): PlayerView {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const video = make('video', { playsinline: true, preload: 'auto', ...(poster === null ? {} : { poster }) });
  const freeze = make('canvas', { class: 'freeze', hidden: true, 'aria-hidden': 'true' });
  const frame = make('div', { class: 'frame', tabindex: '0', role: 'region', 'aria-label': 'Video player' });
  const style = make('style');
  style.textContent = STYLES;
  root.replaceChildren(style, frame);
  const cleanups: (() => void)[] = [];

  return {
    video,
    show: (engine) => {
      for (const cleanup of cleanups.splice(0)) cleanup();
      cleanups.push(assemble(host, frame, freeze, engine));
    },
    destroy: () => {
      for (const cleanup of cleanups.splice(0)) cleanup();
      root.replaceChildren();
    },
  };
}

function assemble(
  host: HTMLElement,
  frame: HTMLElement,
  freeze: HTMLCanvasElement,
  engine: Engine,
): () => void {
  const { video } = engine;
  const shade = make('div', { class: 'shade' });
  // Behind the picture: seen when there is sound alone, and no poster.
  const tune = make('div', { class: 'tune', hidden: true, 'aria-hidden': 'true' }, icon('audio'));
  const notices = createNotices();
  const overlay = createStatsOverlay(() => engine);
  const panels = createPanels(() => engine);
  const controls = createControls({
    engine: () => engine,
    host,
    video,
    onStats: overlay.toggle,
    say: notices.say,
  });
  const big = make(
    'button',
    { type: 'button', class: 'big', 'aria-label': 'Play', click: () => togglePlay(video) },
    icon('play'),
  );
  frame.replaceChildren(
    ...[tune, video, freeze, shade, big, overlay.element, ...panels.elements],
    ...[notices.visible, controls.element, notices.spoken],
  );

  const idle = trackIdle(frame, () => video.paused || controls.isBusy());
  const refresh = (): void => {
    controls.refresh();
    panels.refresh();
    const isAudio = isAudioOnly(engine);
    tune.hidden = !isAudio;
    frame.classList.toggle('audio', isAudio);
    frame.classList.toggle('playing', !video.paused && !video.ended);
    const hasStarted = video.currentTime > 0 || engine.isPlayingWanted();
    big.hidden = hasStarted || engine.failure() !== undefined || engine.assetState() !== undefined;
    const isCovered = engine.failure() !== undefined && video.readyState === video.HAVE_NOTHING;
    shade.hidden = controls.element.hidden = isCovered || engine.assetState() !== undefined;
  };
  const tick = setInterval(() => {
    refresh();
    idle.refresh();
  }, 200);
  const slow = setInterval(overlay.refresh, 500);
  for (const name of SHOWN_EVENTS) video.addEventListener(name, refresh);
  const stopListening = listen(frame, video, host, controls);
  engine.subscribe((event) => {
    if (event === 'reloading') freezePicture(video, freeze);
    if (event === 'first-frame') freeze.hidden = true;
    refresh();
  });
  refresh();

  return () => {
    clearInterval(tick);
    clearInterval(slow);
    notices.stop();
    controls.destroy();
    for (const name of SHOWN_EVENTS) video.removeEventListener(name, refresh);
    idle.stop();
    stopListening();
  };
}

/** Short notices, for eyes and for screen readers. */
function createNotices(): {
  readonly visible: HTMLElement;
  readonly spoken: HTMLElement;
  readonly say: (text: string) => void;
  readonly stop: () => void;
} {
  const spoken = make('div', { class: 'reader', 'aria-live': 'polite' });
  const visible = make('div', { class: 'notice', hidden: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    visible,
    spoken,
    say: (text) => {
      visible.textContent = spoken.textContent = text;
      visible.hidden = false;
      clearTimeout(timer);
      timer = setTimeout(() => {
        visible.hidden = true;
      }, NOTICE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

/** Keeps the last picture on screen while the element underneath is loaded anew. */
function freezePicture(video: HTMLVideoElement, freeze: HTMLCanvasElement): void {
  if (video.videoWidth === 0 || video.readyState < video.HAVE_CURRENT_DATA) return;
  freeze.width = video.videoWidth;
  freeze.height = video.videoHeight;
  freeze.getContext('2d')?.drawImage(video, 0, 0);
  freeze.hidden = false;
}

function trackIdle(
  frame: HTMLElement,
  isHeld: () => boolean,
): { readonly refresh: () => void; readonly stop: () => void } {
  let movedAtMs = performance.now();
  const wake = (): void => {
    movedAtMs = performance.now();
    frame.classList.remove('idle');
  };
  const names = ['pointermove', 'pointerdown', 'keydown', 'focusin'];
  for (const name of names) frame.addEventListener(name, wake);
  return {
    refresh: () => frame.classList.toggle('idle', !isHeld() && performance.now() - movedAtMs > IDLE_AFTER_MS),
    stop: () => {
      for (const name of names) frame.removeEventListener(name, wake);
    },
  };
}

type Listening = {
  readonly perform: (action: NonNullable<ReturnType<typeof actionOf>>) => void;
  readonly closeMenus: () => boolean;
};

function listen(
  frame: HTMLElement,
  video: HTMLVideoElement,
  host: HTMLElement,
  controls: Listening,
): () => void {
  let tappedAtMs = Number.NEGATIVE_INFINITY;
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && controls.closeMenus()) return;
    const target = event.composedPath()[0];
    // Buttons keep their own keys, and ranges their arrows.
    const isButton = target instanceof HTMLButtonElement && (event.key === ' ' || event.key === 'Enter');
    if (isButton || target instanceof HTMLInputElement) return;
    const action = actionOf(event.key, event);
    if (action === undefined) return;
    event.preventDefault();
    controls.perform(action);
  };
  const onDocumentKey = (event: KeyboardEvent): void => {
    // A page that is only a player answers keys before anything is clicked.
    if (event.target === document.body && host.hasAttribute('keys')) onKey(event);
  };
  const onClick = (event: PointerEvent | MouseEvent): void => {
    if (controls.closeMenus()) return;
    const isTouch = event instanceof PointerEvent && event.pointerType === 'touch';
    const isDouble = event.timeStamp - tappedAtMs < DOUBLE_TAP_MS;
    tappedAtMs = event.timeStamp;
    if (isTouch && isDouble) {
      const box = video.getBoundingClientRect();
      const isLeft = event.clientX < box.left + box.width / 2;
      controls.perform({ type: 'seek-by', seconds: isLeft ? -10 : 10 });
    } else if (!isTouch) togglePlay(video);
  };
  const onDouble = (event: MouseEvent): void => {
    if (!(event instanceof PointerEvent) || event.pointerType !== 'touch')
      controls.perform({ type: 'toggle-fullscreen' });
  };
  frame.addEventListener('keydown', onKey);
  document.addEventListener('keydown', onDocumentKey);
  video.addEventListener('click', onClick);
  video.addEventListener('dblclick', onDouble);
  return () => {
    frame.removeEventListener('keydown', onKey);
    document.removeEventListener('keydown', onDocumentKey);
    video.removeEventListener('click', onClick);
    video.removeEventListener('dblclick', onDouble);
  };
}
