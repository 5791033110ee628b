// Objectives as text: YAML in, with a bound on what it may unfold to, and YAML out.

import { parseAllDocuments, stringify } from 'yaml';
import { nearestWord } from '#base/nearest.ts';
import { MeridianError } from '#contract/errors.ts';
import {
  type ReadSlo,
  type ReadSlos,
  readSlos,
  type SloDocument,
  type SloProblem,
} from '#contract/openslo.ts';
import { seriesOf } from '#core/slo/book.ts';
import { SERIES_NAMES, shapeOf } from '#core/telemetry/series.ts';
import { ALIASES_MAX, DOCUMENTS_MAX } from './limits.ts';

/** Reads OpenSLO documents of one text; what is not even YAML is a problem like any other. */
export function readSloText(text: string): ReadSlos {
  const parsed = parseAllDocuments(text, { prettyErrors: false, uniqueKeys: true });
  const documents = Array.isArray(parsed) ? parsed : [];
  if (documents.length > DOCUMENTS_MAX)
    return broken('file', `it has ${documents.length} documents; at most ${DOCUMENTS_MAX} in one request`);
  const values: unknown[] = [];
  for (const [index, document] of documents.entries()) {
    const [error] = document.errors;
    const place = `document ${index + 1}`;
    if (error !== undefined) return broken(place, `${lineOf(text, error.pos[0])}: ${error.message}`);
    try {
      const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
      if (value !== null) values.push(value);
    } catch (cause) {
      return broken(place, cause instanceof Error ? cause.message : String(cause));
    }
  }
  if (values.length === 0) return broken('file', 'there is no document in it');
  const read = readSlos(values);
  return { slos: read.slos, problems: [...read.problems, ...read.slos.flatMap(unknownSeries)] };
}

/** Series that nobody reports. */
function unknownSeries({ document, definitions }: ReadSlo): SloProblem[] {
  const names = new Set(definitions.flatMap((slo) => [...seriesOf(slo)]));
  return [...names]
    .filter((name) => shapeOf(name) === undefined)
    .map((name) => {
      const nearest = nearestWord(name, SERIES_NAMES);
      const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
      return {
        severity: 'error',
        document: document.metadata.name,
        path: 'spec.indicator',
        message: `there is no series ${name}${hint}`,
      };
    });
}

function broken(document: string, message: string): ReadSlos {
  return { slos: [], problems: [{ severity: 'error', document, path: '', message }] };
}

function lineOf(text: string, offset: number): string {
  return `line ${text.slice(0, offset).split('\n').length}`;
}

/** Throws for the first error; warnings pass. */
export function requireValid(problems: readonly SloProblem[]): void {
  const error = problems.find(({ severity }) => severity === 'error');
  if (error === undefined) return;
  const { document, path, message } = error;
  throw new MeridianError('slo_invalid', { document, reason: path === '' ? message : `${path}: ${message}` });
}

/** A document as YAML. */
export function writeSloText(document: SloDocument): string {
  return stringify(document);
}
