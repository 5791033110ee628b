// Every step that was told of a viewing, as a table; the strip and the table show the same moment.

import { useMemo, useRef, useState } from 'react';
import type { ViewingStep } from '../../../src/contract/telemetry.ts';
import { durationText } from '../ui/duration-text.ts';
import { Filter } from '../ui/filter.tsx';
import { formatBps } from '../ui/format.ts';
import { LongTable } from '../ui/long-table.tsx';

const VIEWS = [
  { value: 'all', label: 'All steps' },
  { value: 'bad', label: 'What went wrong' },
] as const;

const ROW_PX = 34;
const COLUMN_COUNT = 5;
const stay = (): void => {};

interface SessionStepsProps {
  readonly steps: readonly ViewingStep[];
  readonly atMs: number | null;
  readonly onMoment: (atMs: number) => void;
}

interface NumberedStep {
  readonly number: number;
  readonly step: ViewingStep;
}

function isBad({ kind, text }: ViewingStep): boolean {
  if (kind === 'error') return true;
  if (kind === 'request') return /\b(failed|late)\b/.test(text);
  return (kind === 'state' && (text === 'rebuffering' || text === 'failed')) || kind === 'pathway';
}

/** "14:03:21.5", local time. */
function stampOf(atMs: number): string {
  const date = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const tenths = Math.floor(date.getMilliseconds() / 100);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${tenths}`;
}

/** The table. */
export function SessionSteps({ steps, atMs, onMoment }: SessionStepsProps) {
  const [view, setView] = useState<'all' | 'bad'>('all');
  const container = useRef<HTMLDivElement>(null);
  const items = useMemo(
    () =>
      steps
        .map((step, index): NumberedStep => ({ number: index + 1, step }))
        .filter(({ step }) => view === 'all' || isBad(step)),
    [steps, view],
  );
  const current = atMs === null ? undefined : items.findLast(({ step }) => step.atMs <= atMs);
  return (
    <section className="card" aria-label="Steps">
      <div className="card-head">
        <h2>Steps</h2>
        <Filter label="Show" options={VIEWS} value={view} onChange={setView} />
      </div>
      {items.length === 0 ? (
        <p className="soft card-body">{steps.length === 0 ? 'None was told.' : 'Nothing went wrong.'}</p>
      ) : (
        <div ref={container} className="list-scroll session-steps">
          <LongTable
            className="table long-table session-table"
            container={container}
            items={items}
            rowPx={ROW_PX}
            hasMore={false}
            onNearEnd={stay}
            onWindow={stay}
            columnCount={COLUMN_COUNT}
            head={
              <>
                <th className="step-head-time">At</th>
                <th>What</th>
                <th className="wide-only">Pathway</th>
                <th className="number">Took</th>
                <th className="wide-only number">Buffer, bitrate</th>
              </>
            }
            row={(item, rowIndex) => (
              <StepRow
                key={item.number}
                step={item.step}
                rowIndex={rowIndex}
                isCurrent={item === current}
                onMoment={onMoment}
              />
            )}
          />
        </div>
      )}
    </section>
  );
}

interface StepRowProps {
  readonly step: ViewingStep;
  readonly rowIndex: number;
  readonly isCurrent: boolean;
  readonly onMoment: (atMs: number) => void;
}

function StepRow({ step, rowIndex, isCurrent, onMoment }: StepRowProps) {
  const buffer = step.bufferedMs === null ? '' : durationText(step.bufferedMs);
  const bitrate = step.bitrateKbps === null ? '' : formatBps(step.bitrateKbps * 1_000);
  return (
    <tr
      className={`long-row session-step${isCurrent ? ' is-current' : ''}${isBad(step) ? ' is-wrong' : ''}`}
      aria-rowindex={rowIndex}
    >
      <td>
        <button type="button" className="link-button mono" onClick={() => onMoment(step.atMs)}>
          {stampOf(step.atMs)}
        </button>
      </td>
      <td className="truncate" title={step.text}>
        <span className="faint">{step.kind}</span> {step.text}
      </td>
      <td className="wide-only soft truncate">{step.siteId ?? ''}</td>
      <td className="number soft nowrap">{step.latencyMs === null ? '' : durationText(step.latencyMs)}</td>
      <td className="wide-only number soft nowrap">
        {[buffer, bitrate].filter((part) => part !== '').join(', ')}
      </td>
    </tr>
  );
}
