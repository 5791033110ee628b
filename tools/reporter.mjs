// node:test reporter: failures as they happen, with the command that repeats them, and one closing line.
import { relative } from 'node:path';

export default async function* reporter(source) {
  const startedAt = performance.now();
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
      const file = event.data.file === undefined ? '' : relative(process.cwd(), event.data.file);
      const error = event.data.details?.error;
      yield `FAIL ${file}: ${event.data.name}\n${error?.cause?.stack ?? error?.stack ?? error}\n`;
      yield `  repeat: npm test -- ${file}\n`;
    }
    if (event.type === 'test:stderr' && process.env.MERIDIAN_TEST_VERBOSE) yield event.data.message;
  }
  yield `\n${passed} passed, ${failed} failed, ${skipped} skipped\n`;
  yield `(${((performance.now() - startedAt) / 1000).toFixed(1)} s)\n`;
}
