// node:test reporter: failures as they happen, with the command that repeats them, the slowest files, and one closing
// line.
import { relative } from 'node:path';

/** Files that are named when a run ends (all of them with MERIDIAN_TEST_VERBOSE): where a shorter wait would be felt. */
const SLOWEST = 8;
const SLOW_MS = 15_000;

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const pathOf = (file) => (file === undefined ? '' : relative(process.cwd(), file));

export default async function* reporter(source) {
  const startedAt = performance.now();
  const files = [];
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for await (const event of source) {
    const isSuite = event.data?.details?.type === 'suite';
    if (event.type === 'test:pass' && !isSuite) {
      if (event.data.skip === undefined) passed += 1;
      else skipped += 1;
      if (process.env.MERIDIAN_TEST_VERBOSE)
        yield `  ok ${event.data.name} (${Math.round(event.data.details.duration_ms)} ms)\n`;
    }
    if (event.type === 'test:fail' && !isSuite) {
      failed += 1;
      const file = pathOf(event.data.file);
      const error = event.data.details?.error;
      yield `FAIL ${file}: ${event.data.name}\n${error?.cause?.stack ?? error?.stack ?? error}\n`;
      yield `  repeat: npm test -- ${file}\n`;
    }
    if (event.type === 'test:stderr' && process.env.MERIDIAN_TEST_VERBOSE) yield event.data.message;
    // One for each file, and one without for all of them.
    if (event.type === 'test:summary' && event.data.file !== undefined)
      files.push({ file: pathOf(event.data.file), ms: event.data.duration_ms });
  }
  files.sort((left, right) => right.ms - left.ms);
  const slow = files.filter(({ ms }) => ms >= SLOW_MS).slice(0, SLOWEST);
  for (const { file, ms } of process.env.MERIDIAN_TEST_VERBOSE ? files : slow)
    yield `  ${seconds(ms).padStart(8)}  ${file}\n`;
  yield `\n${passed} passed, ${failed} failed, ${skipped} skipped\n`;
  yield `(${seconds(performance.now() - startedAt)})\n`;
}
