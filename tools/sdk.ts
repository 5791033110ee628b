// npm run sdk: writes sdk/src/generated.ts, the types and methods of every route of the public API, from the route
// table; `--check` fails when the committed file is not what this would write. Methods are named by a rule, so that a
// new route needs nothing here: GET of a plural lists, a word after a parameter that is no plural is the verb.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { apiRoutes } from '../src/contract/api/routes.ts';
import type { RouteDefinition } from '../src/contract/route.ts';

type Direction = 'input' | 'output';
/** What is read of a zod schema: its definition, by kind. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly items?: readonly z.ZodType[];
  readonly innerType?: z.ZodType;
  readonly keyType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly out?: z.ZodType;
  readonly entries?: Readonly<Record<string, string>>;
  readonly values?: readonly unknown[];
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TARGET = `${ROOT}sdk/src/generated.ts`;
const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'set',
  PATCH: 'update',
  DELETE: 'delete',
};

function definitionOf(schema: z.ZodType): Definition {
  return schema._zod.def as unknown as Definition;
}

function pascal(text: string): string {
  return text
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

function singular(word: string): string {
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  return word.endsWith('s') ? word.slice(0, -1) : word;
}

/** `POST /v1/assets/{assetId}/retry` → retryAsset. */
function methodName(key: string): string {
  const [method = '', path = ''] = key.split(' ');
  const parts = path.split('/').slice(2);
  const nouns: string[] = [];
  let verb = VERBS[method] ?? method.toLowerCase();
  for (const [index, part] of parts.entries()) {
    if (part.startsWith('{')) continue;
    const isLast = index === parts.length - 1;
    const isAction = isLast && method === 'POST' && index > 0 && !part.endsWith('s');
    if (isAction) verb = part.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    else if (isLast && method === 'GET' && part.endsWith('s')) {
      verb = 'list';
      nouns.push(pascal(part));
    } else nouns.push(pascal(singular(part)));
  }
  return verb + nouns.join('');
}

/** Named schemas of the contract: views, and words that many routes share. */
async function namedSchemas(): Promise<ReadonlyMap<z.ZodType, string>> {
  const names = new Map<z.ZodType, string>();
  const api = readdirSync(`${ROOT}src/contract/api`).filter((name) => name !== 'routes.ts');
  for (const file of ['media.ts', 'jobs.ts', 'route.ts', ...api.map((name) => `api/${name}`)].sort()) {
    const exported = (await import(`${ROOT}src/contract/${file}`)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exported)) {
      if (!name.endsWith('Schema')) continue;
      const { type } = definitionOf(value as z.ZodType);
      if (type === 'object' || type === 'enum') names.set(value as z.ZodType, pascal(name.slice(0, -6)));
    }
  }
  return names;
}

const names = await namedSchemas();
const used = new Map<string, string>();

/** The TypeScript type of a schema, as a caller gives it or receives it. */
function typeOf(schema: z.ZodType, direction: Direction): string {
  const name = names.get(schema);
  const { type } = definitionOf(schema);
  if (name === undefined || (direction === 'input' && type === 'object'))
    return inlineTypeOf(schema, direction);
  if (!used.has(name)) {
    used.set(name, '');
    used.set(name, inlineTypeOf(schema, direction));
  }
  return name;
}

function inlineTypeOf(schema: z.ZodType, direction: Direction): string {
  const own = definitionOf(schema);
  const inner = (part: z.ZodType | undefined): string =>
    part === undefined ? 'unknown' : typeOf(part, direction);
  const list = (parts: readonly z.ZodType[] = []): string[] => parts.map(inner);
  switch (own.type) {
    case 'string':
    case 'boolean':
    case 'number':
    case 'null':
    case 'unknown':
      return own.type;
    case 'enum':
      return Object.values(own.entries ?? {})
        .map((value) => `'${value}'`)
        .join(' | ');
    case 'literal':
      return (own.values ?? [])
        .map((value) => (typeof value === 'string' ? `'${value}'` : String(value)))
        .join(' | ');
    case 'array':
      return `ReadonlyArray<${inner(own.element)}>`;
    case 'tuple':
      return `readonly [${list(own.items).join(', ')}]`;
    case 'union':
      return list(own.options).join(' | ');
    case 'record':
      return `Readonly<Record<${inner(own.keyType)}, ${inner(own.valueType)}>>`;
    case 'nullable':
      return `${inner(own.innerType)} | null`;
    case 'optional':
    case 'default':
    case 'prefault':
    case 'readonly':
      return inner(own.innerType);
    case 'pipe':
      return inner(direction === 'input' ? own.in : own.out);
    case 'object':
      return objectType(own.shape ?? {}, direction);
    default:
      throw new Error(`tools/sdk.ts does not know schemas of the kind ${own.type}`);
  }
}

