// Reads meridian.yaml. Every mistake is told in one answer, each with its line and place and, for a misspelt word,
// the nearest valid one, so that nobody mends a file one start at a time.
// Documentation and JSON Schema come from the same schema, so they cannot lag behind it.

import { access, constants, readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { type Config, configSchema } from '#contract/config.ts';
import { findContradictions, formatConfigPath } from '#contract/config-rules.ts';
import { MeridianError } from '#contract/errors.ts';
import { isMissing } from './disk.ts';
import {
  alternatives,
  type CheckedYaml,
  checkYaml,
  type SchemaNode,
  sortProblems,
  tellProblems,
  valueAt,
  type YamlProblem,
} from './yaml-document.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** What relative paths in the file are relative to. */
  readonly baseDirectory: string;
  /** The file, or null when there is none and defaults hold. */
  readonly path: string | null;
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
  if (checked.value !== undefined) problems.push(...(await findMissingFiles(checked, baseDirectory)));
  if (checked.value === undefined || problems.length > 0)
    throw new MeridianError('invalid_config', { reason: tellProblems(basename(file), problems) });
  const config = withAbsolutePaths(checked.value, baseDirectory);
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

/** Checks the text of a configuration; an empty one means the defaults. Contradictions are among the problems. */
export function checkConfig(text: string): CheckedYaml<Config> {
  const checked = checkYaml(text, configSchema);
  if (checked.value === undefined) return checked;
  const problems = findContradictions(checked.value).map(({ path, message }) => ({
    line: checked.lineOf(path),
    place: formatConfigPath(path),
    message,
  }));
  return { ...checked, problems: sortProblems(problems) };
}

async function findMissingFiles(
  { value, lineOf }: CheckedYaml<Config>,
  baseDirectory: string,
): Promise<YamlProblem[]> {
  const problems: YamlProblem[] = [];
  for (const name of ['certificateFile', 'keyFile'] as const) {
    const file = value?.tls?.[name];
    if (file === undefined) continue;
    const path = resolve(baseDirectory, file);
    const isReadable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    );
    if (!isReadable)
      problems.push({
        line: lineOf(['tls', name]),
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

/** JSON Schema of meridian.yaml, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(configSchema, { io: 'input' }), title: CONFIG_FILE_NAME };
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
