// The control bar and everything the viewer can do with it.

import type { Engine } from '../engine.ts';
import * as choices from './choices.ts';
import { clock } from './clock.ts';
import { iconButton, make, setIcon, setLabel } from './dom.ts';
import type { Action } from './keyboard.ts';
import { createMenu, type Menu } from './menu.ts';
import { createSeekBar } from './seek-bar.ts';
import { createThumbnails } from './thumbnails.ts';
import {
  dateAt,
  liveState,
  positionAt,
  type TimelineView,
  timelineOf,
  timeOfDay,
  within,
} from './timeline.ts';

export type Controls = {
  readonly element: HTMLElement;
  readonly refresh: () => void;
  readonly perform: (action: Action) => void;
  readonly isBusy: () => boolean;
  readonly closeMenus: () => boolean;
  readonly destroy: () => void;
};

export type ControlsOptions = {
  readonly engine: () => Engine;
  readonly host: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly onStats: () => void;
  readonly say: (text: string) => void;
};

/** Plays or pauses; at the end it starts again. */
export function togglePlay(video: HTMLVideoElement): void {
  if (video.paused || video.ended) video.play().catch(() => undefined);
  else video.pause();
}

function seekableOf({ seekable }: HTMLVideoElement): TimelineView['seekable'] {
  if (seekable.length === 0) return undefined;
  return { startSeconds: seekable.start(0), endSeconds: seekable.end(seekable.length - 1) };
}

/** What playlists of a broadcast list; the element itself calls all of it seekable from the first second that it saw. */
function windowOf(hls: ReturnType<Engine['hls']>): TimelineView['seekable'] {
  const details = hls?.latestLevelDetails;
  return details === undefined || details === null
    ? undefined
    : { startSeconds: details.fragmentStart, endSeconds: details.edge };
}

/** What is known of time now. */
function viewOf(engine: Engine, video: HTMLVideoElement): TimelineView {
  const hls = engine.hls();
  return {
    isLive: engine.isLive,
    durationSeconds: video.duration,
    currentSeconds: video.currentTime,
    seekable: engine.isLive ? windowOf(hls) : seekableOf(video),
    liveSeconds: hls?.liveSyncPosition ?? undefined,
    dateMs: hls?.playingDate?.getTime(),
    latencySeconds: hls?.latency ?? 0,
    targetSeconds: hls?.targetLatency ?? undefined,
  };
}

/** Players that are asked for the newest second of a broadcast go to where they stay, and keep up from there. */
const LIVE_SECONDS = 1;

/** Goes to a position, as far as there is one. */
function seek(engine: Engine, video: HTMLVideoElement, seconds: number): void {
  const timeline = timelineOf(viewOf(engine, video));
  const position = within(timeline, seconds);
  if (timeline.isLive && position > timeline.endSeconds - LIVE_SECONDS) engine.seekToLive();
  else video.currentTime = position;
}

/** Jumps of the buttons; keys have their own. */
const JUMPS_SECONDS = [30, 10] as const;

function createJumps(options: ControlsOptions): readonly HTMLButtonElement[] {
  const { engine, video } = options;
  return JUMPS_SECONDS.map((seconds) => {
    const button = make(
      'button',
      {
        type: 'button',
        class: 'button text jump',
        click: () => seek(engine(), video, video.currentTime - seconds),
      },
      `−${seconds} s`,
    );
    // On a phone there is room for one.
    button.classList.toggle('wide', seconds > 10);
    setLabel(button, seconds === 10 ? 'Back 10 seconds (j)' : `Back ${seconds} seconds`);
    return button;
  });
}

function toggleFullscreen(host: HTMLElement): void {
  const change = document.fullscreenElement === null ? host.requestFullscreen() : document.exitFullscreen();
  change.catch(() => undefined);
}

