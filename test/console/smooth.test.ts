// Ten thousand assets: the list draws only what is on screen, so scrolling stays smooth.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CDPSession } from 'playwright-core';
import { defined } from '#base/assert.ts';
import { waitFor } from '../support/wait-for.ts';
import { useConsoles } from './console-page.ts';
import { makeLibrary } from './fake-world.ts';

const consoles = useConsoles();

const ASSET_COUNT = 10_000;
/** Frames scrolled through; each moves by six rows, faster than anybody reads. */
const FRAME_COUNT = 150;
const STEP_PX = 400;
/**
 * Processor time of the page's main thread per frame. Thread time, not wall time: a busy machine stretches frames,
 * but does not make the page do more. Together about one frame at 60 Hz; half of it was measured.
 */
const SCRIPT_MS_MAX = 8;
const LAYOUT_MS_MAX = 12;
/** Rows that may exist at once: a tall screen, and what is drawn ahead. */
const ROWS_MAX = 60;

/** Scrolls and measures the gaps between frames and the long tasks. */
const SCROLL = `new Promise((resolve) => {
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
    if (gaps.length > ${FRAME_COUNT}) {
      observer.disconnect();
      resolve({ gaps: gaps.slice(1), longTasks, rowsMax, scrollTop: list.scrollTop });
      return;
    }
    list.scrollTop += ${STEP_PX};
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})`;

interface Scrolled {
  readonly gaps: number[];
  readonly longTasks: number[];
  readonly rowsMax: number;
  readonly scrollTop: number;
}

interface Costs {
  readonly scriptMs: number;
  readonly layoutMs: number;
}

async function readCosts(cdp: CDPSession): Promise<Costs> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  const read = (name: string): number =>
    1_000 *
    defined(
      metrics.find((metric) => metric.name === name),
      name,
    ).value;
  return { scriptMs: read('ScriptDuration'), layoutMs: read('LayoutDuration') + read('RecalcStyleDuration') };
}

function describe({ gaps, longTasks, rowsMax }: Scrolled): string {
  const sorted = [...gaps].sort((left, right) => left - right);
  const at = (share: number): number => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  const longest = Math.round(Math.max(0, ...longTasks));
  return `frames median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms; ${longTasks.length} long tasks, longest ${longest} ms; ${rowsMax} rows`;
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

  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await readCosts(cdp);
  const scrolled = await page.evaluate<Scrolled>(SCROLL);
  const after = await readCosts(cdp);
  const scriptMs = (after.scriptMs - before.scriptMs) / FRAME_COUNT;
  const layoutMs = (after.layoutMs - before.layoutMs) / FRAME_COUNT;
  context.diagnostic(describe(scrolled));
  context.diagnostic(
    `per frame: ${scriptMs.toFixed(1)} ms of script, ${layoutMs.toFixed(1)} ms of style and layout`,
  );
  assert.equal(scrolled.scrollTop, FRAME_COUNT * STEP_PX);
  assert.equal(scrolled.rowsMax <= ROWS_MAX, true, `${scrolled.rowsMax} rows exist at once`);
  assert.equal(scriptMs <= SCRIPT_MS_MAX, true, `${scriptMs} ms of script per frame`);
  assert.equal(layoutMs <= LAYOUT_MS_MAX, true, `${layoutMs} ms of style and layout per frame`);

  await page.evaluate(
    "{ const list = document.querySelector('.list-scroll'); list.scrollTop = list.scrollHeight; }",
  );
  const last = control.state.assets[ASSET_COUNT - 1]?.name ?? '';
  await page.getByText(last, { exact: true }).waitFor();
});
