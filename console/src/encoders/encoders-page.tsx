// Encoders by region: what each works on, how fast it is, what is free; and the switch that lets a region rest.

import { useState } from 'react';
import type { EncoderView, JobView, RegionEncoding } from '../../../src/contract/api/jobs.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { href } from '../shell/router.ts';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { formatAgo, formatCount, formatDateTime, formatShare, plural } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tell } from '../ui/toast.tsx';
import { Total, Totals } from '../ui/totals.tsx';
import { useLive } from '../ui/use-live.ts';
import { usePolled } from '../ui/use-polled.ts';
import { ScaleDialog } from './scale-dialog.tsx';

const REFRESH_MS = 2_000;
/** Jobs that are running or failed lately, as far as a page goes. */
const JOBS_ASKED = 200;
/** Failures are counted over this long. */
const FAILURES_MS = 86_400_000;

/** The page. */
export function EncodersPage() {
  const encoding = usePolled('encoding', (signal) => call('GET /v1/encoding', {}, signal), REFRESH_MS);
  const running = useJobsIn('leased');
  const failed = useJobsIn('dead');
  const [asked, setAsked] = useState<RegionEncoding>();
  const [scaled, setScaled] = useState<RegionEncoding>();
  const regions = encoding.data?.regions;
  const recent = failed.filter(({ updatedAtMs }) => Date.now() - updatedAtMs < FAILURES_MS);
  return (
    <div className="page-inner">
      <PageHead
        title="Encoders"
        note={
          regions === undefined
            ? 'Loading…'
            : `${plural(
                regions.reduce((sum, { encoders }) => sum + encoders.length, 0),
                'encoder',
              )} in ${plural(regions.length, 'region')}`
        }
      />
      {regions === undefined ? (
        <div className="card">
          {encoding.error === undefined ? (
            <SkeletonRows count={6} />
          ) : (
            <LoadFailed what="The encoders" error={encoding.error} onRetry={() => void encoding.refresh()} />
          )}
        </div>
      ) : (
        <>
          <EncoderTotals regions={regions} failures={recent.length} />
          {regions.map((region) => (
            <Region
              key={region.id}
              region={region}
              running={running}
              failed={recent}
              onAsk={() => setAsked(region)}
              onScale={() => setScaled(region)}
            />
          ))}
        </>
      )}
      {scaled !== undefined && (
        <ScaleDialog
          region={scaled}
          onClose={() => setScaled(undefined)}
          onDone={() => {
            setScaled(undefined);
            void encoding.refresh();
          }}
        />
      )}
      {asked !== undefined && (
        <PauseDialog
          region={asked}
          onClose={() => setAsked(undefined)}
          onDone={() => {
            setAsked(undefined);
            void encoding.refresh();
          }}
        />
      )}
    </div>
  );
}

function useJobsIn(state: 'leased' | 'dead'): readonly JobView[] {
  const jobs = useLive(
    'jobs',
    state,
    (signal) => call('GET /v1/jobs', { query: { state, limit: JOBS_ASKED } }, signal),
    REFRESH_MS,
  );
  return jobs.data?.jobs ?? [];
}

interface TotalsProps {
  readonly regions: readonly RegionEncoding[];
  readonly failures: number;
}

function EncoderTotals({ regions, failures }: TotalsProps) {
  const alive = regions.flatMap(({ encoders }) => encoders).filter(({ isAlive }) => isAlive);
  const running = alive.reduce((sum, encoder) => sum + encoder.running, 0);
  const free = alive.reduce((sum, encoder) => sum + (encoder.freeSlots ?? 0), 0);
  const speed = alive.reduce((sum, encoder) => sum + (encoder.megapixelsPerSecond ?? 0), 0);
  const paused = regions.filter(({ isPaused }) => isPaused).length;
  return (
    <Totals label="All encoders together">
      <Total label="Working on" value={formatCount(running)} note="jobs and chunks" />
      <Total label="Free slots" value={formatCount(free)} note="ask for work now" />
      <Total label="Speed" value={`${formatCount(speed)} MP/s`} note="measured, together" />
      <Total
        label="Failed"
        value={`${formatCount(failures)}${failures >= JOBS_ASKED ? '+' : ''}`}
        note="jobs within a day"
        isBad={failures > 0}
      />
      <Total
        label="Paused"
        value={paused === 0 ? 'none' : plural(paused, 'region')}
        note={`of ${regions.length}`}
        isBad={paused === regions.length && paused > 0}
      />
    </Totals>
  );
}

interface RegionProps {
  readonly region: RegionEncoding;
  readonly running: readonly JobView[];
  readonly failed: readonly JobView[];
  readonly onAsk: () => void;
  readonly onScale: () => void;
}

