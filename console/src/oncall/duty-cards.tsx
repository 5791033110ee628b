// Who has duty now, schedule by schedule: until when, who comes next, and why.

import { useState } from 'react';
import type { ApiResult } from '../api.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { Icon } from '../ui/icon.tsx';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { hueOf } from './calendar-layout.ts';
import { reasonText, timeText, untilText } from './describe-oncall.ts';
import type { OncallScene } from './oncall-data.ts';
import { scheduleName } from './oncall-data.ts';
import { TakeDialog } from './override-dialogs.tsx';

const REFRESH_MS = 5_000;
type Duty = ApiResult<'GET /v1/oncall/now'>['duties'][number];

/** One card for each schedule. */
export function DutyCards({ scene }: { scene: OncallScene }) {
  const now = usePolled('now', (signal) => call('GET /v1/oncall/now', { query: {} }, signal), REFRESH_MS);
  const [taking, setTaking] = useState<Duty>();
  if (now.data === undefined)
    return (
      <section className="card" aria-label="On duty now">
        {now.error === undefined ? (
          <SkeletonRows count={2} height={64} />
        ) : (
          <LoadFailed what="Who has duty" error={now.error} onRetry={() => void now.refresh()} />
        )}
      </section>
    );
  return (
    <section className="duties" aria-label="On duty now">
      {now.data.duties.map((duty) => (
        <DutyCard key={duty.scheduleId} duty={duty} scene={scene} onTake={() => setTaking(duty)} />
      ))}
      {taking !== undefined && (
        <TakeDialog
          scene={scene}
          scheduleId={taking.scheduleId}
          holderId={taking.userId}
          untilMs={taking.untilMs}
          onClose={() => setTaking(undefined)}
        />
      )}
    </section>
  );
}

function DutyCard({ duty, scene, onTake }: { duty: Duty; scene: OncallScene; onTake: () => void }) {
  const { names, nowMs, rota, zone } = scene;
  const user = rota.users.find(({ id }) => id === duty.userId);
  const hue = hueOf(
    rota.users.map(({ id }) => id),
    duty.userId,
  );
  const next = duty.next;
  return (
    <article className={duty.userId === null ? 'card duty is-empty' : 'card duty'}>
      <div className="duty-head">
        <h2>{scheduleName(scene, duty.scheduleId)}</h2>
        {may('operator') && (
          <button type="button" className="button compact" onClick={onTake}>
            Take this shift
          </button>
        )}
      </div>
      <div className={`duty-who ${hue}`}>
        <span className="duty-mark" aria-hidden="true">
          {duty.userId === null ? <Icon name="warning" /> : initialsOf(names.get(duty.userId) ?? duty.userId)}
        </span>
        <div>
          <strong>{duty.userId === null ? 'Nobody' : (names.get(duty.userId) ?? duty.userId)}</strong>
          <div className="soft small">
            {duty.untilMs === null ? 'for weeks' : `until ${untilText(duty.untilMs, nowMs, zone)}`}
            {user !== undefined && `, ${timeText(nowMs, user.timeZone)} where they are`}
          </div>
        </div>
      </div>
      {next !== null && (
        <p className="small">
          <span className="soft">Then </span>
          {next.userId === null ? (
            <strong className="is-bad">nobody</strong>
          ) : (
            <strong>{names.get(next.userId) ?? next.userId}</strong>
          )}
          <span className="soft"> until {untilText(next.untilMs, nowMs, zone)}</span>
        </p>
      )}
      <details className="duty-why small">
        <summary>Why</summary>
        <ul>
          {duty.reasons.map((reason) => (
            <li key={`${reason.code} ${reason.subject}`}>{reasonText(reason, zone, names)}</li>
          ))}
        </ul>
      </details>
    </article>
  );
}

/** "AB" for Aoife Byrne. */
function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '');
  return [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => word?.charAt(0).toUpperCase() ?? '')
    .join('');
}
