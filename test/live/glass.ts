// Glass to glass: the clock in the picture of a video, read back from the screen of a page.

import type { Page } from 'playwright-core';
import { CLOCK_CELLS, CLOCK_STRIP_SHARE, readClock } from '#media/test-card/picture.ts';

const DAY_MS = 86_400_000;
/** Reading a picture back costs more than showing it: every fifth is enough. */
const EVERY = 5;

interface Shown {
  readonly shownAtMs: number;
  readonly cells: readonly number[];
}

/** Begins to read the clock of the page's `window.video`. */
export async function watchGlass(page: Page): Promise<void> {
  await page.evaluate(`{
    window.shown = [];
    const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    let frame = 0;
    const note = () => {
      video.requestVideoFrameCallback(note);
      frame += 1;
      if (frame % ${EVERY} !== 0) return;
      const shownAtMs = Date.now();
      const { videoWidth: width, videoHeight: height } = video;
      context.canvas.width = width;
      context.canvas.height = 1;
      context.drawImage(video, 0, Math.floor(height * ${CLOCK_STRIP_SHARE / 2}), width, 1, 0, 0, width, 1);
      const { data } = context.getImageData(0, 0, width, 1);
      shown.push({
        shownAtMs,
        cells: Array.from({ length: ${CLOCK_CELLS} }, (_, cell) => data[4 * Math.floor(((cell + 0.5) * width) / ${CLOCK_CELLS}) + 1]),
      });
    };
    video.requestVideoFrameCallback(note);
  }`);
}

/** A picture on the screen of the page: when it was shown, and how long after it was painted. */
export interface ShownPicture {
  readonly shownAtMs: number;
  readonly delayMs: number;
}

/** Every picture that was read since the last time, by the clock of the machine. */
export async function takeShown(page: Page): Promise<readonly ShownPicture[]> {
  const shown = await page.evaluate<readonly Shown[]>('shown.splice(0)');
  return shown.flatMap(({ shownAtMs, cells }) => {
    const takenOfDayMs = readClock(cells);
    return takenOfDayMs === undefined
      ? []
      : [{ shownAtMs, delayMs: (shownAtMs - takenOfDayMs + DAY_MS) % DAY_MS }];
  });
}

/** Milliseconds from the painting of a picture to its showing, of every picture that was read since the last time. */
export async function takeGlassMs(page: Page): Promise<readonly number[]> {
  return (await takeShown(page)).map(({ delayMs }) => delayMs);
}
