// The architecture as data: which folder may import which. Whatever is not listed is forbidden.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Folder → folders it may import besides itself. Order matters: the first matching prefix names the folder. */
const ARROWS: readonly (readonly [string, readonly string[]])[] = [
  ['src/base', []],
  ['src/core', ['src/base']],
  ['src/media', ['src/base']],
  ['src/contract', ['src/base', 'src/core']],
  ['src/platform', ['src/base', 'src/core', 'src/contract']],
  ['src/control', ['src/base', 'src/core', 'src/media', 'src/contract', 'src/platform']],
  ['src/region/shared', ['src/base', 'src/core', 'src/media', 'src/contract', 'src/platform']],
  ...['agent', 'ingest', 'encoder', 'channel', 'origin', 'edge'].map(
    (role): readonly [string, readonly string[]] => [
      `src/region/${role}`,
      ['src/base', 'src/core', 'src/media', 'src/contract', 'src/platform', 'src/region/shared'],
    ],
  ),
  ['src/viewer', ['src/base', 'src/core', 'src/media', 'src/contract', 'src/platform']],
  [
    'src/cli',
    [
      'src/base',
      'src/core',
      'src/media',
      'src/contract',
      'src/platform',
      'src/control',
      'src/region',
      'src/viewer',
      'sdk/src',
    ],
  ],
  ['sdk', []],
  ['console', ['src/contract', 'src/core', 'src/media', 'src/base']],
  // Not all of core: what a viewer decides, and nothing that a server does.
  ['player', ['src/contract', 'src/core/playback']],
  ['test', ['src', 'bench', 'console', 'player', 'sdk']],
  ['bench', ['src', 'test']],
  ['tools', ['src']],
];

function folderOf(path: string): readonly [string, readonly string[]] | undefined {
  return ARROWS.find(([folder]) => path === folder || path.startsWith(`${folder}/`));
}

function resolveImport(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.replace(/^#([a-z]+)\//, 'src/$1/');
  if (specifier.startsWith('.')) return relative(root, normalize(join(root, dirname(file), specifier)));
  return undefined;
}

/** Every import that the table does not allow, as `file:line imports target (rule)`. */
function violations(file: string, source: string): string[] {
  const own = folderOf(file);
  if (own === undefined)
    return file === 'src/arrows.test.ts' ? [] : [`${file}: lies in no folder of the table`];
  const found: string[] = [];
  for (const [index, line] of source.split('\n').entries()) {
    const specifier = /(?:\bfrom\s+|\bimport\s*\(?\s*)'([^'\\]+)'/.exec(line)?.[1];
    const target = specifier === undefined ? undefined : resolveImport(file, specifier);
    if (target === undefined) continue;
    const isOwn = target === own[0] || target.startsWith(`${own[0]}/`);
    const isAllowed = own[1].some((allowed) => target === allowed || target.startsWith(`${allowed}/`));
    if (!isOwn && !isAllowed) found.push(`${file}:${index + 1} imports ${target}, which ${own[0]} may not`);
  }
  return found;
}

test('no import breaks the arrow table', () => {
  const files = globSync(['src/**/*.ts', '{console,player,sdk}/src/**/*.{ts,tsx}', '{test,bench}/**/*.ts'], {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**'],
  });
  assert.ok(files.length > 20, 'the files were found');
  const found = files.flatMap((file) => violations(file, readFileSync(join(root, file), 'utf8')));
  assert.deepEqual(found, []);
});

test('the arrow table denies what it does not list', () => {
  assert.equal(violations('src/core/x.ts', "import { a } from '#platform/clock.ts';").length, 1);
  assert.equal(violations('src/region/edge/x.ts', "import { a } from '../ingest/y.ts';").length, 1);
  assert.equal(violations('src/control/x.ts', "import { a } from '#region/shared/keys.ts';").length, 1);
  assert.equal(violations('src/newfolder/x.ts', '').length, 1);
  assert.equal(violations('src/region/edge/x.ts', "import { a } from '../shared/keys.ts';").length, 0);
});

test('clocks, timers and randomness stay out of the pure folders', () => {
  const files = globSync('src/{base,core,media}/**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.test.ts'),
  );
  const impure =
    /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|performance\.now)\b|from 'node:/;
  const found = files.filter((file) => impure.test(readFileSync(join(root, file), 'utf8')));
  assert.deepEqual(found, []);
});
