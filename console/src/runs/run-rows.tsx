// A short list of runs: how each stands, on what, since when.

import type { RunSummary } from '../../../src/contract/api/runbooks.ts';
import { href } from '../shell/router.ts';
import { durationText } from '../ui/duration-text.ts';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { ageNowMs } from '../ui/use-now.ts';
import { actorText, isOpen, parametersText, stateOf } from './describe-run.ts';

/** The rows. */
export function RunRows({ runs }: { readonly runs: readonly RunSummary[] }) {
  const nowMs = ageNowMs();
  return (
    <ul className="run-rows">
      {runs.map((run) => {
        const { text, tone } = stateOf(run);
        return (
          <li key={run.id}>
            <a href={href('runs', run.id)}>
              <span className={`pill ${tone}`}>{text}</span>
              <span className="truncate">{parametersText(run.parameters) || actorText(run.actor)}</span>
              <span className="faint small nowrap" title={formatDateTime(run.createdAtMs)}>
                {formatAgo(run.createdAtMs, nowMs)}
                {!isOpen(run) && `, ${durationText((run.endedAtMs ?? 0) - run.createdAtMs)}`}
              </span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}
