// The shifts of a week or two: a row for each day by the chosen clock, a lane for each schedule, a bar for each shift.

import { useState } from 'react';
import type { ShiftView } from '../../../src/contract/api/oncall.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { Filter } from '../ui/filter.tsx';
import { Icon } from '../ui/icon.tsx';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import {
  type Bar,
  type CalendarDay,
  dayStartMs,
  hueOf,
  layOut,
  positionIn,
  zoneNamed,
} from './calendar-layout.ts';
import { dateText, lengthText, momentText } from './describe-oncall.ts';
import type { OncallScene } from './oncall-data.ts';
import { scheduleName } from './oncall-data.ts';
import { OverrideDialog } from './override-dialogs.tsx';

const REFRESH_MS = 30_000;
const HOURS = [0, 3, 6, 9, 12, 15, 18, 21];
const SPANS = [
  { value: '7', label: 'Week' },
  { value: '14', label: 'Two weeks' },
  { value: '28', label: 'Four weeks' },
] as const;
type Span = (typeof SPANS)[number]['value'];

interface ShiftCalendarProps {
  readonly scene: OncallScene;
  /** Grows with each change that was made here. */
  readonly changes: number;
}

/** The calendar. */
export function ShiftCalendar({ scene, changes }: ShiftCalendarProps) {
  const { nowMs, rota, zone } = scene;
  const [daysAhead, setDaysAhead] = useState(0);
  const [span, setSpan] = useState<Span>('7');
  const [chosen, setChosen] = useState<ShiftView>();
  const own = zoneNamed(zone);
  const days = Number(span);
  const fromMs = dayStartMs(own, nowMs, daysAhead);
  const untilMs = dayStartMs(own, nowMs, daysAhead + days);
  const shifts = useLive(
    'oncall',
    `${fromMs} ${untilMs} ${changes}`,
    (signal) => call('GET /v1/oncall/shifts', { query: { fromMs, untilMs } }, signal),
    REFRESH_MS,
  );
  const list = shifts.data?.shifts;
  const scheduleIds = rota.schedules.map(({ id }) => id);
  return (
    <section className="card" aria-label="Shifts">
      <div className="card-head">
        <h2>Shifts</h2>
        <div className="row wrap">
          <Filter label="Show" options={SPANS} value={span} onChange={setSpan} />
          <div className="row calendar-steps">
            <button
              type="button"
              className="icon-button is-back"
              aria-label="Earlier"
              onClick={() => setDaysAhead(daysAhead - days)}
            >
              <Icon name="chevron" />
            </button>
            <button
              type="button"
              className="button compact"
              disabled={daysAhead === 0}
              onClick={() => setDaysAhead(0)}
            >
              Today
            </button>
            <button
              type="button"
              className="icon-button"
              aria-label="Later"
              onClick={() => setDaysAhead(daysAhead + days)}
            >
              <Icon name="chevron" />
            </button>
          </div>
        </div>
      </div>
      {list === undefined ? (
        shifts.error === undefined ? (
          <SkeletonRows count={7} height={58} />
        ) : (
          <LoadFailed what="The shifts" error={shifts.error} onRetry={() => void shifts.refresh()} />
        )
      ) : (
        <Days days={layOut(own, fromMs, days, scheduleIds, list)} scene={scene} onChoose={setChosen} />
      )}
      <Legend scene={scene} shifts={list ?? []} />
      {chosen !== undefined && (
        <OverrideDialog
          scene={scene}
          scheduleId={chosen.scheduleId}
          fromMs={Math.max(chosen.fromMs, nowMs)}
          untilMs={chosen.untilMs}
          onClose={() => setChosen(undefined)}
        />
      )}
    </section>
  );
}

interface DaysProps {
  readonly days: readonly CalendarDay[];
  readonly scene: OncallScene;
  readonly onChoose: (shift: ShiftView) => void;
}

