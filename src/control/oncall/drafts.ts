// A rota as a text: read, judged, told line by line. The one in force, or a draft that nobody depends on yet.

import type { RotaFindingView } from '#contract/api/oncall.ts';
import { MeridianError } from '#contract/errors.ts';
import { ROTA_BYTES_MAX, rotaSchema } from '#contract/rota.ts';
import { type LintFinding, lintRota } from '#core/oncall/lint.ts';
import type { KnownChannel } from '#core/oncall/lint-channels.ts';
import type { Override, Rota } from '#core/oncall/rota.ts';
import { type CheckedYaml, checkYaml, tellProblems } from '#platform/yaml-document.ts';

/** What one refusal tells; `lint` tells all of it. */
const TOLD_MAX = 5;

export interface Draft {
  readonly rota: Rota;
  readonly checked: CheckedYaml<Rota>;
}

/** Reads a text, or tells what is wrong with it. */
export function readDraft(text: string): Draft | { readonly findings: readonly RotaFindingView[] } {
  if (Buffer.byteLength(text) > ROTA_BYTES_MAX)
    return { findings: [mistake(null, `it is larger than ${ROTA_BYTES_MAX} bytes`)] };
  // PostgreSQL keeps no NUL.
  if (text.includes('\0')) return { findings: [mistake(null, 'it holds a NUL character')] };
  const checked = checkYaml(text, rotaSchema);
  if (checked.value === undefined)
    return {
      findings: checked.problems.map(({ line, place, message }) =>
        mistake(line, place === '' ? message : `${place}: ${message}`),
      ),
    };
  return { rota: checked.value, checked };
}

function mistake(line: number | null, message: string): RotaFindingView {
  return { severity: 'error', code: 'mistake', message, line, fromMs: null, untilMs: null };
}

/** Reads a text that must be right as far as its shape goes. */
export function requireDraft(text: string): Draft {
  const draft = readDraft(text);
  if ('findings' in draft) throw invalidRota(draft.findings);
  return draft;
}

/** What is wrong with a rota that can be read; `channels` are those that there are, null when that is not known. */
export function judgeDraft(
  { rota, checked }: Draft,
  overrides: readonly Override[],
  fromMs: number,
  channels: readonly KnownChannel[] | null,
): readonly RotaFindingView[] {
  return lintRota({ rota, overrides }, fromMs, channels).map((finding) => findingView(finding, checked));
}

function findingView(
  { severity, code, message, path, span }: LintFinding,
  checked: CheckedYaml<Rota>,
): RotaFindingView {
  const line = checked.lineOf(path);
  return { severity, code, message, line, fromMs: span?.fromMs ?? null, untilMs: span?.untilMs ?? null };
}

/** The refusal of a rota with these findings. */
export function invalidRota(findings: readonly RotaFindingView[]): MeridianError {
  const problems = findings.slice(0, TOLD_MAX).map(({ line, message }) => ({ line, place: '', message }));
  const more = findings.length - problems.length;
  if (more > 0) problems.push({ line: null, place: '', message: `and ${more} more` });
  return new MeridianError('rota_invalid', { reason: tellProblems('the rota', problems) });
}
