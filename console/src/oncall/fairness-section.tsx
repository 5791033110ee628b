// How duty is shared over the next ninety days, by the wall clock of each person.

import { call } from '../api.ts';
import { formatCount } from '../ui/format.ts';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import { dayStartMs, hueOf, zoneNamed } from './calendar-layout.ts';
import { shareText } from './describe-oncall.ts';
import type { OncallScene } from './oncall-data.ts';

const REFRESH_MS = 60_000;
const DAYS = 90;

/** A row for each person. */
export function FairnessSection({ scene }: { scene: OncallScene }) {
  const zone = zoneNamed(scene.zone);
  const fromMs = dayStartMs(zone, scene.nowMs);
  const untilMs = dayStartMs(zone, scene.nowMs, DAYS);
  const version = scene.rota.current?.version ?? 0;
  const fairness = useLive(
    'oncall',
    `${version} ${fromMs}`,
    (signal) => call('GET /v1/oncall/fairness', { query: { fromMs, untilMs } }, signal),
    REFRESH_MS,
  );
  const shares = fairness.data?.shares;
  const longest = Math.max(1, ...(shares ?? []).map(({ hours }) => hours));
  const ids = scene.rota.users.map(({ id }) => id);
  return (
    <section className="card" aria-label="How it is shared">
      <div className="card-head">
        <h2>How it is shared</h2>
        <span className="soft small">
          the next {DAYS} days; nights from 22 to 6 o’clock and weekends where each person is
        </span>
      </div>
      {shares === undefined ? (
        fairness.error === undefined ? (
          <SkeletonRows count={5} />
        ) : (
          <LoadFailed what="The shares" error={fairness.error} onRetry={() => void fairness.refresh()} />
        )
      ) : (
        <div className="table-scroll">
          <table className="table fairness">
            <thead>
              <tr>
                <th>Who</th>
                <th className="number">Hours</th>
                <th className="wide-only">
                  <span className="visually-hidden">Share</span>
                </th>
                <th className="number">Nights</th>
                <th className="number">Weekends</th>
                <th className="number wide-only">Longest</th>
              </tr>
            </thead>
            <tbody>
              {shares.map((share) => (
                <tr key={share.userId}>
                  <td className="nowrap">{scene.names.get(share.userId) ?? share.userId}</td>
                  <td className="number">{formatCount(share.hours)}</td>
                  <td className="wide-only share-cell">
                    <span
                      className={`share-bar ${hueOf(ids, share.userId)}`}
                      style={{ width: `${(share.hours / longest) * 100}%` }}
                    />
                    <span className="faint small">{shareText(share.ratio)}</span>
                  </td>
                  <td className="number">{share.nights}</td>
                  <td className="number">{share.weekends}</td>
                  <td className="number wide-only">{share.longestHours.toFixed(0)} h</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
