// What a run did: each action with its intent and its outcome, and the journal line by line.

import type { RunView } from '../../../src/contract/api/runbooks.ts';
import { durationText } from '../ui/duration-text.ts';
import { formatClock, formatDateTime } from '../ui/format.ts';
import { actorText } from './describe-run.ts';

type Action = RunView['actions'][number];

const OUTCOMES: Readonly<Record<NonNullable<Action['outcome']>, { text: string; tone: string }>> = {
  changed: { text: 'Changed', tone: 'good' },
  unchanged: { text: 'Was so already', tone: '' },
  refused: { text: 'Refused', tone: 'bad' },
  withdrawn: { text: 'Withdrawn', tone: '' },
};

/** Both lists. */
export function RunLog({ run }: { readonly run: RunView }) {
  return (
    <div className="columns run-log">
      <section className="card" aria-label="Journal">
        <div className="card-head">
          <h2>Journal</h2>
        </div>
        <ol className="journal">
          {[...run.journal].reverse().map((entry) => (
            <li key={entry.number} className={entry.isChange ? 'is-change' : undefined}>
              <time className="mono faint" title={formatDateTime(entry.atMs)}>
                {formatClock(entry.atMs)}
              </time>
              <span>
                {entry.text}
                {entry.actor !== null && <span className="faint"> by {actorText(entry.actor)}</span>}
              </span>
            </li>
          ))}
        </ol>
      </section>
      <section className="card" aria-label="Intents and outcomes">
        <div className="card-head">
          <h2>Intents and outcomes</h2>
        </div>
        {run.actions.length === 0 ? (
          <p className="soft card-body">It has changed nothing.</p>
        ) : (
          <ol className="intents">
            {run.actions.map((action) => (
              <Intent key={action.key} action={action} />
            ))}
          </ol>
        )}
      </section>
    </div>
  );
}

function Intent({ action }: { readonly action: Action }) {
  const outcome = action.outcome === null ? { text: 'Under way', tone: 'busy' } : OUTCOMES[action.outcome];
  return (
    <li>
      <div className="row wrap tight spread">
        <strong>{action.text}</strong>
        <span className={`pill ${outcome.tone}`}>{outcome.text}</span>
      </div>
      <div className="soft small">
        intended {formatClock(action.intendedAtMs)}
        {action.endedAtMs !== null && `, ended after ${durationText(action.endedAtMs - action.intendedAtMs)}`}
      </div>
      {action.detail !== null && <div className="small">{action.detail}</div>}
    </li>
  );
}
