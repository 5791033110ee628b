// Reads meridian.yaml. Every mistake is told in one answer, each with its line and place and, for a misspelt word,
// the nearest valid one, so that nobody mends a file one start at a time.
// Documentation and JSON Schema come from the same schema, so they cannot lag behind it.

import { access, constants, readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { nearestWord } from '#base/nearest.ts';
import { type Config, configSchema } from '#contract/config.ts';
import { findContradictions, formatConfigPath } from '#contract/config-rules.ts';
import { MeridianError } from '#contract/errors.ts';
import { isMissing } from './disk.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** What relative paths in the file are relative to. */
  readonly baseDirectory: string;
  /** The file, or null when there is none and defaults hold. */
  readonly path: string | null;
}

export interface ConfigProblem {
  /** Counted from 1; null where no line is to blame. */
  readonly line: number | null;
  /** Such as `regions[0].sites[0].id`; empty for the file as a whole. */
  readonly place: string;
  readonly message: string;
}

export const CONFIG_FILE_NAME = 'meridian.yaml';

/** 64 viewer groups of 10,000 networks are about 13 MB; anything larger is not a configuration. */
const FILE_BYTES_MAX = 16 * 2 ** 20;

/**
 * Loads the named file, or meridian.yaml of the working directory when it exists, or the defaults.
 * `DATABASE_URL` overrides `control.databaseUrl`. Paths of certificates come back absolute.
 */
export async function loadConfig(
  path: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  workingDirectory: string = process.cwd(),
): Promise<LoadedConfig> {
  const file = resolve(workingDirectory, path ?? CONFIG_FILE_NAME);
  const text = await readText(file, path !== undefined);
  const baseDirectory = text === undefined ? workingDirectory : dirname(file);
  const checked = checkConfig(text ?? '');
  const problems = [...checked.problems];
  if (checked.config !== undefined) problems.push(...(await findMissingFiles(checked, baseDirectory)));
  if (checked.config === undefined || problems.length > 0) throw configError(basename(file), problems);
  const config = withAbsolutePaths(checked.config, baseDirectory);
  const databaseUrl = environment.DATABASE_URL;
  return {
    config:
      databaseUrl === undefined || databaseUrl === ''
        ? config
        : { ...config, control: { ...config.control, databaseUrl } },
    baseDirectory,
    path: text === undefined ? null : file,
  };
}

async function readText(file: string, isNamed: boolean): Promise<string | undefined> {
  const refuse = (reason: string, cause?: unknown): MeridianError =>
    new MeridianError('invalid_config', { reason }, { cause });
  try {
    const { size } = await stat(file);
    if (size > FILE_BYTES_MAX) throw refuse(`${file} is larger than ${FILE_BYTES_MAX} bytes`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof MeridianError) throw error;
    if (!isMissing(error)) throw refuse(`${file} cannot be read`, error);
    if (isNamed) throw refuse(`there is no file ${file}`, error);
    return undefined;
  }
}

interface CheckedConfig {
  /** Present when the shape is right; contradictions may still be among the problems. */
  readonly config?: Config;
  readonly problems: readonly ConfigProblem[];
  readonly document: Document;
  readonly lines: LineCounter;
}

/** Checks the text of a configuration; an empty one means the defaults. */
export function checkConfig(text: string): CheckedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    line: lines.linePos(pos[0]).line,
    place: '',
    message: `this is not valid YAML: ${message.split('\n')[0]}`,
  }));
  if (syntax.length > 0) return { problems: sortProblems(syntax), document, lines };
  const value = emptyToAbsent(document.toJS({ maxAliasCount: 100 })) ?? {};
  const parsed = configSchema.safeParse(value);
  const found: { path: readonly (string | number)[]; message: string }[] = parsed.success
    ? findContradictions(parsed.data)
    : parsed.error.issues.flatMap((issue) => explainIssue(issue, value));
  const problems = found.map(({ path, message }) => ({
    line: lineOf(document, lines, path),
    place: formatConfigPath(path),
    message,
  }));
  const result = { problems: sortProblems(problems), document, lines };
  return parsed.success ? { ...result, config: parsed.data } : result;
}

/** A key with nothing behind it, as is left when everything below is commented out, counts as not written. */
function emptyToAbsent(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map((item) => (item === null ? null : emptyToAbsent(item)));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, emptyToAbsent(item)]));
}