function objectType(shape: Readonly<Record<string, z.ZodType>>, direction: Direction): string {
  const lines = Object.entries(shape).map(([key, value]) => {
    const comment = value.description === undefined ? '' : `/** ${value.description} */\n`;
    const plain = /^\w+$/.test(key) ? key : `'${key}'`;
    const mark = isOptional(value, direction) ? '?' : '';
    const type = typeOf(value, direction);
    return `${comment}readonly ${plain}${mark}: ${type}${mark === '' ? '' : ' | undefined'};`;
  });
  return `{\n${lines.join('\n')}\n}`;
}

function isOptional(schema: z.ZodType, direction: Direction): boolean {
  const { innerType, type } = definitionOf(schema);
  if (type === 'optional') return true;
  if (type === 'default' || type === 'prefault') return direction === 'input';
  return type === 'nullable' && innerType !== undefined && isOptional(innerType, direction);
}

function isAllOptional(schema: z.ZodType): boolean {
  const { shape } = definitionOf(schema);
  return shape !== undefined && Object.values(shape).every((value) => isOptional(value, 'input'));
}

interface Method {
  readonly name: string;
  readonly source: string;
  readonly types: readonly string[];
}

function methodOf(key: string, route: RouteDefinition): Method {
  const [method = '', path = ''] = key.split(' ');
  const name = methodName(key);
  const type = pascal(name);
  const types = [`export type ${type}Result = ${typeOf(route.response, 'output')};`];
  const pathNames = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const given = pathNames.map((part) => `${part}: string`);
  const sent = pathNames.length === 0 ? [] : [`path: { ${pathNames.join(', ')} }`];
  for (const [kind, schema] of [
    ['body', route.body],
    ['query', route.query],
  ] as const) {
    if (schema === undefined) continue;
    types.push(`export type ${type}${pascal(kind)} = ${typeOf(schema, 'input')};`);
    given.push(`${kind}: ${type}${pascal(kind)}${isAllOptional(schema) ? ' = {}' : ''}`);
    sent.push(kind);
  }
  given.push('options: CallOptions = {}');
  const source = `/** ${route.summary}. */
  ${name}: (${given.join(', ')}): Promise<${type}Result> =>
    call('${method}', '${path}', { ${sent.join(', ')} }, options),`;
  return { name, source, types };
}

/** As the formatter writes it, so that the committed file passes the linter. */
function formatted(text: string): string {
  const args = ['format', '--stdin-file-path=sdk/src/generated.ts'];
  return execFileSync(`${ROOT}node_modules/.bin/biome`, args, { cwd: ROOT, input: text, encoding: 'utf8' });
}

/** The whole file. */
function sdkSource(): string {
  const methods = Object.entries(apiRoutes as Record<string, RouteDefinition>)
    .map(([key, route]) => methodOf(key, route))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  const seen = new Set<string>();
  for (const { name } of methods) {
    if (seen.has(name)) throw new Error(`two routes are named ${name}; make the rule in tools/sdk.ts finer`);
    seen.add(name);
  }
  // What webhooks are sent: no route answers with it.
  for (const [schema, name] of names) if (name.endsWith('EventData')) typeOf(schema, 'output');
  const shared = [...used].sort().map(([name, type]) => `export type ${name} = ${type};`);
  return [
    '// Written by tools/sdk.ts from src/contract/api; do not edit. A test fails when it is not current.',
    '',
    "import type { Call, CallOptions } from './call.ts';",
    '',
    ...shared,
    ...methods.flatMap(({ types }) => types),
    '',
    '/** Every route as a method. */',
    'export function createMethods(call: Call) {',
    'return {',
    ...methods.map(({ source }) => source),
    '};',
    '}',
    'export type MeridianMethods = ReturnType<typeof createMethods>;',
    '',
  ].join('\n');
}

const source = formatted(sdkSource());
if (process.argv.includes('--check')) {
  const isCurrent = readFileSync(TARGET, 'utf8') === source;
  if (!isCurrent) console.error('sdk/src/generated.ts is not current: run `node tools/sdk.ts`');
  process.exitCode = isCurrent ? 0 : 1;
} else {
  writeFileSync(TARGET, source);
  console.log('wrote sdk/src/generated.ts');
}
