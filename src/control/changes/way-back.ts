// Which changes can be taken back, and how: those of settings that kept what was there before. Whether nobody has changed
// them again since is known only when it is tried.

import type { ChangeView } from '#contract/api/changes.ts';
import { type RowSetting, type RowValues, rowSettingOf } from './row-settings.ts';
import { type ProjectSetting, SETTING_COLUMNS } from './settings.ts';
import { type VersionSetting, versionSettingOf } from './version-settings.ts';

export type WayBack =
  | {
      readonly kind: 'project';
      readonly action: ProjectSetting;
      readonly projectId: string;
      readonly before: RowValues;
      readonly after: RowValues;
    }
  | { readonly kind: 'pause'; readonly regionId: string; readonly isPaused: boolean }
  | { readonly kind: 'order'; readonly orderId: string; readonly isEnd: boolean }
  | ({ readonly kind: 'row'; readonly setting: RowSetting } & Kept)
  | ({ readonly kind: 'version'; readonly setting: VersionSetting } & Kept);

/** What a change kept. */
interface Kept {
  readonly action: string;
  readonly subject: string;
  /** null: there was none. */
  readonly before: RowValues | null;
  readonly after: RowValues | null;
}

/** Orders that stay in force until somebody ends them; what is purged or restarted is done. */
const ORDER_ACTIONS: ReadonlySet<string> = new Set([
  'order.throttle',
  'order.shift',
  'order.scale',
  'order.end',
]);

/** How a change is taken back; undefined: it cannot be. */
export function wayBackOf({ details, labels }: Pick<ChangeView, 'details' | 'labels'>): WayBack | undefined {
  const { action, after, before, orderId, subject } = details;
  if (typeof action !== 'string') return undefined;
  if (isProjectSetting(action) && labels.project !== undefined && isRecord(before) && isRecord(after))
    return { kind: 'project', action, projectId: labels.project, before, after };
  if ((action === 'encoding.pause' || action === 'encoding.resume') && labels.region !== undefined)
    return { kind: 'pause', regionId: labels.region, isPaused: action === 'encoding.resume' };
  if (ORDER_ACTIONS.has(action) && typeof orderId === 'string')
    return { kind: 'order', orderId, isEnd: action === 'order.end' };
  if (!('before' in details) || typeof subject !== 'string') return undefined;
  const kept: Kept = { action, subject, before: recordOf(before), after: recordOf(after) };
  const row = rowSettingOf(action);
  if (row !== undefined) return { kind: 'row', setting: row, ...kept };
  const versions = versionSettingOf(action);
  return versions === undefined ? undefined : { kind: 'version', setting: versions, ...kept };
}

function isProjectSetting(action: string): action is ProjectSetting {
  return Object.hasOwn(SETTING_COLUMNS, action);
}

function recordOf(value: unknown): RowValues | null {
  return isRecord(value) ? value : null;
}

/** Whether it is an object with fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