/** One problem per mistake, in words for people. */
function explainIssue(
  issue: z.core.$ZodIssue,
  root: unknown,
): { path: readonly (string | number)[]; message: string }[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const value = valueAt(root, path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown key "${key}"${hint(key, keysAt(path))}`,
    }));
  if (value === undefined && issue.code === 'invalid_type')
    return [{ path, message: `this is missing (a value of type ${issue.expected})` }];
  const choices =
    issue.code === 'invalid_value'
      ? issue.values.map(String)
      : 'options' in issue
        ? issue.options
        : undefined;
  if (Array.isArray(choices))
    return [
      {
        path,
        message: `${show(value)} is not one of ${choices.join(', ')}${hint(String(value), choices.map(String))}`,
      },
    ];
  const message = issue.message.replace(/^(Invalid input|Invalid string|Too small|Too big): /, '');
  return [{ path, message: `${show(value)} is not allowed here: ${message}` }];
}

function hint(word: string, candidates: readonly string[]): string {
  const nearest = nearestWord(word, candidates);
  return nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    root,
  );
}

/** Line of the value, or of the key itself; for what is missing, of whatever should hold it. */
function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const parent = length === 0 ? undefined : document.getIn(path.slice(0, length - 1), true);
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && key.value === path[length - 1])
      : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}

function sortProblems(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return [...problems].sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
}

async function findMissingFiles(
  { config, document, lines }: CheckedConfig,
  baseDirectory: string,
): Promise<ConfigProblem[]> {
  const problems: ConfigProblem[] = [];
  for (const name of ['certificateFile', 'keyFile'] as const) {
    const file = config?.tls?.[name];
    if (file === undefined) continue;
    const path = resolve(baseDirectory, file);
    const isReadable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    );
    if (!isReadable)
      problems.push({
        line: lineOf(document, lines, ['tls', name]),
        place: `tls.${name}`,
        message: `the file ${path} cannot be read`,
      });
  }
  return problems;
}

function withAbsolutePaths(config: Config, baseDirectory: string): Config {
  if (config.tls === undefined) return config;
  const { certificateFile, keyFile } = config.tls;
  return {
    ...config,
    tls: {
      certificateFile: resolve(baseDirectory, certificateFile),
      keyFile: resolve(baseDirectory, keyFile),
    },
  };
}

/** All problems of a file as one error. */
function configError(file: string, problems: readonly ConfigProblem[]): MeridianError {
  const texts = problems.map(({ line, place, message }) =>
    [line === null ? '' : `line ${line}: `, place === '' ? '' : `${place}: `, message].join(''),
  );
  const reason =
    texts.length === 1
      ? `${file}, ${texts[0]}`
      : `${file} has ${texts.length} mistakes:\n  ${texts.join('\n  ')}\n`;
  return new MeridianError('invalid_config', { reason: reason.replace(/\n$/, '') });
}

/** What is used of JSON Schema here. */
interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
}

/** JSON Schema of meridian.yaml, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(configSchema, { io: 'input' }), title: CONFIG_FILE_NAME };
}

/** The keys that may stand at a place of the file. */
function keysAt(path: readonly (string | number)[]): string[] {
  let nodes: SchemaNode[] = [configJsonSchema() as SchemaNode];
  for (const part of path)
    nodes = nodes.flatMap(alternatives).flatMap((node) => {
      const child = typeof part === 'number' ? node.items : node.properties?.[part];
      return child === undefined ? [] : [child];
    });
  return [...new Set(nodes.flatMap(alternatives).flatMap((node) => Object.keys(node.properties ?? {})))];
}

function alternatives(node: SchemaNode): readonly SchemaNode[] {
  return node.oneOf ?? node.anyOf ?? [node];
}

/** The reference page (docs/configuration.md): every key with its type, default and meaning. */
export function configReference(): string {
  const rows = [...rowsOf(configJsonSchema() as SchemaNode, '')];
  return [
    '# Configuration',
    '',
    '`meridian.yaml` in the working directory, or the file named by `--config`. Every key is optional unless it says',
    '"required"; unknown keys are refused. `meridian config check` says whether a file is right, and',
    '`DATABASE_URL` in the environment overrides `control.databaseUrl`.',
    '',
    '| key | type | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function* rowsOf(node: SchemaNode & { required?: readonly string[] }, prefix: string): Generator<string> {
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const name = `${prefix}${key}`;
    const isList = child.type === 'array';
    const inner = isList ? (child.items ?? {}) : child;
    const kinds = alternatives(inner).filter(({ properties }) => properties !== undefined);
    const isRequired = node.required?.includes(key) === true;
    const cells = [`\`${name}\``, typeOf(child), isRequired ? 'required' : defaultOf(child)];
    yield `| ${[...cells, child.description ?? inner.description ?? ''].join(' | ')} |`;
    for (const kind of kinds) {
      const tag = Object.values(kind.properties ?? {}).find(
        (property) => property.const !== undefined,
      )?.const;
      const suffix = tag === undefined ? '' : ` (${String(tag)})`;
      const own = tag === undefined ? kind : withoutTag(kind);
      for (const row of rowsOf(own, `${name}${isList ? '[]' : ''}.`))
        yield row.replace('` |', `\`${suffix} |`);
    }
  }
}

/** A variant without the key that names it; that key's values are told in the row above. */
function withoutTag(node: SchemaNode): SchemaNode {
  const properties = Object.entries(node.properties ?? {}).filter(([, child]) => child.const === undefined);
  return { ...node, properties: Object.fromEntries(properties) };
}

function typeOf(node: SchemaNode): string {
  if (node.enum !== undefined) return node.enum.map(String).join(', ');
  if (node.type === 'array') return `list of ${typeOf(node.items ?? {})}`;
  const kinds = alternatives(node).flatMap(({ properties }) =>
    Object.values(properties ?? {}).flatMap((child) => (child.const === undefined ? [] : [child.const])),
  );
  return kinds.length > 0 ? `kind: ${kinds.join(' or ')}` : (node.type ?? 'any');
}

function defaultOf(node: SchemaNode): string {
  if (node.default === undefined) return 'none';
  if (Array.isArray(node.default)) {
    const ids = node.default.flatMap((item) =>
      valueAt(item, ['id']) === undefined ? [] : [String(item.id)],
    );
    return ids.length > 0 ? ids.join(', ') : '`[]`';
  }
  return JSON.stringify(node.default) === '{}' ? 'see below' : `\`${JSON.stringify(node.default)}\``;
}
