// The control bar and everything the viewer can do with it.

import type { Engine } from '../engine.ts';
import * as choices from './choices.ts';
import { clock, iconButton, make, setIcon, setLabel } from './dom.ts';
import type { Action } from './keyboard.ts';
import { createMenu, type Menu } from './menu.ts';
import { createSeekBar } from './seek-bar.ts';
import { createThumbnails } from './thumbnails.ts';

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

function durationOf(video: HTMLVideoElement): number {
  if (Number.isFinite(video.duration)) return video.duration;
  return video.seekable.length > 0 ? video.seekable.end(video.seekable.length - 1) : 0;
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
  const seekBar = createSeekBar(video, () => durationOf(video), thumbnails);
  const play = iconButton('play', 'Play (k)', () => togglePlay(video));
  const volume = createVolume(video);
  const menus = createMenus(engine);
  const time = make('div', { class: 'time' });
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
      ...[play, volume.element, time, make('div', { class: 'space' })],
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
    time.replaceChildren(clock(video.currentTime), ' ', make('span', {}, `/ ${clock(durationOf(video))}`));
    menus.captions.element.hidden = (current.hls()?.subtitleTracks.length ?? 0) === 0;
    menus.captions.button.classList.toggle('on', choices.captionChoices(current)[0]?.isChosen === false);
    menus.audio.element.hidden = (current.hls()?.audioTracks.length ?? 0) < 2;
    const isAudio = choices.isAudioOnly(current);
    menus.quality.element.hidden = isAudio || (current.hls()?.levels.length ?? 0) === 0;
    menus.speed.button.textContent = `${video.playbackRate}×`;
    menus.quality.button.textContent = qualityLabel(current);
    setLabel(menus.speed.button, `Speed: ${video.playbackRate}×`);
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
    perform: (action) => perform(action, options, () => durationOf(video)),
    isBusy: () => seekBar.isDragging() || Object.values(menus).some((menu) => menu.isOpen()),
    closeMenus: () => {
      const open = Object.values(menus).filter((menu) => menu.isOpen());
      for (const menu of open) menu.close();
      return open.length > 0;
    },
    destroy: thumbnails.destroy,
  };
}

function qualityLabel(engine: Engine): string {
  const hls = engine.hls();
  const level = hls?.levels[hls.currentLevel];
  const name = level === undefined ? '' : choices.qualityName(level);
  return hls?.autoLevelEnabled === false ? name : `Auto ${name}`.trim();
}

/** Does what a key asks for. */
function perform(action: Action, options: ControlsOptions, duration: () => number): void {
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
      video.currentTime = Math.min(duration(), Math.max(0, video.currentTime + action.seconds));
      break;
    case 'seek-to':
      video.currentTime = duration() * action.share;
      break;
    case 'volume-by':
      video.volume = Math.min(1, Math.max(0, Math.round((video.volume + action.amount) * 20) / 20));
      video.muted = video.volume === 0;
      options.say(`Volume ${Math.round(video.volume * 100)} %`);
      break;
    case 'speed-by': {
      const at = choices.SPEEDS.indexOf(video.playbackRate) + action.steps;
      const speed = choices.SPEEDS[Math.min(choices.SPEEDS.length - 1, Math.max(0, at))];
      if (speed !== undefined) choices.chooseSpeed(engine(), String(speed));
      options.say(`Speed ${video.playbackRate}×`);
      break;
    }
  }
}
