// The choice of a stretch of time: one of a few, or two moments.

import { momentOf, RANGES, toLocalInput } from './time-range.ts';

/** Filters of a list, as far as they are about time. */
interface RangeFilters {
  readonly range?: string;
  readonly from?: string;
  readonly to?: string;
}

interface RangeFieldProps {
  readonly filters: RangeFilters;
  /** What changed; an empty text asks for no such limit. */
  readonly onChange: (changes: RangeFilters) => void;
}

const OWN = 'own';
const HOUR_MS = 3_600_000;

/** The fields. */
export function RangeField({ filters: { range = '', from, to }, onChange }: RangeFieldProps) {
  const isOwn = from !== undefined || to !== undefined;
  const choose = (chosen: string): void => {
    if (chosen !== OWN) onChange({ range: chosen, from: '', to: '' });
    else onChange({ range: '', from: toLocalInput(Date.now() - HOUR_MS), to: toLocalInput(Date.now()) });
  };
  const moment = (text: string | undefined): string => {
    const atMs = momentOf(text);
    return atMs === undefined ? '' : toLocalInput(atMs);
  };
  return (
    <>
      <select
        className="input"
        aria-label="Time"
        value={isOwn ? OWN : range}
        onChange={(event) => choose(event.target.value)}
      >
        <option value="">Any time</option>
        {RANGES.map(({ value: name, label }) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
        <option value={OWN}>From … to …</option>
      </select>
      {isOwn && (
        <>
          <input
            className="input"
            type="datetime-local"
            aria-label="From"
            value={moment(from)}
            onChange={(event) => onChange({ from: event.target.value })}
          />
          <input
            className="input"
            type="datetime-local"
            aria-label="To"
            value={moment(to)}
            onChange={(event) => onChange({ to: event.target.value })}
          />
        </>
      )}
    </>
  );
}
