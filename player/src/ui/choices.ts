// What the menus offer, read from the engine, and what a choice does.

import type { Engine } from '../engine.ts';
import type { Choice } from './menu.ts';

export const SPEEDS: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 2];

function languageName(language: string | undefined, name: string): string {
  if (name !== '' && name !== language) return name;
  if (language === undefined || language === '') return 'Track';
  try {
    return new Intl.DisplayNames([navigator.language], { type: 'language' }).of(language) ?? language;
  } catch {
    return language;
  }
}

/** Caption tracks, with none first. */
export function captionChoices(engine: Engine): readonly Choice[] {
  const hls = engine.hls();
  const tracks = hls?.subtitleTracks ?? [];
  const chosen = hls?.subtitleDisplay === true ? hls.subtitleTrack : -1;
  return [
    { id: '-1', label: 'Off', isChosen: chosen === -1 },
    ...tracks.map((track, index) => ({
      id: String(index),
      label: languageName(track.lang, track.name),
      isChosen: chosen === index,
    })),
  ];
}

/** Shows a caption track, or none. */
export function chooseCaptions(engine: Engine, id: string): void {
  const hls = engine.hls();
  if (hls === undefined) return;
  hls.subtitleDisplay = id !== '-1';
  hls.subtitleTrack = Number(id);
}

/** Audio tracks. */
export function audioChoices(engine: Engine): readonly Choice[] {
  const hls = engine.hls();
  return (hls?.audioTracks ?? []).map((track, index) => ({
    id: String(index),
    label: languageName(track.lang, track.name),
    isChosen: hls?.audioTrack === index,
  }));
}

/** Plays another audio track. */
export function chooseAudio(engine: Engine, id: string): void {
  const hls = engine.hls();
  if (hls !== undefined) hls.audioTrack = Number(id);
}

/** Auto, then renditions from the best. */
export function qualityChoices(engine: Engine): readonly Choice[] {
  const hls = engine.hls();
  const levels = hls?.levels ?? [];
  const isAuto = hls?.autoLevelEnabled ?? true;
  const playing = levels[hls?.currentLevel ?? -1];
  const automatic: Choice = { id: '-1', label: 'Auto', isChosen: isAuto };
  return [
    playing === undefined ? automatic : { ...automatic, hint: `${playing.height}p` },
    ...levels
      .map((level, index) => ({
        id: String(index),
        label: `${level.height}p`,
        hint: `${(level.bitrate / 1_000_000).toFixed(1)} Mb/s`,
        isChosen: !isAuto && hls?.loadLevel === index,
      }))
      .reverse(),
  ];
}

/** Plays one rendition, or leaves the choice to the bandwidth. */
export function chooseQuality(engine: Engine, id: string): void {
  const hls = engine.hls();
  if (hls !== undefined) hls.nextLevel = Number(id);
}

/** Speeds. */
export function speedChoices(engine: Engine): readonly Choice[] {
  return SPEEDS.map((speed) => ({
    id: String(speed),
    label: speed === 1 ? 'Normal' : `${speed}×`,
    isChosen: engine.video.playbackRate === speed,
  }));
}

/** Sets the speed, now and for whatever is loaded next. */
export function chooseSpeed(engine: Engine, id: string): void {
  engine.video.defaultPlaybackRate = Number(id);
  engine.video.playbackRate = Number(id);
}
