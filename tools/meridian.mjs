#!/usr/bin/env node
// The `meridian` command: starts src/cli/main.ts under the pinned Node.
import { fileURLToPath } from 'node:url';
import { runWithNode } from './with-node.mjs';

runWithNode('node', [
  fileURLToPath(new URL('../src/cli/main.ts', import.meta.url)),
  ...process.argv.slice(2),
]);