function createMenus(
  engine: () => Engine,
): Readonly<Record<'captions' | 'audio' | 'speed' | 'quality', Menu>> {
  const text = (label: string): HTMLButtonElement =>
    make('button', { type: 'button', class: 'button text', 'aria-label': label, title: label });
  const icon = (name: 'captions' | 'audio', label: string): HTMLButtonElement =>
    iconButton(name, label, () => undefined);
  return {
    captions: createMenu(
      'Captions',
      icon('captions', 'Captions (c)'),
      () => choices.captionChoices(engine()),
      (id) => choices.chooseCaptions(engine(), id),
    ),
    audio: createMenu(
      'Audio',
      icon('audio', 'Audio track'),
      () => choices.audioChoices(engine()),
      (id) => choices.chooseAudio(engine(), id),
    ),
    speed: createMenu(
      'Speed',
      text('Speed'),
      () => choices.speedChoices(engine()),
      (id) => choices.chooseSpeed(engine(), id),
    ),
    quality: createMenu(
      'Quality',
      text('Quality'),
      () => choices.qualityChoices(engine()),
      (id) => choices.chooseQuality(engine(), id),
    ),
  };
}

function createVolume(video: HTMLVideoElement): {
  readonly element: HTMLElement;
  readonly refresh: () => void;
} {
  const mute = iconButton('volume', 'Mute (m)', () => {
    video.muted = !video.muted;
  });
  const slider = make('input', { type: 'range', min: '0', max: '1', step: '0.05', 'aria-label': 'Volume' });
  slider.addEventListener('input', () => {
    video.volume = Number(slider.value);
    video.muted = video.volume === 0;
  });
  return {
    element: make('div', { class: 'volume' }, mute, slider),
    refresh: () => {
      const isSilent = video.muted || video.volume === 0;
      setIcon(mute, isSilent ? 'muted' : 'volume');
      setLabel(mute, isSilent ? 'Unmute (m)' : 'Mute (m)');
      slider.value = String(video.muted ? 0 : video.volume);
    },
  };
}

/** Creates the control bar. */
export function createControls(options: ControlsOptions): Controls {
  const { engine, host, video } = options;
  const thumbnails = createThumbnails(engine);
  const view = (): TimelineView => viewOf(engine(), video);
  const seekBar = createSeekBar({
    video,
    view,
    thumbnails,
    seek: (seconds) => seek(engine(), video, seconds),
  });
  const jumps = createJumps(options);
  const play = iconButton('play', 'Play (k)', () => togglePlay(video));
  const volume = createVolume(video);
  const menus = createMenus(engine);
  const time = make('div', { class: 'time' });
  const live = make('button', { type: 'button', class: 'button text live' }, 'Live');
  live.addEventListener('click', () => engine().seekToLive());
  const stats = iconButton('stats', 'Statistics (i)', options.onStats);
  stats.classList.add('wide');
  const picture = iconButton('picture', 'Picture in picture', () => {
    const change =
      document.pictureInPictureElement === null
        ? video.requestPictureInPicture()
        : document.exitPictureInPicture();
    change.catch(() => options.say('Picture in picture is not available'));
  });
  picture.classList.add('wide');
  const full = iconButton('expand', 'Full screen (f)', () => toggleFullscreen(host));
  const element = make(
    'div',
    { class: 'bar' },
    seekBar.element,
    make(
      'div',
      { class: 'row' },
      ...[play, ...jumps, volume.element, live, time, make('div', { class: 'space' })],
      ...[menus.captions.element, menus.audio.element, menus.speed.element, menus.quality.element],
      ...[stats, picture, full],
    ),
  );

  const refresh = (): void => {
    const current = engine();
    seekBar.refresh();
    volume.refresh();
    setIcon(play, video.ended ? 'replay' : video.paused ? 'play' : 'pause');
    setLabel(play, video.ended ? 'Play again (k)' : video.paused ? 'Play (k)' : 'Pause (k)');
    const now = view();
    const { startSeconds, endSeconds } = timelineOf(now);
    live.hidden = !current.isLive || video.ended;
    for (const jump of jumps) {
      jump.hidden = live.hidden;
      jump.disabled = video.currentTime - startSeconds < 1;
    }
    const { isBehind, text } = liveState(now);
    live.classList.toggle('behind', isBehind);
    if (live.textContent !== text) live.textContent = text;
    setLabel(live, isBehind ? `Go to the live edge, ${clock(now.latencySeconds)} ahead` : 'Live');
    showTime(time, now, live.hidden, endSeconds);
    menus.captions.element.hidden = (current.hls()?.subtitleTracks.length ?? 0) === 0;
    menus.captions.button.classList.toggle('on', choices.captionChoices(current)[0]?.isChosen === false);
    menus.audio.element.hidden = (current.hls()?.audioTracks.length ?? 0) < 2;
    const isAudio = choices.isAudioOnly(current);
    menus.quality.element.hidden = isAudio || (current.hls()?.levels.length ?? 0) === 0;
    menus.speed.button.textContent = `${video.defaultPlaybackRate}×`;
    menus.quality.button.textContent = qualityLabel(current);
    setLabel(menus.speed.button, `Speed: ${video.defaultPlaybackRate}×`);
    setLabel(menus.quality.button, `Quality: ${qualityLabel(current)}`);
    for (const menu of Object.values(menus)) menu.refresh();
    const isFull = document.fullscreenElement === host;
    setIcon(full, isFull ? 'shrink' : 'expand');
    setLabel(full, isFull ? 'Leave full screen (f)' : 'Full screen (f)');
    picture.hidden = isAudio || !document.pictureInPictureEnabled;
  };

  return {
    element,
    refresh,
    perform: (action) => perform(action, options),
    isBusy: () => seekBar.isDragging() || Object.values(menus).some((menu) => menu.isOpen()),
    closeMenus: () => {
      const open = Object.values(menus).filter((menu) => menu.isOpen());
      for (const menu of open) menu.close();
      return open.length > 0;
    },
    destroy: thumbnails.destroy,
  };
}