function Region({ region, running, failed, onAsk, onScale }: RegionProps) {
  const { encoders, isPaused, name } = region;
  return (
    <section className="card" aria-label={name}>
      <div className="card-head">
        <div className="row">
          <h2>{name}</h2>
          <span className="soft small" title={scaleTitle(region)}>
            {`${region.slots} of ${region.slotsMax} at once${region.scaledTo === null ? '' : ', as ordered'}`}
          </span>
          {isPaused && <span className="pill warn">Paused</span>}
          {isPaused && region.pausedAtMs !== null && (
            <span className="soft small" title={formatDateTime(region.pausedAtMs)}>
              {formatAgo(region.pausedAtMs, Date.now())}
              {region.pausedBy !== null && ` by ${region.pausedBy}`}
            </span>
          )}
        </div>
        {may('operator') && (
          <div className="row">
            <button type="button" className="button compact" onClick={onScale}>
              Scale…
            </button>
            <button
              type="button"
              className={isPaused ? 'button primary compact' : 'button compact'}
              onClick={onAsk}
            >
              <Icon name={isPaused ? 'play' : 'pause'} />
              {isPaused ? 'Resume' : 'Pause'}
            </button>
          </div>
        )}
      </div>
      {encoders.length === 0 ? (
        <Empty icon="chip" title="No encoder here">
          A node with the role encoder appears here with its first beat.
        </Empty>
      ) : (
        <div className="table-scroll">
          <table className="table encoders">
            <thead>
              <tr>
                <th className="encoder-head-node">Encoder</th>
                <th>Works on</th>
                <th className="number encoder-head-slots">Free slots</th>
                <th className="number encoder-head-speed">Speed</th>
                <th className="number wide-only encoder-head-failed">Failed</th>
                <th className="wide-only encoder-head-engine">Engine</th>
              </tr>
            </thead>
            <tbody>
              {encoders.map((encoder) => (
                <EncoderRow
                  key={encoder.nodeId}
                  encoder={encoder}
                  jobs={running.filter(
                    ({ chunks, nodeId }) =>
                      nodeId === encoder.nodeId || chunks?.nodeIds.includes(encoder.nodeId),
                  )}
                  failures={failed.filter(({ nodeId }) => nodeId === encoder.nodeId).length}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface EncoderRowProps {
  readonly encoder: EncoderView;
  /** Running jobs that it works on. */
  readonly jobs: readonly JobView[];
  readonly failures: number;
}

function EncoderRow({ encoder, jobs, failures }: EncoderRowProps) {
  const [tone, words] = !encoder.isAlive
    ? ['bad', 'not alive']
    : encoder.isDrained
      ? ['warn', 'its site drains']
      : ['good', 'alive'];
  return (
    <tr>
      <td>
        <span className="row">
          <span className={`state-dot ${tone}`} role="img" aria-label={words} title={words} />
          <span className="mono nowrap">{encoder.nodeId}</span>
        </span>
      </td>
      <td className="encoder-work">
        {jobs.length === 0 ? (
          <span className="faint">{encoder.running === 0 ? 'idle' : plural(encoder.running, 'piece')}</span>
        ) : (
          <ul>
            {jobs.map((job) => (
              <li key={job.id} className="row">
                <a className="truncate" href={href('assets', job.assetId)} title={job.assetName}>
                  {job.assetName}
                </a>
                <span className="soft small nowrap">
                  {job.chunks === null
                    ? formatShare(Math.floor(job.progress * 100) / 100, 0)
                    : `chunks ${job.chunks.done} of ${job.chunks.total}`}
                </span>
              </li>
            ))}
          </ul>
        )}
      </td>
      <td className="number">{encoder.freeSlots ?? '–'}</td>
      <td className="number nowrap" title="Megapixels of source per second">
        {encoder.megapixelsPerSecond === null ? '–' : `${formatCount(encoder.megapixelsPerSecond)} MP/s`}
      </td>
      <td className={failures > 0 ? 'number wide-only edge-bad' : 'number wide-only'}>{failures}</td>
      <td className="mono soft wide-only truncate" title={encoder.recipe ?? undefined}>
        {encoder.recipe ?? '–'}
      </td>
    </tr>
  );
}

/** Who ordered the number, and when. */
function scaleTitle({ scaledAtMs, scaledBy }: RegionEncoding): string {
  return scaledAtMs === null
    ? 'Jobs and chunks at once, as their nodes are configured'
    : `Jobs and chunks at once; ordered ${formatDateTime(scaledAtMs)} by ${scaledBy ?? 'somebody'}`;
}

interface PauseDialogProps {
  readonly region: RegionEncoding;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function PauseDialog({ region, onClose, onDone }: PauseDialogProps) {
  const { id, isPaused, name } = region;
  const change = async (): Promise<void> => {
    await call('PUT /v1/regions/{regionId}/encoding', {
      params: { regionId: id },
      body: { isPaused: !isPaused },
    });
    tell(isPaused ? `${name} encodes again` : `${name} finishes what it has and takes nothing new`);
    onDone();
  };
  return (
    <QuestionDialog
      title={isPaused ? `Resume encoding in ${name}?` : `Pause encoding in ${name}?`}
      action={isPaused ? 'Resume' : 'Pause'}
      onConfirm={change}
      onClose={onClose}
    >
      <p>
        {isPaused
          ? 'Its encoders take part again at once.'
          : 'Its encoders finish what they have and get nothing new; other regions take what comes. Playback and uploads there go on.'}
      </p>
    </QuestionDialog>
  );
}