function Days({ days, scene, onChoose }: DaysProps) {
  return (
    <div className="calendar-scroll">
      <div className="calendar">
        <div className="calendar-hours" aria-hidden="true">
          {HOURS.map((hour) => (
            <span key={hour} className="faint small" style={{ left: `${(hour / 24) * 100}%` }}>
              {String(hour).padStart(2, '0')}
            </span>
          ))}
        </div>
        {days.map((day) => (
          <Day key={day.date} day={day} scene={scene} onChoose={onChoose} />
        ))}
      </div>
    </div>
  );
}

function Day({ day, scene, onChoose }: Omit<DaysProps, 'days'> & { day: CalendarDay }) {
  const now = positionIn(day, scene.nowMs);
  const weekday = new Date(`${day.date}T00:00:00Z`).getUTCDay();
  const isWeekend = weekday === 0 || weekday === 6;
  return (
    <div className={`calendar-day${now === null ? '' : ' is-today'}${isWeekend ? ' is-weekend' : ''}`}>
      <div className="calendar-date">
        <strong>{dateText(day.fromMs, scene.zone)}</strong>
        {day.hours !== 24 && <span className="tag">{day.hours} h</span>}
      </div>
      <div className="calendar-lanes">
        {day.lanes.map(({ scheduleId, bars }) => (
          <div key={scheduleId} className="calendar-lane" title={scheduleName(scene, scheduleId)}>
            {bars.map((bar) => (
              <ShiftBar key={bar.shift.fromMs} bar={bar} scene={scene} onChoose={onChoose} />
            ))}
          </div>
        ))}
        {now !== null && <span className="calendar-now" style={{ left: `${now * 100}%` }} />}
      </div>
    </div>
  );
}

function ShiftBar({
  bar,
  scene,
  onChoose,
}: {
  bar: Bar;
  scene: OncallScene;
  onChoose: DaysProps['onChoose'];
}) {
  const { shift } = bar;
  const isPast = shift.untilMs <= scene.nowMs;
  const { names, rota, zone } = scene;
  const name = shift.userId === null ? 'Nobody' : (names.get(shift.userId) ?? shift.userId);
  const by = shift.overrideId === null ? (shift.layer ?? 'no layer') : 'an override';
  const label = `${scheduleName(scene, shift.scheduleId)}: ${name}, ${momentText(shift.fromMs, zone)} to ${momentText(shift.untilMs, zone)}, by ${by}`;
  const hue = hueOf(
    rota.users.map(({ id }) => id),
    shift.userId,
  );
  const marks = [
    shift.userId === null ? 'is-empty' : hue,
    shift.overrideId === null ? '' : 'is-override',
    bar.isFromBefore ? 'is-from-before' : '',
    bar.isGoingOn ? 'is-going-on' : '',
    isPast ? 'is-past' : '',
  ];
  return (
    <button
      type="button"
      className={`shift-bar ${marks.filter((mark) => mark !== '').join(' ')}`}
      style={{ left: `${bar.left * 100}%`, width: `${bar.width * 100}%` }}
      title={label}
      aria-label={label}
      disabled={isPast || !may('operator')}
      onClick={() => onChoose(shift)}
    >
      <span className="truncate">{name}</span>
    </button>
  );
}

function Legend({ scene, shifts }: { scene: OncallScene; shifts: readonly ShiftView[] }) {
  const present = new Set(shifts.map(({ userId }) => userId));
  const ids = scene.rota.users.map(({ id }) => id);
  const hours = (userId: string): string =>
    lengthText(
      shifts
        .filter((shift) => shift.userId === userId)
        .reduce((sum, shift) => sum + shift.untilMs - shift.fromMs, 0),
    );
  return (
    <ul className="parts-legend small calendar-legend">
      {scene.rota.users
        .filter(({ id }) => present.has(id))
        .map(({ id, name }) => (
          <li key={id} className={hueOf(ids, id)}>
            <span className="swatch" />
            {name} <span className="faint">{hours(id)}</span>
          </li>
        ))}
      {present.has(null) && <li className="is-bad">Hatched: nobody has duty</li>}
    </ul>
  );
}
