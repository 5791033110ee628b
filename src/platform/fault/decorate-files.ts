// Puts notes around the functions of `node:fs` of this process, in all three forms (promise, callback, sync), whoever
// imported them: `syncBuiltinESMExports` renews the bindings of modules. Writes need no decoration, since bytes count as
// written from the opening of the file on.
// Limit: what never opens, renames, removes, makes or syncs (chmod, utimes) is not noted; bytes and names are what counts.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import type { Ended, Notes } from './forgetful-disk.ts';

type Values = readonly unknown[];
type Hook = (...values: Values) => Ended;
// The functions are treated alike, whatever their parameters: a decorator passes them on.
type AnyFunction = (...values: Values) => unknown;
type Functions = Record<string, AnyFunction>;

/** Decorates the file system of this process until it ends. */
export async function decorateFiles(notes: Notes, machineRun: string): Promise<void> {
  const functions = fs as unknown as Functions;
  const promises = fs.promises as unknown as Functions;
  for (const [name, hook] of Object.entries(hooksOf(notes))) {
    replace(promises, name, (original) => awaited(original, hook));
    replace(functions, name, (original) => calledBack(original, hook));
    replace(functions, `${name}Sync`, (original) => synchronous(original, hook));
  }
  replaceWholeWrites(functions, promises);
  // Whoever asks whether the power has failed hears that it has.
  replace(
    promises,
    'readFile',
    (original) => async (path, options) =>
      path === '/proc/sys/kernel/random/boot_id' ? machineRun : original(path, options),
  );
  await decorateHandles(notes);
  syncBuiltinESMExports();
}

function hooksOf(notes: Notes): Readonly<Record<string, Hook>> {
  const sync: Hook = (descriptor) => notes.sync(Number(descriptor));
  return {
    open: (path, flags) => {
      const { mayWrite, isReplaced } = meaningOf(flags);
      return mayWrite ? notes.open(pathOf(path), isReplaced) : ignore;
    },
    truncate: (path) => notes.open(pathOf(path), true),
    copyFile: (_, to) => notes.open(pathOf(to), true),
    link: (_, path) => notes.create(pathOf(path)),
    symlink: (_, path) => notes.create(pathOf(path)),
    rename: (from, to) => notes.rename(pathOf(from), pathOf(to)),
    rm: (path, options) => removing(notes, pathOf(path), isRecursive(options)),
    unlink: (path) => removing(notes, pathOf(path), false),
    rmdir: (path) => removingFolder(notes, pathOf(path)),
    mkdir: (path) => notes.makeFolders(pathOf(path)),
    fsync: sync,
    fdatasync: sync,
  };
}

/** A plain rm fails on a folder, and what fails removes nothing. */
function removing(notes: Notes, path: string, isWhole: boolean): Ended {
  return isWhole || !isFolder(path) ? notes.remove(path) : ignore;
}

/** Likewise for a folder that is not empty. */
function removingFolder(notes: Notes, path: string): Ended {
  return isFolder(path) && fs.readdirSync(path).length === 0 ? notes.remove(path) : ignore;
}

function isFolder(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isRecursive(options: unknown): boolean {
  return (
    typeof options === 'object' && options !== null && 'recursive' in options && options.recursive === true
  );
}

function ignore(): void {
  // Nothing of it is noted.
}

function replace(
  functions: Functions,
  name: string,
  decorator: (original: AnyFunction) => AnyFunction,
): void {
  const original = functions[name];
  // Not every function has all three forms: there is no promise of fsync, for one.
  if (original !== undefined) functions[name] = decorator(original);
}

function awaited(original: AnyFunction, hook: Hook): AnyFunction {
  return async function (this: unknown, ...values: Values) {
    const ended = hook(...values);
    let isDone = false;
    try {
      const result = await original.apply(this, [...values]);
      isDone = true;
      return result;
    } finally {
      ended(isDone);
    }
  };
}

function synchronous(original: AnyFunction, hook: Hook): AnyFunction {
  return (...values) => {
    const ended = hook(...values);
    let isDone = false;
    try {
      const result = original(...values);
      isDone = true;
      return result;
    } finally {
      ended(isDone);
    }
  };
}

function calledBack(original: AnyFunction, hook: Hook): AnyFunction {
  return (...values) => {
    const callback = values.at(-1);
    if (typeof callback !== 'function') return original(...values);
    const ended = hook(...values.slice(0, -1));
    return original(...values.slice(0, -1), (error: unknown, ...results: Values) => {
      ended(error === null || error === undefined);
      callback(error, ...results);
    });
  };
}

/** `writeFile` and `appendFile` open within; here they do so where it is noted. */
function replaceWholeWrites(functions: Functions, promises: Functions): void {
  for (const [name, flag] of [
    ['writeFile', 'w'],
    ['appendFile', 'a'],
  ] as const) {
    replace(promises, name, (original) => async (file, data, options) => {
      if (isOpenAlready(file)) return original(file, data, options);
      const { flags, mode, flush } = openingOf(options, flag);
      const handle = await fs.promises.open(pathOf(file), flags, mode);
      try {
        await handle.writeFile(data as string, options as BufferEncoding);
        if (flush) await handle.sync();
      } finally {
        await handle.close();
      }
    });
    replace(functions, `${name}Sync`, (original) => (file, data, options) => {
      if (isOpenAlready(file)) return original(file, data, options);
      const { flags, mode, flush } = openingOf(options, flag);
      const descriptor = fs.openSync(pathOf(file), flags, mode);
      try {
        original(descriptor, data, options);
        if (flush) fs.fsyncSync(descriptor);
      } finally {
        fs.closeSync(descriptor);
      }
    });
  }
}

function isOpenAlready(file: unknown): boolean {
  return !(typeof file === 'string' || Buffer.isBuffer(file) || file instanceof URL);
}

function openingOf(options: unknown, flag: string): { flags: string; mode: number; flush: boolean } {
  const given = (typeof options === 'object' && options !== null ? options : {}) as {
    readonly flag?: string;
    readonly mode?: number;
    readonly flush?: boolean;
  };
  return { flags: given.flag ?? flag, mode: given.mode ?? 0o666, flush: given.flush ?? false };
}

/** Open files are objects of one class, which has no name of its own to import. */
async function decorateHandles(notes: Notes): Promise<void> {
  const handle = await fs.promises.open('/dev/null', 'r');
  const methods = Object.getPrototypeOf(handle) as Functions;
  await handle.close();
  for (const name of ['sync', 'datasync']) {
    const original = methods[name] as AnyFunction;
    methods[name] = function (this: fs.promises.FileHandle) {
      return awaited(original, () => notes.sync(this.fd)).call(this);
    };
  }
}

const pathOf = (value: unknown): string =>
  resolve(value instanceof URL ? value.pathname : Buffer.isBuffer(value) ? value.toString() : String(value));

/** Whether opening with these flags may write, and whether it throws the old bytes away; see open(2). */
function meaningOf(flags: unknown): { mayWrite: boolean; isReplaced: boolean } {
  const { O_WRONLY, O_RDWR, O_TRUNC } = fs.constants;
  if (typeof flags === 'number')
    return { mayWrite: (flags & (O_WRONLY | O_RDWR)) !== 0, isReplaced: (flags & O_TRUNC) !== 0 };
  const text = typeof flags === 'string' ? flags : 'r';
  return { mayWrite: /[wa+]/.test(text), isReplaced: text.startsWith('w') };
}
