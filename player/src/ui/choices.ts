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
  const language = hls.subtitleTracks[Number(id)]?.lang;
  if (language !== undefined) lastLanguage = language;
}

/** What this viewer read last, on this page. */
let lastLanguage: string | undefined;

/** The track that a viewer who asks for captions most likely wants: the last language, else the browser's, else the first. */
export function preferredCaptions(engine: Engine): string {
  const tracks = engine.hls()?.subtitleTracks ?? [];
  for (const wanted of [lastLanguage, ...navigator.languages]) {
    if (wanted === undefined) continue;
    const exact = tracks.findIndex(({ lang }) => lang === wanted);
    const primary = wanted.split('-')[0];
    const close = tracks.findIndex(({ lang }) => lang?.split('-')[0] === primary);
    if (exact !== -1 || close !== -1) return String(exact !== -1 ? exact : close);
  }
  return '0';
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

/** What people call a rendition: the shorter side of its picture, also when it stands upright. */
export function qualityName(level: { readonly width: number; readonly height: number }): string {
  return `${Math.min(level.width, level.height)}p`;
}

/** Whether there is nothing to see: sound alone. */
export function isAudioOnly(engine: Engine): boolean {
  const levels = engine.hls()?.levels ?? [];
  return levels.length > 0 && levels.every(({ width }) => width === 0);
}

/** Auto, then renditions from the best. */
export function qualityChoices(engine: Engine): readonly Choice[] {
  const hls = engine.hls();
  const levels = hls?.levels ?? [];
  const isAuto = hls?.autoLevelEnabled ?? true;
  const playing = levels[hls?.currentLevel ?? -1];
  // Changing the codec in mid-play may stall: only what plays is offered, in its sizes.
  const codecSet = (playing ?? levels[0])?.codecSet;
  const automatic: Choice = { id: '-1', label: 'Auto', isChosen: isAuto };
  return [
    playing === undefined ? automatic : { ...automatic, hint: qualityName(playing) },
    ...levels
      .map((level, index) => ({
        id: String(index),
        label: qualityName(level),
        hint: `${(level.bitrate / 1_000_000).toFixed(1)} Mb/s`,
        isChosen: !isAuto && hls?.loadLevel === index,
        codecSet: level.codecSet,
      }))
      .filter((choice) => choice.codecSet === codecSet)
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
    isChosen: engine.video.defaultPlaybackRate === speed,
  }));
}

/** Sets the speed, now and for whatever is loaded next. */
export function chooseSpeed(engine: Engine, id: string): void {
  engine.video.defaultPlaybackRate = Number(id);
  engine.video.playbackRate = Number(id);
}