/** Of a video its position and length; of a broadcast when its picture was filmed. */
function showTime(time: HTMLElement, view: TimelineView, isVideo: boolean, endSeconds: number): void {
  const { currentSeconds } = view;
  const date = isVideo ? undefined : dateAt(view, currentSeconds);
  time.hidden = !isVideo && date === undefined;
  time.classList.toggle('wide', !isVideo);
  if (date !== undefined) time.textContent = timeOfDay(date);
  else time.replaceChildren(clock(currentSeconds), ' ', make('span', {}, `/ ${clock(endSeconds)}`));
}

function qualityLabel(engine: Engine): string {
  const hls = engine.hls();
  const level = hls?.levels[hls.currentLevel];
  const name = level === undefined ? '' : choices.qualityName(level);
  return hls?.autoLevelEnabled === false ? name : `Auto ${name}`.trim();
}

/** Does what a key asks for. */
function perform(action: Action, options: ControlsOptions): void {
  const { video, engine, host } = options;
  switch (action.type) {
    case 'toggle-play':
      togglePlay(video);
      break;
    case 'toggle-mute':
      video.muted = !video.muted;
      options.say(video.muted ? 'Muted' : 'Sound on');
      break;
    case 'toggle-fullscreen':
      toggleFullscreen(host);
      break;
    case 'toggle-stats':
      options.onStats();
      break;
    case 'toggle-captions': {
      const isOff = choices.captionChoices(engine())[0]?.isChosen === true;
      const isAvailable = (engine().hls()?.subtitleTracks.length ?? 0) > 0;
      if (isAvailable) choices.chooseCaptions(engine(), isOff ? choices.preferredCaptions(engine()) : '-1');
      options.say(isAvailable ? (isOff ? 'Captions on' : 'Captions off') : 'No captions');
      break;
    }
    case 'seek-by':
      seek(engine(), video, video.currentTime + action.seconds);
      break;
    case 'seek-to':
      seek(engine(), video, positionAt(timelineOf(viewOf(engine(), video)), action.share));
      break;
    case 'volume-by':
      video.volume = Math.min(1, Math.max(0, Math.round((video.volume + action.amount) * 20) / 20));
      video.muted = video.volume === 0;
      options.say(`Volume ${Math.round(video.volume * 100)} %`);
      break;
    case 'speed-by': {
      const at = choices.SPEEDS.indexOf(video.defaultPlaybackRate) + action.steps;
      const speed = choices.SPEEDS[Math.min(choices.SPEEDS.length - 1, Math.max(0, at))];
      if (speed !== undefined) choices.chooseSpeed(engine(), String(speed));
      options.say(`Speed ${video.defaultPlaybackRate}×`);
      break;
    }
  }
}
