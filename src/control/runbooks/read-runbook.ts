// Reads a runbook from YAML. Every mistake is told in one answer, each with its line and place. The document is judged
// with samples for its parameters, and read again with the real ones when a run starts: what it becomes then has the
// same shape, or the start is refused.

import { nearestWord } from '#base/nearest.ts';
import { formatConfigPath } from '#contract/config-rules.ts';
import { MeridianError } from '#contract/errors.ts';
import { RUNBOOK_BYTES_MAX, runbookParametersSchema, runbookSchema } from '#contract/runbook.ts';
import { lintRunbook } from '#core/runbook/lint.ts';
import { fillIn, sampleOf } from '#core/runbook/parameters.ts';
import type { ParameterSpec, Runbook } from '#core/runbook/types.ts';
import {
  explainIssues,
  placeMistakes,
  readYaml,
  tellProblems,
  type YamlMistake,
  type YamlProblem,
} from '#platform/yaml-document.ts';

/** A definition that is sound. */
export interface RunbookSource {
  readonly text: string;
  /** With samples for its parameters. */
  readonly sample: Runbook;
  /** With real values; throws `invalid_request` when they do not fit where they are used. */
  bind(values: Readonly<Record<string, string>>): Runbook;
}

export type ReadRunbook =
  | { readonly isGood: true; readonly source: RunbookSource }
  | { readonly isGood: false; readonly problems: readonly YamlProblem[] };

/** Problems in one answer: more than a person mends in one go. */
const PROBLEMS_MAX = 20;

/** Reads and judges a definition. */
export function readRunbook(text: string): ReadRunbook {
  if (Buffer.byteLength(text) > RUNBOOK_BYTES_MAX)
    return bad([{ line: null, place: '', message: `it is larger than ${RUNBOOK_BYTES_MAX} bytes` }]);
  const { value, problems, lineOf } = readYaml(text);
  if (problems.length > 0) return bad(problems);
  const specs = readParameters(value);
  const names = Object.entries(specs).map(([name, spec]) => [name, sampleOf(name, spec)] as const);
  const judged = judge(value, Object.fromEntries(names), specs);
  const unused = judged.book === undefined ? [] : unusedParameters(value, specs);
  const found = [...judged.found, ...unused];
  if (judged.book === undefined || found.length > 0) return bad(placeMistakes(found, lineOf));
  const bind = (values: Readonly<Record<string, string>>): Runbook => {
    const bound = judge(value, values, specs);
    const [first] = bound.found;
    if (bound.book !== undefined && first === undefined) return bound.book;
    throw new MeridianError('invalid_request', {
      reason: `with these parameters ${formatConfigPath(first?.path ?? [])} of the runbook does not fit: ${first?.message ?? ''}`,
    });
  };
  return { isGood: true, source: { text, sample: judged.book, bind } };
}

/** The definition, or an error that names every mistake. */
export function requireRunbook(text: string): RunbookSource {
  const read = readRunbook(text);
  if (read.isGood) return read.source;
  throw new MeridianError('invalid_request', { reason: tellProblems('the runbook', read.problems) });
}

function bad(problems: readonly YamlProblem[]): ReadRunbook {
  return { isGood: false, problems: problems.slice(0, PROBLEMS_MAX) };
}

/** Parameters as far as they are sound; what is wrong with them is found with the rest. */
function readParameters(value: unknown): Readonly<Record<string, ParameterSpec>> {
  const own = typeof value === 'object' && value !== null && 'parameters' in value ? value.parameters : {};
  const parsed = runbookParametersSchema.safeParse(own ?? {});
  return parsed.success ? parsed.data : {};
}

function judge(
  value: unknown,
  values: Readonly<Record<string, string>>,
  specs: Readonly<Record<string, ParameterSpec>>,
): { readonly book?: Runbook; readonly found: readonly YamlMistake[] } {
  const filled = fillIn(value, values, specs);
  const unknown = filled.unknown.map(({ path, name }) => {
    const nearest = nearestWord(name, Object.keys(specs));
    const hint = nearest === undefined ? '' : ` (did you mean $${nearest}?)`;
    return { path, message: `there is no parameter ${name}${hint}` };
  });
  const parsed = runbookSchema.safeParse(filled.value);
  if (!parsed.success)
    return { found: [...unknown, ...explainIssues(parsed.error.issues, filled.value, runbookSchema)] };
  return { book: parsed.data, found: [...unknown, ...lintRunbook(parsed.data)] };
}

function unusedParameters(value: unknown, specs: Readonly<Record<string, ParameterSpec>>): YamlMistake[] {
  const steps = typeof value === 'object' && value !== null && 'steps' in value ? value.steps : [];
  const used = new Set(fillIn(steps, {}, specs).unknown.map(({ name }) => name));
  return Object.keys(specs)
    .filter((name) => !used.has(name))
    .map((name) => ({ path: ['parameters', name], message: `no step uses $${name}` }));
}
