// Says to everybody that somebody is admin behind broken glass, until when and why, and lets it be ended.

import { useEffect } from 'react';
import { type ApiResult, call } from '../api.ts';
import { may, refreshIdentity, session } from '../session.ts';
import { formatClock } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { useStore } from '../ui/store.ts';
import { tell } from '../ui/toast.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { usePolled } from '../ui/use-polled.ts';

type Glass = ApiResult<'GET /v1/break-glass'>['active'][number];

const INTERVAL_MS = 5_000;

/** Nothing while the glass is whole, and for people of a single project, whom it does not concern. */
export function GlassBanner() {
  const state = useStore(session);
  return state.kind === 'in' && state.identity.projectId === null ? <Banners /> : null;
}

function Banners() {
  const glass = usePolled('glass', (signal) => call('GET /v1/break-glass', {}, signal), INTERVAL_MS);
  const active = glass.data?.active ?? [];
  const own = active.find(({ isOwn }) => isOwn)?.id;
  // What one may do changes with it: also when it was begun or ended elsewhere, or by its time.
  useEffect(() => {
    const state = session.get();
    const known = state.kind === 'in' ? (state.identity.breakGlass?.id ?? undefined) : undefined;
    if (glass.data !== undefined && known !== own) void refreshIdentity();
  }, [glass.data, own]);
  return (
    <div role="status">
      {active.map((each) => (
        <Banner key={each.id} glass={each} onEnded={() => void glass.refresh()} />
      ))}
    </div>
  );
}

interface BannerProps {
  readonly glass: Glass;
  readonly onEnded: () => void;
}

function Banner({ glass, onEnded }: BannerProps) {
  const { isBusy, error, ask } = useAsked(async () => {
    await call('POST /v1/break-glass/{breakGlassId}/end', { params: { breakGlassId: glass.id } });
    tell(`${glass.name} is no longer admin`);
    onEnded();
  });
  return (
    <div className="banner is-glass">
      <Icon name="warning" />
      <span className="banner-text">
        <strong>
          {glass.isOwn ? 'You are' : `${glass.name} is`} admin behind broken glass until{' '}
          {formatClock(glass.endsAtMs)}.
        </strong>{' '}
        <span className="banner-more">{error === undefined ? glass.reason : error.message}</span>
      </span>
      {(glass.isOwn || may('admin')) && (
        <button type="button" className="button compact" disabled={isBusy} onClick={ask}>
          End it now
        </button>
      )}
    </div>
  );
}
