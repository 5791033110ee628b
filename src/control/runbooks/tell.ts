// Tells the list of changes and the timelines of incidents what runs did. A line is told again when a listener failed or
// control ended before the run had noted it: `runId` and `number` say which line it is.

import { MeridianError } from '#contract/errors.ts';
import type { JournalEntry } from '#core/runbook/types.ts';
import type { ControlContext } from '../context.ts';
import type { RunbookPorts } from './ports.ts';
import type { RunRow } from './store.ts';

/** Tells these lines of a run, in their order. */
export async function tellOthers(
  { context, ports }: { readonly context: ControlContext; readonly ports: RunbookPorts },
  row: RunRow,
  entries: readonly JournalEntry[],
): Promise<void> {
  const { changes, timeline } = ports;
  const incidentId = row.incident_id;
  for (const entry of entries) {
    const actor = entry.actor ?? `runbook:${row.runbook_id}`;
    const details = {
      runId: row.id,
      runbookId: row.runbook_id,
      stepId: entry.stepId,
      number: entry.number,
    };
    if (entry.isChange && changes !== null)
      await unlessRefused(() =>
        changes.record({
          kind: 'runbook',
          summary: `${row.book.title}: ${entry.text}`,
          actor,
          labels: labelsOf(context, row),
          atMs: entry.atMs,
          details,
        }),
      );
    if (incidentId !== null && timeline !== null)
      await unlessRefused(() =>
        timeline.append(incidentId, {
          atMs: entry.atMs,
          kind: entry.isChange ? 'action' : 'note',
          text: entry.text,
          actor,
          details,
        }),
      );
  }
}

/** What a listener refuses for a reason (there is no such incident) it will refuse again. */
async function unlessRefused(tell: () => Promise<void>): Promise<void> {
  try {
    await tell();
  } catch (error) {
    if (!(error instanceof MeridianError) || error.status >= 500) throw error;
  }
}

/** The labels by which graphs and incidents know what a run is about. */
function labelsOf(
  { config }: ControlContext,
  { book, parameters, runbook_id: runbook }: RunRow,
): Record<string, string> {
  const isRegion = (value: string): boolean => config.regions.some(({ id }) => id === value);
  const labels: Record<string, string> = { runbook };
  for (const [name, value] of Object.entries(parameters)) {
    const type = book.parameters[name]?.type ?? 'text';
    if (type === 'place') labels[isRegion(value) ? 'region' : 'site'] = value;
    else if (type === 'region' || type === 'site' || type === 'node' || type === 'broadcast')
      labels[type] = value;
  }
  return labels;
}
