// Who may have which snapshot. A new one goes to one site first, then to the rest of that site's region, then to
// everybody. A stage is left when every live node in it has adopted the snapshot, or after a bounded time in which
// nobody refused; a refusal stops the wave and everybody else keeps the one before. So a snapshot that breaks nodes
// breaks one site at most, and one that nodes refuse reaches nobody.
//
// One wave runs at a time and ends before the next begins (only the newest waits), or a plan that changes each second
// would restart the first stage for ever. A mere refresh makes way for a change at once.
//
// Pure: state, nodes and time in, state out.

import { compareVersions } from '#core/snapshot/check-snapshot.ts';

export interface Version {
  readonly term: number;
  readonly sequence: number;
}

export type Stage = 1 | 2 | 3;

/** What waves need to know of a node. */
export interface WaveNode {
  readonly id: string;
  readonly siteId: string;
  readonly regionId: string;
  readonly isAlive: boolean;
  readonly adopted: Version | null;
  /** The version that it was offered and refused, and why. */
  readonly refused: { readonly version: Version; readonly reason: string } | null;
}

export interface Wave {
  readonly version: Version;
  readonly stage: Stage;
  readonly enteredAtMs: number;
  /** Where it begins. */
  readonly siteId: string | null;
  readonly regionId: string | null;
  readonly isRefresh: boolean;
}

export interface StoppedWave {
  readonly version: Version;
  readonly nodeId: string;
  readonly reason: string;
  readonly atMs: number;
}

export interface WaveState {
  /** The newest version that everybody may have. */
  readonly full: Version | null;
  readonly wave: Wave | null;
  readonly waiting: { readonly version: Version; readonly isRefresh: boolean } | null;
  readonly stopped: StoppedWave | null;
}

export const NO_WAVES: WaveState = { full: null, wave: null, waiting: null, stopped: null };

/** Takes a new version in. It starts at once when no wave runs, or only a refresh. */
export function offerVersion(
  state: WaveState,
  version: Version,
  isRefresh: boolean,
  nodes: readonly WaveNode[],
  nowMs: number,
): WaveState {
  const mayStart = state.wave === null || (state.wave.isRefresh && !isRefresh);
  if (!mayStart)
    return { ...state, waiting: { version, isRefresh: isRefresh && (state.waiting?.isRefresh ?? true) } };
  return startWave({ ...state, waiting: null }, version, isRefresh, nodes, nowMs);
}

/** Everybody may have this version now: the first snapshots of an installation, before there is anything to protect. */
export function releaseVersion(version: Version): WaveState {
  return { full: version, wave: null, waiting: null, stopped: null };
}

function startWave(
  state: WaveState,
  version: Version,
  isRefresh: boolean,
  nodes: readonly WaveNode[],
  nowMs: number,
): WaveState {
  const first = firstSite(nodes, version.sequence);
  const wave: Wave = {
    version,
    stage: 1,
    enteredAtMs: nowMs,
    siteId: first?.siteId ?? null,
    regionId: first?.regionId ?? null,
    isRefresh,
  };
  return { ...state, wave };
}

/** Sites take turns, so that none always bears the risk. */
function firstSite(nodes: readonly WaveNode[], turn: number): WaveNode | undefined {
  const alive = nodes.filter(({ isAlive }) => isAlive);
  const siteIds = [...new Set(alive.map(({ siteId }) => siteId))].sort();
  const siteId = siteIds[turn % Math.max(1, siteIds.length)];
  return alive.find((node) => node.siteId === siteId);
}

/** Whether a node is in the wave's present stage (each includes the one before). */
function isInStage(wave: Wave, node: Pick<WaveNode, 'siteId' | 'regionId'>): boolean {
  if (wave.stage === 3) return true;
  return wave.stage === 2 ? node.regionId === wave.regionId : node.siteId === wave.siteId;
}

/** Moves the wave on as far as the nodes' reports and the time allow. */
export function advanceWaves(
  state: WaveState,
  nodes: readonly WaveNode[],
  stageMsMax: number,
  nowMs: number,
): WaveState {
  const { wave } = state;
  if (wave === null) return state;
  const members = nodes.filter((node) => isInStage(wave, node));
  const refusal = members.find(
    ({ refused }) => refused !== null && compareVersions(refused.version, wave.version) === 0,
  );
  if (refusal?.refused) {
    const stopped = {
      version: wave.version,
      nodeId: refusal.id,
      reason: refusal.refused.reason,
      atMs: nowMs,
    };
    return startWaiting({ ...state, wave: null, stopped }, nodes, nowMs);
  }
  const isDone = members
    .filter(({ isAlive }) => isAlive)
    .every(({ adopted }) => adopted !== null && compareVersions(adopted, wave.version) >= 0);
  if (!isDone && nowMs - wave.enteredAtMs < stageMsMax) return state;
  if (wave.stage < 3) {
    const next = { ...wave, stage: (wave.stage + 1) as Stage, enteredAtMs: nowMs };
    return advanceWaves({ ...state, wave: next }, nodes, stageMsMax, nowMs);
  }
  return startWaiting({ ...state, full: wave.version, wave: null, stopped: null }, nodes, nowMs);
}

function startWaiting(state: WaveState, nodes: readonly WaveNode[], nowMs: number): WaveState {
  const { waiting } = state;
  if (waiting === null) return state;
  return startWave({ ...state, waiting: null }, waiting.version, waiting.isRefresh, nodes, nowMs);
}

/** The version that a node is due: that of its wave, else the newest full one, else (none yet) the newest at all. */
export function dueVersion(
  state: WaveState,
  node: Pick<WaveNode, 'siteId' | 'regionId'>,
  newest: Version,
): Version {
  if (state.wave !== null && isInStage(state.wave, node)) return state.wave.version;
  return state.full ?? newest;
}
