// Where one can go, and the state of the whole at a glance. A column on a desk, a bar at the bottom of a phone.

import { useEffect, useRef, useState } from 'react';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { unreachableSinceMs } from '../connection.ts';
import { logOut, session } from '../session.ts';
import { plural } from '../ui/format.ts';
import { Icon, type IconName, Mark } from '../ui/icon.tsx';
import { useStore } from '../ui/store.ts';
import { timeZone, zoneLabel } from '../ui/time-zone.ts';
import { regionState } from '../world/derive.ts';
import { href, type Page } from './router.ts';
import { setTheme, type Theme, theme } from './theme.ts';
import { TimeZoneDialog } from './time-zone-dialog.tsx';

interface Entry {
  readonly page: Page;
  readonly label: string;
  readonly icon: IconName;
  /** Draws some room above it. */
  readonly startsGroup?: boolean;
}

const ENTRIES: readonly Entry[] = [
  { page: 'world', label: 'World', icon: 'world' },
  { page: 'edges', label: 'Edges', icon: 'edges' },
  { page: 'library', label: 'Library', icon: 'library', startsGroup: true },
  { page: 'live', label: 'Live', icon: 'live' },
  { page: 'imports', label: 'Imports', icon: 'download' },
  { page: 'jobs', label: 'Jobs', icon: 'jobs', startsGroup: true },
  { page: 'encoders', label: 'Encoders', icon: 'chip' },
  { page: 'incidents', label: 'Incidents', icon: 'fire', startsGroup: true },
  { page: 'alerts', label: 'Alerts', icon: 'warning' },
  { page: 'changes', label: 'Changes', icon: 'clock' },
  { page: 'oncall', label: 'On-call', icon: 'bell' },
  { page: 'runbooks', label: 'Runbooks', icon: 'book' },
  { page: 'orders', label: 'Orders', icon: 'drain' },
  { page: 'sessions', label: 'Sessions', icon: 'viewers' },
  { page: 'slos', label: 'Objectives', icon: 'target' },
  { page: 'readiness', label: 'Readiness', icon: 'check' },
  { page: 'projects', label: 'Projects', icon: 'folder', startsGroup: true },
  { page: 'webhooks', label: 'Webhooks', icon: 'send' },
  { page: 'access', label: 'Access', icon: 'access' },
  { page: 'audit', label: 'Audit', icon: 'trail' },
];

/** The entry under which a page stands. */
const ENTRY_OF: Partial<Record<Page, Page>> = {
  assets: 'library',
  studio: 'live',
  runs: 'runbooks',
};

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };
const THEME_ICONS: Readonly<Record<Theme, IconName>> = { auto: 'auto', light: 'sun', dark: 'moon' };
const THEME_WORDS: Readonly<Record<Theme, string>> = {
  auto: 'as the system',
  light: 'light',
  dark: 'dark',
};

interface SidebarProps {
  readonly page: Page;
  readonly world: WorldView | undefined;
  readonly onHelp: () => void;
}

/** The navigation. */
export function Sidebar({ page, world, onHelp }: SidebarProps) {
  const badge: Partial<Record<Page, number>> = { jobs: world?.assets.processing ?? 0 };
  const nav = useRef<HTMLElement>(null);
  const current = ENTRY_OF[page] ?? page;
  // On low screens and phones not all fit.
  useEffect(() => {
    nav.current
      ?.querySelector(`[href="${href(current)}"]`)
      ?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current]);
  return (
    <header className="sidebar">
      <a className="brand" href={href('world')} aria-label="Meridian, to the world">
        <Mark size={26} />
        <span>Meridian</span>
      </a>
      <nav aria-label="Pages" ref={nav}>
        {ENTRIES.map((entry) => (
          <a
            key={entry.page}
            href={href(entry.page)}
            className={entry.startsGroup === true ? 'nav-link starts-group' : 'nav-link'}
            aria-current={entry.page === current ? 'page' : undefined}
          >
            <Icon name={entry.icon} />
            <span>{entry.label}</span>
            {(badge[entry.page] ?? 0) > 0 && (
              <span className="nav-badge" title="Assets in processing">
                {badge[entry.page]}
              </span>
            )}
          </a>
        ))}
      </nav>
      <div className="sidebar-foot">
        <WorldStatus world={world} />
        <Tools onHelp={onHelp} />
      </div>
    </header>
  );
}

function WorldStatus({ world }: { readonly world: WorldView | undefined }) {
  const isAway = useStore(unreachableSinceMs) !== null;
  if (world === undefined)
    return <div className="world-status faint small">{isAway ? 'Unreachable' : 'Connecting…'}</div>;
  const troubled = world.regions.filter((region) => regionState(region) !== 'healthy').length;
  const isDown = world.regions.some((region) => regionState(region) === 'down');
  const tone = isAway ? 'off' : isDown ? 'bad' : troubled > 0 ? 'warn' : 'good';
  const words = isAway
    ? 'Unreachable'
    : troubled > 0
      ? `${troubled} of ${plural(world.regions.length, 'region')} impaired`
      : 'All regions healthy';
  return (
    <a className={`world-status small is-${tone}`} href={href('world')}>
      <span className="status-dot" />
      <span>
        {words}
        <span className="faint world-status-snapshot">
          Snapshot {world.term}.{world.sequence}
        </span>
      </span>
    </a>
  );
}

function Tools({ onHelp }: Pick<SidebarProps, 'onHelp'>) {
  const identity = useStore(session);
  const colours = useStore(theme);
  const zone = zoneLabel(Date.now(), useStore(timeZone));
  const [isChoosingZone, setIsChoosingZone] = useState(false);
  return (
    <div className="sidebar-tools">
      <button
        type="button"
        className="icon-button"
        aria-label={`Colours: ${THEME_WORDS[colours]}. Change`}
        title={`Colours: ${THEME_WORDS[colours]}`}
        onClick={() => setTheme(NEXT_THEME[colours])}
      >
        <Icon name={THEME_ICONS[colours]} />
      </button>
      <button
        type="button"
        className="icon-button zone-button"
        aria-label={`Times are in ${zone}. Change`}
        title={`Times are in ${zone}`}
        onClick={() => setIsChoosingZone(true)}
      >
        <Icon name="clock" />
      </button>
      {isChoosingZone && <TimeZoneDialog onClose={() => setIsChoosingZone(false)} />}
      <button
        type="button"
        className="icon-button help-button"
        aria-label="Keyboard help"
        title="Keyboard (?)"
        onClick={onHelp}
      >
        <Icon name="help" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Log out"
        title="Log out"
        onClick={() => void logOut()}
      >
        <Icon name="logout" />
      </button>
      {identity.kind === 'in' && (
        <span className="sidebar-who truncate" title={`${identity.identity.name}, ${identity.identity.role}`}>
          {identity.identity.name}
        </span>
      )}
    </div>
  );
}
