// Silences and maintenance windows, in force or to come.

import { type ReactNode, useState } from 'react';
import type { SilenceView } from '../../../src/contract/api/alerts.ts';
import { call } from '../api.ts';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { formatAge, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tell } from '../ui/toast.tsx';
import { useLive } from '../ui/use-live.ts';
import { useNow } from '../ui/use-now.ts';
import { recurrenceText } from './recurrence-fields.tsx';
import { SilenceDialog } from './silence-dialog.tsx';

const NOW_MS = 5_000;

interface SilencesTabProps {
  readonly tabs: ReactNode;
  readonly mayChange: boolean;
}

/** The tab. */
export function SilencesTab({ tabs, mayChange }: SilencesTabProps) {
  const silences = useLive('alerts', 'silences', (signal) => call('GET /v1/silences', {}, signal));
  const nowMs = useNow(NOW_MS);
  const [dialog, setDialog] = useState<'silence' | 'maintenance'>();
  const [doomed, setDoomed] = useState<SilenceView>();
  const refresh = (): void => void silences.refresh();
  const end = async (silence: SilenceView): Promise<void> => {
    await call('DELETE /v1/silences/{silenceId}', { params: { silenceId: silence.id } });
    tell('It ended');
    refresh();
    setDoomed(undefined);
  };
  const list = silences.data?.silences;
  return (
    <div className="page-inner">
      <PageHead title="Alerts" note="What is kept quiet, and by whom">
        {mayChange && (
          <>
            <button type="button" className="button" onClick={() => setDialog('silence')}>
              <Icon name="mute" />
              Silence…
            </button>
            <button type="button" className="button" onClick={() => setDialog('maintenance')}>
              <Icon name="clock" />
              Plan maintenance…
            </button>
          </>
        )}
      </PageHead>
      {tabs}
      <section className="card" aria-label="Silences">
        {list === undefined ? (
          silences.error === undefined ? (
            <SkeletonRows count={3} />
          ) : (
            <LoadFailed what="The silences" error={silences.error} onRetry={refresh} />
          )
        ) : list.length === 0 ? (
          <Empty icon="mute" title="Nothing is kept quiet">
            Silence an alert from the inbox, or plan maintenance before you begin it.
          </Empty>
        ) : (
          <ul className="silences">
            {list.map((silence) => (
              <SilenceRow
                key={silence.id}
                silence={silence}
                nowMs={nowMs}
                onEnd={mayChange ? () => setDoomed(silence) : undefined}
              />
            ))}
          </ul>
        )}
      </section>
      {dialog !== undefined && (
        <SilenceDialog
          matchers={[]}
          isMaintenance={dialog === 'maintenance'}
          onDone={refresh}
          onClose={() => setDialog(undefined)}
        />
      )}
      {doomed !== undefined && (
        <QuestionDialog
          title={!isInForce(doomed, nowMs) ? 'Call the window off?' : 'End it now?'}
          action="End it"
          isDanger
          onConfirm={() => end(doomed)}
          onClose={() => setDoomed(undefined)}
        >
          <p>
            <code>{doomed.matchers.join(' ')}</code>
          </p>
          {doomed.recurrence !== null && <p className="soft">No later one follows.</p>}
          <p className="soft">
            {doomed.matchingAlerts === 0 || !isInForce(doomed, nowMs)
              ? 'It keeps no alert quiet now.'
              : `${doomed.matchingAlerts} that fire now are told of at once, and may page somebody.`}
          </p>
        </QuestionDialog>
      )}
    </div>
  );
}

interface SilenceRowProps {
  readonly silence: SilenceView;
  readonly nowMs: number;
  readonly onEnd: (() => void) | undefined;
}

function SilenceRow({ silence, nowMs, onEnd }: SilenceRowProps) {
  const { kind, matchers, comment, createdBy, matchingAlerts } = silence;
  const isQuiet = isInForce(silence, nowMs);
  return (
    <li>
      <div className="grow">
        <div className="row wrap">
          <span className={isQuiet ? 'pill warn' : 'pill'}>
            {kind === 'maintenance' ? 'Maintenance' : 'Silence'}
          </span>
          <code>{matchers.join(' ')}</code>
        </div>
        <div>{comment}</div>
        <div className="faint small">
          {silence.recurrence !== null &&
            `${recurrenceText(silence.recurrence)} for ${formatAge(silence.recurrence.durationMs)}; `}
          by {createdBy}, {timesText(silence, nowMs)}
          {isQuiet && `, ${matchingAlerts} firing ${matchingAlerts === 1 ? 'alert matches' : 'alerts match'}`}
        </div>
      </div>
      {onEnd !== undefined && (
        <button type="button" className="button compact" onClick={onEnd}>
          End…
        </button>
      )}
    </li>
  );
}

function isInForce({ startsAtMs, occurrence, recurrence }: SilenceView, nowMs: number): boolean {
  if (recurrence === null) return startsAtMs <= nowMs;
  return occurrence !== null && occurrence.startsAtMs <= nowMs && nowMs < occurrence.endsAtMs;
}

/** From when, or for how much longer. */
function timesText({ startsAtMs, endsAtMs, recurrence, occurrence }: SilenceView, nowMs: number): string {
  if (recurrence !== null) {
    if (occurrence === null) return 'over';
    const last = endsAtMs === null ? '' : `, the last until ${formatDateTime(endsAtMs)}`;
    return occurrence.startsAtMs > nowMs
      ? `next from ${formatDateTime(occurrence.startsAtMs)}${last}`
      : `now until ${formatDateTime(occurrence.endsAtMs)}${last}`;
  }
  if (startsAtMs > nowMs)
    return `from ${formatDateTime(startsAtMs)}${endsAtMs === null ? '' : ` for ${formatAge(endsAtMs - startsAtMs)}`}`;
  return endsAtMs === null
    ? 'until what it matches is over'
    : `for ${formatAge(endsAtMs - nowMs)} more, until ${formatDateTime(endsAtMs)}`;
}
