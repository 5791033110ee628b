// The feed page: /feed/{project}?assets=ast_…,ast_…[&token=…]. Swipe, wheel, arrow keys or J and K move on; a tap pauses,
// M unmutes, D saves data. The track of posters moves, the one video element lies over the poster it plays.

import { icon, make } from '../ui/dom.ts';
import { findEdges } from '../watch-page.ts';
import { createFeed, type Feed } from './feed.ts';

/** A wheel or a touch pad sends many events for one push. */
const WHEEL_REST_MS = 350;
/** A shorter drag is a tap that slipped. */
const SWIPE_PIXELS_MIN = 40;
/** More than anybody swipes through; an address stays short of what servers take. */
const ITEMS_MAX = 200;
const PROGRESS_EVERY_MS = 100;
const POSTERS_AHEAD = 3;

export type FeedAddress = {
  readonly project: string;
  readonly directories: readonly string[];
};

/** Reads the page's address; undefined when it is not a feed's. */
export function readFeedAddress(address: string): FeedAddress | undefined {
  const url = new URL(address);
  const project = /^\/feed\/([a-z0-9-]+)\/?$/.exec(url.pathname)?.[1];
  if (project === undefined) return undefined;
  const token = url.searchParams.get('token');
  const prefix = token === null ? '' : `/t/${encodeURIComponent(token)}`;
  const assets = (url.searchParams.get('assets') ?? '')
    .split(',')
    .filter((id) => /^ast_[0-9a-z]+$/.test(id))
    .slice(0, ITEMS_MAX);
  return { project, directories: assets.map((id) => `${url.origin}${prefix}/m/${project}/${id}/current`) };
}

declare global {
  interface Window {
    /** The page's feed, for whoever measures it. */
    meridianFeed?: Feed;
  }
}

type Page = {
  readonly video: HTMLVideoElement;
  readonly track: HTMLElement;
  readonly feed: Feed;
  readonly count: number;
};

/** Starts the page when this document is one. */
export async function startFeedPage(): Promise<void> {
  const root = document.querySelector<HTMLElement>('[data-feed]');
  const address = readFeedAddress(location.href);
  if (root === null || address === undefined) return;
  const { directories } = address;
  if (directories.length === 0) {
    root.append(
      make('p', { class: 'none' }, 'This feed is empty. Its address names the videos: ?assets=ast_…,ast_…'),
    );
    return;
  }
  const { edges, group } = await findEdges();
  const video = make('video', { playsinline: true, muted: true });
  video.muted = true;
  const panels = directories.map((directory, at) => {
    const panel = make('section', {
      class: 'panel',
      'aria-label': `Video ${at + 1} of ${directories.length}`,
    });
    panel.dataset.poster = `url("${directory}/poster.jpg")`;
    return panel;
  });
  const track = make('div', { class: 'track' }, ...panels, video);
  root.append(track);
  const feed = createFeed(video, {
    items: directories.map((directory) => ({ src: `${directory}/main.m3u8` })),
    edges,
    group,
    onShown: () => video.classList.add('is-shown'),
  });
  window.meridianFeed = feed;
  const page: Page = { video, track, feed, count: directories.length };
  root.append(createChrome(page, directories));
  listen(root, page);
  move(page, 0);
}

function move(page: Page, index: number): void {
  const { feed, track, video, count } = page;
  const at = Math.max(0, Math.min(count - 1, index));
  if (at === feed.index()) return;
  video.classList.remove('is-shown');
  for (const panel of [...track.children].slice(Math.max(0, at - 1), at + 1 + POSTERS_AHEAD))
    if (panel instanceof HTMLElement) panel.style.backgroundImage ||= panel.dataset.poster ?? '';
  video.style.top = `${at * 100}%`;
  track.style.transform = `translateY(${-at * 100}%)`;
  feed.show(at);
}

function togglePlay({ video }: Page): void {
  if (video.paused) video.play().catch(() => undefined);
  else video.pause();
}

function listen(root: HTMLElement, page: Page): void {
  const step = (by: number): void => move(page, page.feed.index() + by);
  let restUntilMs = 0;
  addEventListener(
    'wheel',
    (event) => {
      if (Math.abs(event.deltaY) < 8 || performance.now() < restUntilMs) return;
      restUntilMs = performance.now() + WHEEL_REST_MS;
      step(Math.sign(event.deltaY));
    },
    { passive: true },
  );
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const onButton = event.target instanceof HTMLButtonElement;
    if (event.key === 'ArrowDown' || event.key === 'j') step(1);
    else if (event.key === 'ArrowUp' || event.key === 'k') step(-1);
    else if (event.key === ' ' && !onButton) togglePlay(page);
    else if (event.key === 'm') page.video.muted = !page.video.muted;
    else if (event.key === 'd') page.feed.setSavingData(!page.feed.isSavingData());
    else return;
    event.preventDefault();
  });
  let downY: number | undefined;
  root.addEventListener('pointerdown', (event) => {
    downY =
      event.target instanceof Element && event.target.closest('button') === null ? event.clientY : undefined;
  });
  addEventListener('pointerup', (event) => {
    if (downY === undefined) return;
    const by = downY - event.clientY;
    downY = undefined;
    if (Math.abs(by) >= SWIPE_PIXELS_MIN) step(Math.sign(by));
    else togglePlay(page);
  });
}

/** Title, place, sound, data saver and the thin line that tells how far the video is. */
function createChrome(page: Page, directories: readonly string[]): HTMLElement {
  const { video, feed, count } = page;
  const title = make('h1');
  const place = make('p', { class: 'place' });
  const line = make('i');
  /** What is pressed shows at once. */
  const button = (onClick: () => void, ...label: string[]): HTMLElement => {
    const click = (): void => {
      onClick();
      refresh();
    };
    return make('button', { type: 'button', click }, ...label);
  };
  const sound = button(() => {
    video.muted = !video.muted;
  });
  const saver = button(() => feed.setSavingData(!feed.isSavingData()), 'Data saver');
  let shownIndex = -1;
  let isMuted: boolean | undefined;

  const refresh = (): void => {
    const share = video.duration > 0 ? video.currentTime / video.duration : 0;
    line.style.transform = `scaleX(${share})`;
    saver.setAttribute('aria-pressed', String(feed.isSavingData()));
    if (isMuted !== video.muted) {
      isMuted = video.muted;
      const label = isMuted ? 'Tap for sound' : 'Mute';
      sound.replaceChildren(icon(isMuted ? 'muted' : 'volume'), label);
    }
    const index = feed.index();
    if (index === shownIndex) return;
    shownIndex = index;
    place.textContent = `${index + 1} of ${count}`;
    title.textContent = '';
    void nameOf(directories[index]).then((name) => {
      if (shownIndex === index) title.textContent = name;
    });
  };
  setInterval(refresh, PROGRESS_EVERY_MS);
  return make(
    'footer',
    { class: 'chrome' },
    make('div', { class: 'about' }, title, place),
    make('div', { class: 'buttons' }, sound, saver),
    make('div', { class: 'line' }, line),
  );
}

async function nameOf(directory: string | undefined): Promise<string> {
  try {
    const status = (await (await fetch(`${directory}/status.json`)).json()) as { name?: unknown };
    return typeof status.name === 'string' ? status.name : '';
  } catch {
    return '';
  }
}
