// What tests of access know of runbooks: who may reach for them, and what each change is called.

import type { runbookRoutes } from '#contract/api/runbooks.ts';
import type { TestControl } from './support.ts';

type Key = keyof typeof runbookRoutes;

interface Arguments {
  readonly params?: object;
  readonly query?: object;
  readonly body?: object;
}

export interface RunbookThings {
  readonly openRunId: string;
  readonly otherRunId: string;
}

const asks = (version: number): string => `
id: asks
version: ${version}
title: Asks
description: Asks and does nothing
parameters:
  why: { type: text, description: Why }
steps: [{ id: ask, kind: approval, title: Ask, ask: $why }]
`;

const BOOK = { params: { runbookId: 'asks' } };

/** A runbook that only asks, and two runs of it that wait. */
export async function makeRunbookThings({ admin }: TestControl): Promise<RunbookThings> {
  await admin.call('PUT /v1/runbooks/{runbookId}', { ...BOOK, body: { text: asks(1) } });
  const begin = async (why: string): Promise<string> =>
    (await admin.call('POST /v1/runbooks/{runbookId}/runs', { ...BOOK, body: { parameters: { why } } })).id;
  return { openRunId: await begin('one'), otherRunId: await begin('two') };
}

const NO_RUN = { params: { runId: `run_${'0'.repeat(26)}` } };
const DRAIN = { params: { runbookId: 'drain-region' }, body: { parameters: { target: 'dublin' } } };
const POLICY = { isAutomatic: true, runsPerHourMax: 9, viewerShareMax: 1 };

/** What an admin of one project gets: runs belong to the installation; what there is to read is the same for all. */
export const RUNBOOK_ACCESS: Record<Key, ['wrong_project' | 'shared', () => Arguments]> = {
  'GET /v1/runbooks': ['shared', () => ({})],
  'GET /v1/runbooks/{runbookId}': ['shared', () => ({ params: DRAIN.params })],
  'GET /v1/runbooks/{runbookId}/versions': ['shared', () => ({ params: DRAIN.params })],
  'PUT /v1/runbooks/{runbookId}': ['wrong_project', () => ({ ...BOOK, body: { text: asks(9) } })],
  'PUT /v1/runbooks/{runbookId}/policy': ['wrong_project', () => ({ params: DRAIN.params, body: POLICY })],
  'POST /v1/runbooks/{runbookId}/dry-run': ['wrong_project', () => DRAIN],
  'POST /v1/runbooks/{runbookId}/runs': ['wrong_project', () => DRAIN],
  'GET /v1/runbook-runs': ['wrong_project', () => ({})],
  'GET /v1/runbook-runs/{runId}': ['wrong_project', () => NO_RUN],
  'POST /v1/runbook-runs/{runId}/decide': [
    'wrong_project',
    () => ({ ...NO_RUN, body: { stepId: 'ask', isApproved: true } }),
  ],
  'POST /v1/runbook-runs/{runId}/pause': ['wrong_project', () => NO_RUN],
  'POST /v1/runbook-runs/{runId}/resume': ['wrong_project', () => NO_RUN],
  'POST /v1/runbook-runs/{runId}/cancel': ['wrong_project', () => ({ ...NO_RUN, body: {} })],
};

export const RUNBOOK_NO_CHANGES: readonly Key[] = ['POST /v1/runbooks/{runbookId}/dry-run'];

export const RUNBOOK_CHANGES: [Key, string, (things: RunbookThings) => Arguments][] = [
  ['PUT /v1/runbooks/{runbookId}', 'runbook.save', () => ({ ...BOOK, body: { text: asks(2) } })],
  ['PUT /v1/runbooks/{runbookId}/policy', 'runbook.policy', () => ({ ...BOOK, body: POLICY })],
  [
    'POST /v1/runbooks/{runbookId}/runs',
    'runbook.start',
    () => ({ ...BOOK, body: { parameters: { why: 'three' } } }),
  ],
  [
    'POST /v1/runbook-runs/{runId}/decide',
    'runbook.approve',
    ({ otherRunId }) => ({ params: { runId: otherRunId }, body: { stepId: 'ask', isApproved: true } }),
  ],
  [
    'POST /v1/runbook-runs/{runId}/pause',
    'runbook.pause',
    ({ openRunId }) => ({ params: { runId: openRunId } }),
  ],
  [
    'POST /v1/runbook-runs/{runId}/resume',
    'runbook.resume',
    ({ openRunId }) => ({ params: { runId: openRunId } }),
  ],
  [
    'POST /v1/runbook-runs/{runId}/cancel',
    'runbook.cancel',
    ({ openRunId }) => ({ params: { runId: openRunId }, body: {} }),
  ],
];
