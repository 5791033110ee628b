// Where one can go, and the state of the whole at a glance. A column on a desk, a bar at the bottom of a phone.

import type { WorldView } from '../../../src/contract/api/world.ts';
import { unreachableSinceMs } from '../connection.ts';
import { logOut, session } from '../session.ts';
import { plural } from '../ui/format.ts';
import { Icon, type IconName, Mark } from '../ui/icon.tsx';
import { useStore } from '../ui/store.ts';
import { regionState } from '../world/derive.ts';
import { href, type Page } from './router.ts';
import { setTheme, type Theme, theme } from './theme.ts';

const ENTRIES: readonly { readonly page: Page; readonly label: string; readonly icon: IconName }[] = [
  { page: 'world', label: 'World', icon: 'world' },
  { page: 'library', label: 'Library', icon: 'library' },
  { page: 'jobs', label: 'Jobs', icon: 'jobs' },
  { page: 'webhooks', label: 'Webhooks', icon: 'send' },
  { page: 'access', label: 'Access', icon: 'access' },
];

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
  const identity = useStore(session);
  const colours = useStore(theme);
  const badge: Partial<Record<Page, number>> = { jobs: world?.assets.processing ?? 0 };
  return (
    <header className="sidebar">
      <a className="brand" href={href('world')} aria-label="Meridian, to the world">
        <Mark size={26} />
        <span>Meridian</span>
      </a>
      <nav aria-label="Pages">
        {ENTRIES.map((entry) => (
          <a
            key={entry.page}
            href={href(entry.page)}
            className="nav-link"
            aria-current={entry.page === page ? 'page' : undefined}
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
            <span
              className="sidebar-who truncate"
              title={`${identity.identity.name}, ${identity.identity.role}`}
            >
              {identity.identity.name}
            </span>
          )}
        </div>
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
