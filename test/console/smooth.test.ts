// Ten thousand assets: the list draws only what is on screen, so scrolling stays smooth.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '../support/wait-for.ts';
import { useConsoles } from './console-page.ts';
import { makeLibrary } from './fake-world.ts';

const consoles = useConsoles();

const ASSET_COUNT = 10_000;
/** A single frame may take this long on a busy machine of two cores without a graphics card. */
const FRAME_MS_MAX = 250;
/** Work of the page's own scripts in one go; past 50 ms a browser calls it a long task. */
const LONG_TASK_MS_MAX = 400;
/** Rows that may exist at once: a tall screen, and what is drawn ahead. */
const ROWS_MAX = 60;

/** Scrolls the list by a screen per frame for some frames and measures frames and long tasks. */
const MEASURE = `new Promise((resolve) => {
  const list = document.querySelector('.list-scroll');
  const longTasks = [];
  const observer = new PerformanceObserver((entries) => {
    for (const entry of entries.getEntries()) longTasks.push(entry.duration);
  });
  observer.observe({ type: 'longtask' });
  const gaps = [];
  let rowsMax = 0;
  let previous = performance.now();
  const frame = (now) => {
    gaps.push(now - previous);
    previous = now;
    rowsMax = Math.max(rowsMax, document.querySelectorAll('.asset-row').length);
    if (gaps.length === 180) {
      observer.disconnect();
      resolve({ gaps: gaps.slice(2), longTasks, rowsMax, scrollTop: list.scrollTop });
      return;
    }
    list.scrollTop += 400;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})`;

interface Measured {
  readonly gaps: number[];
  readonly longTasks: number[];
  readonly rowsMax: number;
  readonly scrollTop: number;
}

test('ten thousand assets scroll smoothly, load as one goes, and can be walked to the end', async (context) => {
  const { page, control } = await consoles.open(
    ({ state, edgeUrl }) => {
      state.assets = makeLibrary(Date.now(), edgeUrl, ASSET_COUNT);
    },
    { path: '#/library' },
  );
  await page.getByText('Harbour at dawn.mov').waitFor();
  await page.getByText('10,000 assets').waitFor();

  // Everything is brought into the list first: the end of the list asks for more until there is no more.
  await waitFor(
    'all assets in the list',
    async () => {
      await page.evaluate(
        "{ const list = document.querySelector('.list-scroll'); list.scrollTop = list.scrollHeight; }",
      );
      return (await page.locator('table.assets').getAttribute('aria-rowcount')) === String(ASSET_COUNT + 1);
    },
    150_000,
  );
  await page.evaluate("document.querySelector('.list-scroll').scrollTop = 0");
  await page.getByText('Harbour at dawn.mov').waitFor();

  const { gaps, longTasks, rowsMax, scrollTop } = await page.evaluate<Measured>(MEASURE);
  const sorted = [...gaps].sort((left, right) => left - right);
  const at = (share: number): number => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  context.diagnostic(
    `frames: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms; ${longTasks.length} long tasks, longest ${Math.round(Math.max(0, ...longTasks))} ms; ${rowsMax} rows`,
  );
  assert.equal(scrollTop > 60_000, true, `scrolled to ${scrollTop}`);
  assert.equal(rowsMax <= ROWS_MAX, true, `${rowsMax} rows exist at once`);
  assert.equal(at(0.95) <= FRAME_MS_MAX, true, `95 % of frames within ${at(0.95)} ms`);
  assert.equal(
    Math.max(0, ...longTasks) <= LONG_TASK_MS_MAX,
    true,
    `longest task ${Math.max(0, ...longTasks)} ms`,
  );

  await page.evaluate(
    "{ const list = document.querySelector('.list-scroll'); list.scrollTop = list.scrollHeight; }",
  );
  const last = control.state.assets[ASSET_COUNT - 1]?.name ?? '';
  await page.getByText(last, { exact: true }).waitFor();
});
