// The rules that Meridian brings along, beside its objectives: what is lost as a whole, and what no objective counts.

import type { AlertRule } from '#core/alerting/rules.ts';

const RUNBOOKS = 'docs/operating/alerts';
/** Six reports in a row: a restart of a node takes less. */
const SILENT_MS = 30_000;

export const SHIPPED_RULES: readonly AlertRule[] = [
  {
    kind: 'absence',
    name: 'RegionLost',
    severity: 'page',
    summary: 'No node of region {region} reports any more',
    runbook: `${RUNBOOKS}/region-lost.md`,
    series: 'node_up',
    labels: {},
    by: ['region'],
    silentMs: SILENT_MS,
    lost: 'region',
    afterMs: 0,
    keepMs: 30_000,
  },
  {
    kind: 'absence',
    name: 'NodeLost',
    severity: 'ticket',
    summary: 'Node {node} of region {region} does not report any more',
    runbook: `${RUNBOOKS}/node-lost.md`,
    series: 'node_up',
    labels: {},
    by: ['region', 'node'],
    silentMs: SILENT_MS,
    lost: 'node',
    afterMs: 30_000,
    keepMs: 30_000,
  },
];
