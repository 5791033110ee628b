// Reads YAML that people write against a schema. Every mistake is told in one answer, each with its line and place
// and, for a misspelt word, the nearest valid one, so that nobody mends a file one attempt at a time. Texts may come
// from strangers: aliases that multiply and nesting without end are mistakes like any other.

import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { nearestWord } from '#base/nearest.ts';
import { formatConfigPath } from '#contract/config-rules.ts';

export type YamlPath = readonly (string | number)[];

export interface YamlProblem {
  /** Counted from 1; null where no line is to blame. */
  readonly line: number | null;
  /** Such as `regions[0].sites[0].id`; empty for the text as a whole. */
  readonly place: string;
  readonly message: string;
}

export interface CheckedYaml<T> {
  /** Present when the shape is right. */
  readonly value?: T;
  /** In the order of their lines. */
  readonly problems: readonly YamlProblem[];
  /** The line of a value, or of whatever should hold it. */
  lineOf(path: YamlPath): number | null;
}

/** Nobody reads more at once, and each costs a look through the document. */
const PROBLEMS_MAX = 50;

/** What is wrong at a place, before it is known on which line that stands. */
export interface YamlMistake {
  readonly path: YamlPath;
  readonly message: string;
}

/** Plain data out of a text, before any schema has seen it. */
export interface ReadYaml {
  /** Undefined when there are problems; an empty text is an empty map. */
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  /** The line of a value, or of whatever should hold it. */
  lineOf(path: YamlPath): number | null;
}

/** Reads a text into plain data. */
export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const read = readDocument(text, lines);
  if ('problems' in read) return { value: undefined, problems: read.problems, lineOf: () => null };
  const { document, value } = read;
  return { value, problems: [], lineOf: (path) => lineOf(document, lines, path) };
}

/** Checks a text against a schema; an empty text is an empty map. */
export function checkYaml<S extends z.ZodType>(text: string, schema: S): CheckedYaml<z.output<S>> {
  const { value, problems, lineOf: lineOfPath } = readYaml(text);
  if (problems.length > 0) return { problems, lineOf: lineOfPath };
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data, problems: [], lineOf: lineOfPath };
  const mistakes = explainIssues(parsed.error.issues, value, schema);
  return { problems: placeMistakes(mistakes, lineOfPath), lineOf: lineOfPath };
}

/** Mistakes with their lines, in the order of them. */
export function placeMistakes(
  mistakes: readonly YamlMistake[],
  lineOfPath: ReadYaml['lineOf'],
): readonly YamlProblem[] {
  const problems = mistakes.map(({ path, message }) => ({
    line: lineOfPath(path),
    place: formatConfigPath(path),
    message,
  }));
  return sortProblems(problems);
}

/** One problem as a line for people. */
export function problemText({ line, place, message }: YamlProblem): string {
  return [line === null ? '' : `line ${line}: `, place === '' ? '' : `${place}: `, message].join('');
}

/** All problems as the reason of one error. */
export function tellProblems(name: string, problems: readonly YamlProblem[]): string {
  const texts = problems.map(problemText);
  return texts.length === 1
    ? `${name}, ${texts[0]}`
    : `${name} has ${texts.length} mistakes:\n  ${texts.join('\n  ')}`;
}

/** What a schema found, in words for people; at most as much as anybody reads at once. */
export function explainIssues(
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  schema: z.ZodType,
): readonly YamlMistake[] {
  const keysAt = (path: YamlPath): string[] => keysOf(schema, path);
  return issues
    .slice(0, PROBLEMS_MAX)
    .flatMap((issue) => explainIssue(issue, value, keysAt))
    .slice(0, PROBLEMS_MAX);
}

function readDocument(
  text: string,
  lines: LineCounter,
): { document: Document; value: unknown } | { problems: readonly YamlProblem[] } {
  try {
    const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false };
    const document = parseDocument(text, options);
    const problems = [...document.errors, ...document.warnings]
      .slice(0, PROBLEMS_MAX)
      .map(({ message, pos }) => ({
        line: lines.linePos(pos[0]).line,
        place: '',
        message: `this is not valid YAML: ${message.split('\n')[0]}`,
      }));
    problems.push(...findRepeatedKeys(document, lines));
    if (problems.length > 0) return { problems: sortProblems(problems).slice(0, PROBLEMS_MAX) };
    return { document, value: emptyToAbsent(document.toJS({ maxAliasCount: 100 })) ?? {} };
  } catch (error) {
    // Aliases that multiply are a ReferenceError, nesting that exhausts the stack is a RangeError.
    const message = error instanceof RangeError ? 'it is nested too deeply' : String(error);
    return { problems: [{ line: null, place: '', message: `this is not valid YAML: ${message}` }] };
  }
}

/** Keys that a map has twice. The parser's own check compares each with each, which strangers could make long. */
function findRepeatedKeys(document: Document, lines: LineCounter) {
  const problems: { line: number; place: string; message: string }[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value) && problems.length < PROBLEMS_MAX)
          problems.push({
            line: lines.linePos(key.range?.[0] ?? 0).line,
            place: '',
            message: 'this is not valid YAML: Map keys must be unique',
          });
        seen.add(key.value);
      }
    },
  });
  return problems;
}

/** In the order of their lines. */
export function sortProblems(problems: readonly YamlProblem[]): YamlProblem[] {
  return [...problems].sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
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
  keysAt: (path: YamlPath) => string[],
): YamlMistake[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const value = valueAt(root, path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, PROBLEMS_MAX).map((key) => ({
      path: [...path, key],
      message: `unknown key "${key}"${hint(key, keysAt(path))}`,
    }));
  // A schema's own checks say all of it themselves.
  if (issue.code === 'custom') return [{ path, message: issue.message }];
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

/** What lies at a path of plain data. */
export function valueAt(root: unknown, path: YamlPath): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    root,
  );
}

/** Line of the value, or of the key itself; for what is missing, of whatever should hold it. */
function lineOf(document: Document, lines: LineCounter, path: YamlPath): number | null {
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

/** What is used of JSON Schema here. */
export interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly additionalProperties?: SchemaNode | boolean;
}

/** The keys that may stand at a place. */
function keysOf(schema: z.ZodType, path: YamlPath): string[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
  let nodes: SchemaNode[] = [root];
  for (const part of path)
    nodes = nodes.flatMap(alternatives).flatMap((node) => {
      const child =
        typeof part === 'number' ? node.items : (node.properties?.[part] ?? node.additionalProperties);
      return typeof child === 'object' ? [child] : [];
    });
  return [...new Set(nodes.flatMap(alternatives).flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** The shapes that a place may have. */
export function alternatives(node: SchemaNode): readonly SchemaNode[] {
  return node.oneOf ?? node.anyOf ?? [node];
}
