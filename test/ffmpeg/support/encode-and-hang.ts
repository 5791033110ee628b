// A process that starts an encode, never reads its outputs, and waits to be killed. Arguments: engine, sandbox
// ("full", or "bare" without setpriv and prlimit), input, work directory. Prints a line when something came out.

import { once } from 'node:events';
import { defined } from '#base/assert.ts';
import { smallRequest } from './engines.ts';
import { engineWith } from './sandboxes.ts';

const [name, sandbox, input, workDirectory] = process.argv.slice(2);
const engine = await engineWith(
  name === 'node-av' ? 'node-av' : 'ffmpeg',
  sandbox === 'bare' ? 'bare' : 'full',
);
const path = defined(input, 'an input');
const directory = defined(workDirectory, 'a work directory');
const probe = await engine.probe(path, { workDirectory: directory, signal: new AbortController().signal });
const encode = engine.encode(smallRequest(path, directory, probe));
await once(defined(encode.outputs.get('small'), 'an output'), 'readable');
process.stdout.write('started\n');
await encode.done;
