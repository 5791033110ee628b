// On-call: who has duty now and next, the shifts of the days to come by the viewer's own clock, what was changed for a
// while, pages that are open, and what a page would do.

import { useMemo, useState } from 'react';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { formatAgo } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import { useNow } from '../ui/use-now.ts';
import { DutyCards } from './duty-cards.tsx';
import { FairnessSection } from './fairness-section.tsx';
import type { OncallScene } from './oncall-data.ts';
import { OverridesSection } from './overrides-section.tsx';
import { PageDialog } from './page-dialog.tsx';
import { PagesSection } from './pages-section.tsx';
import { RotaDialog } from './rota-dialog.tsx';
import { ShiftCalendar } from './shift-calendar.tsx';
import { SimulateSection } from './simulate-section.tsx';

const ROTA_REFRESH_MS = 10_000;
const NOW_MS = 5_000;
const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The page; with a detail of `rota`, the dialog of the rota is open. */
export function OncallPage() {
  const rota = useLive('oncall', 'rota', (signal) => call('GET /v1/oncall', {}, signal), ROTA_REFRESH_MS);
  const nowMs = useNow(NOW_MS);
  const [zone, setZone] = useState(LOCAL_ZONE);
  const [changes, setChanges] = useState(0);
  const [dialog, setDialog] = useState<'rota' | 'page' | null>(null);
  const { data } = rota;
  const names = useMemo(() => new Map(data?.users.map(({ id, name }) => [id, name])), [data]);
  if (data === undefined)
    return (
      <div className="page-inner">
        <PageHead title="On-call" />
        <section className="card">
          {rota.error === undefined ? (
            <SkeletonRows count={6} />
          ) : (
            <LoadFailed what="The rota" error={rota.error} onRetry={() => void rota.refresh()} />
          )}
        </section>
      </div>
    );
  const scene: OncallScene = {
    rota: data,
    zone,
    nowMs,
    names,
    refresh: () => {
      setChanges(changes + 1);
      void rota.refresh();
    },
  };
  const { current } = data;
  const close = (): void => setDialog(null);
  return (
    <div className="page-inner oncall">
      <PageHead
        title="On-call"
        note={
          current === null
            ? 'No rota is in force'
            : `Version ${current.version} of the rota, by ${current.actor} ${formatAgo(current.appliedAtMs, nowMs)}`
        }
      >
        <ZoneField scene={scene} onChange={setZone} />
        <button type="button" className="button" onClick={() => setDialog('rota')}>
          <Icon name="code" />
          Rota
        </button>
        {may('operator') && current !== null && (
          <button type="button" className="button" onClick={() => setDialog('page')}>
            <Icon name="bell" />
            Page somebody
          </button>
        )}
      </PageHead>
      {current === null ? (
        <section className="card">
          <Empty icon="bell" title="Nobody has duty yet">
            A rota says who is woken when, and in which order. Write one in <strong>Rota</strong>, or on the
            command line: <code className="nowrap">meridian oncall apply rota.yaml</code>
          </Empty>
        </section>
      ) : (
        <>
          <PagesSection key={`pages ${changes}`} scene={scene} />
          <DutyCards key={`duty ${changes}`} scene={scene} />
          <ShiftCalendar changes={changes} scene={scene} />
          <div className="oncall-columns">
            <OverridesSection key={`overrides ${changes}`} scene={scene} />
            <SimulateSection key={zone} scene={scene} />
          </div>
          <FairnessSection scene={scene} />
        </>
      )}
      {dialog === 'rota' && <RotaDialog scene={scene} onClose={close} />}
      {dialog === 'page' && <PageDialog scene={scene} onClose={close} />}
    </div>
  );
}

/** Whose clock the page shows: one's own, that of everybody, or that of somebody on the rota. */
function ZoneField({ scene, onChange }: { scene: OncallScene; onChange: (zone: string) => void }) {
  const others = new Set([
    ...scene.rota.schedules.flatMap(({ layers }) => layers.map(({ timeZone }) => timeZone)),
    ...scene.rota.users.map(({ timeZone }) => timeZone),
  ]);
  others.delete(LOCAL_ZONE);
  others.delete('UTC');
  return (
    <label className="zone-field">
      <span className="visually-hidden">Times of</span>
      <select
        className="input"
        aria-label="Times of"
        value={scene.zone}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value={LOCAL_ZONE}>{`My time (${LOCAL_ZONE})`}</option>
        {LOCAL_ZONE !== 'UTC' && <option value="UTC">UTC</option>}
        {[...others].sort().map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
