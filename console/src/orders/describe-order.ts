// What the console says about orders. Pure.

import type { OrderInput, OrderKind, OrderView } from '../../../src/contract/api/orders.ts';

export interface OrderState {
  readonly text: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'busy' | 'off';
}

export const KIND_NAMES: Readonly<Record<OrderKind, string>> = {
  purge: 'Purge',
  restart: 'Restart',
  throttle: 'Throttle',
  shift: 'Shift',
  scale: 'Scale',
};
export const ORDER_KINDS = Object.keys(KIND_NAMES) as readonly OrderKind[];

/** Kinds that are in force until they are ended. */
const HOLDING: readonly OrderKind[] = ['throttle', 'shift', 'scale'];

/** Whether nodes are still to do it: nobody is told when they do. */
export function isMoving({ missingNodeIds }: OrderView): boolean {
  return missingNodeIds.length > 0;
}

/** How an order stands. Throttles, shifts and scales hold until they are ended; the others are done once. */
export function stateOf(order: OrderView): OrderState {
  const holds = HOLDING.includes(order.kind);
  if (order.endedAtMs !== null) {
    if (holds) return { text: 'Ended', tone: 'off' };
    return order.isDone ? { text: 'Done', tone: 'good' } : { text: 'Not done', tone: 'bad' };
  }
  if (holds) return { text: 'In force', tone: 'warn' };
  return order.isDone ? { text: 'Done', tone: 'good' } : { text: 'Under way', tone: 'busy' };
}

export interface OrderProgress {
  readonly done: number;
  readonly of: number;
}

/** How many nodes have done it; null where no node tells. */
export function progressOf({ reports, missingNodeIds }: OrderView): OrderProgress | null {
  const of = reports.length + missingNodeIds.length;
  return of === 0 ? null : { done: reports.length, of };
}

/** What ending it is called; null where that cannot be. */
export function endingOf({
  kind,
  endedAtMs,
}: OrderView): { readonly word: string; readonly does: string } | null {
  if (endedAtMs !== null) return null;
  switch (kind) {
    case 'purge':
      return null;
    case 'restart':
      return {
        word: 'Withdraw',
        does: 'The node is not asked to restart any more, unless it is doing so already.',
      };
    case 'throttle':
      return {
        word: 'End the throttle',
        does: 'Edges serve again what they turned away, from their next beat on.',
      };
    case 'shift':
      return { word: 'Give it back', does: 'Steering sends there what it would by itself, step by step.' };
    case 'scale':
      return {
        word: 'End the scale',
        does: 'Encoders of the region take as many at once as their nodes were told.',
      };
  }
}

/** What a form of a new order holds; each kind uses its part. */
export interface OrderDraft {
  readonly kind: OrderKind;
  readonly projectId: string;
  readonly assetId: string;
  readonly version: string;
  readonly nodeId: string;
  readonly regionId: string;
  readonly floor: 'video' | 'live';
  readonly siteId: string;
  readonly percent: string;
  readonly count: string;
}

export const EMPTY_DRAFT: OrderDraft = {
  kind: 'purge',
  projectId: '',
  assetId: '',
  version: '',
  nodeId: '',
  regionId: '',
  floor: 'video',
  siteId: '',
  percent: '50',
  count: '',
};

const ASSET_PATTERN = /^ast_[0-9a-z]{26}$/;

/** The order that a draft asks for; null while something is missing or cannot be. */
export function orderOf(draft: OrderDraft): OrderInput | null {
  const { kind, projectId, nodeId, regionId, siteId, floor } = draft;
  switch (kind) {
    case 'purge': {
      const assetId = draft.assetId.trim();
      const version = draft.version.trim();
      const isFit =
        projectId !== '' &&
        (assetId === '' || ASSET_PATTERN.test(assetId)) &&
        (version === '' || (assetId !== '' && /^[1-9]\d{0,8}$/.test(version)));
      if (!isFit) return null;
      return {
        kind,
        projectId,
        assetId: assetId === '' ? null : assetId,
        version: version === '' ? null : Number(version),
      };
    }
    case 'restart':
      return nodeId === '' ? null : { kind, nodeId };
    case 'throttle':
      return {
        kind,
        regionId: regionId === '' ? null : regionId,
        projectId: projectId === '' ? null : projectId,
        floor,
      };
    case 'shift': {
      const percent = Number(draft.percent);
      const isFit = draft.percent.trim() !== '' && percent >= 0 && percent <= 100;
      return siteId === '' || !isFit ? null : { kind, siteId, share: percent / 100 };
    }
    case 'scale': {
      const isFit = /^[1-9]\d{0,3}$/.test(draft.count.trim());
      return regionId === '' || !isFit ? null : { kind, regionId, count: Number(draft.count) };
    }
  }
}
