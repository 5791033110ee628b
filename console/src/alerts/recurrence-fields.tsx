// When maintenance comes again: on which days, at what time on the wall of which zone, until when.

import { CheckField, TextField } from '../ui/fields.tsx';
import { isTimeZone, knownZones } from '../ui/time-zone.ts';

const DAYS = [
  ['mon', 'Mon'],
  ['tue', 'Tue'],
  ['wed', 'Wed'],
  ['thu', 'Thu'],
  ['fri', 'Fri'],
  ['sat', 'Sat'],
  ['sun', 'Sun'],
] as const;
type Day = (typeof DAYS)[number][0];

export interface RecurrenceDraft {
  readonly weekdays: readonly Day[];
  readonly startTime: string;
  readonly timeZone: string;
  /** Empty: it goes on. */
  readonly endsOn: string;
}

/** A draft for people of a zone. */
export function newRecurrence(timeZone: string): RecurrenceDraft {
  return { weekdays: [], startTime: '02:00', timeZone, endsOn: '' };
}

/** Whether it says when. */
export function isRecurrenceComplete({ weekdays, startTime, timeZone }: RecurrenceDraft): boolean {
  return weekdays.length > 0 && /^\d{2}:\d{2}$/.test(startTime) && isTimeZone(timeZone);
}

/** As the API takes it. */
export function recurrenceBody({ weekdays, startTime, timeZone, endsOn }: RecurrenceDraft) {
  return { weekdays: [...weekdays], startTime, timeZone, endsOn: endsOn === '' ? null : endsOn };
}

/** `Mon, Fri at 22:00 Europe/Dublin`. */
export function recurrenceText(given: Pick<RecurrenceDraft, 'weekdays' | 'startTime' | 'timeZone'>): string {
  const days = DAYS.flatMap(([day, name]) => (given.weekdays.includes(day) ? [name] : []));
  return `${days.length === DAYS.length ? 'Every day' : days.join(', ')} at ${given.startTime} ${given.timeZone}`;
}

interface RecurrenceFieldsProps {
  readonly draft: RecurrenceDraft;
  readonly onChange: (draft: RecurrenceDraft) => void;
}

/** The fields. */
export function RecurrenceFields({ draft, onChange }: RecurrenceFieldsProps) {
  const toggle = (day: Day, isChosen: boolean): void => {
    const others = draft.weekdays.filter((other) => other !== day);
    onChange({ ...draft, weekdays: isChosen ? [...others, day] : others });
  };
  return (
    <>
      <fieldset className="weekdays">
        <legend>On</legend>
        {DAYS.map(([day, name]) => (
          <CheckField
            key={day}
            isChecked={draft.weekdays.includes(day)}
            onChange={(isChosen) => toggle(day, isChosen)}
          >
            {name}
          </CheckField>
        ))}
      </fieldset>
      <div className="field-pair">
        <TextField
          id="recurrence-time"
          label="At"
          type="time"
          value={draft.startTime}
          onChange={(startTime) => onChange({ ...draft, startTime })}
        />
        <div className="field">
          <label htmlFor="recurrence-zone">Time zone</label>
          <input
            id="recurrence-zone"
            className="input"
            list="recurrence-zones"
            aria-invalid={!isTimeZone(draft.timeZone)}
            value={draft.timeZone}
            onChange={(event) => onChange({ ...draft, timeZone: event.target.value })}
          />
          <datalist id="recurrence-zones">
            {knownZones().map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </div>
      </div>
      <TextField
        id="recurrence-end"
        label="Last day (optional)"
        type="date"
        hint="The last day on which one may begin. The time is that on the wall, also when clocks change."
        value={draft.endsOn}
        onChange={(endsOn) => onChange({ ...draft, endsOn })}
      />
    </>
  );
}
