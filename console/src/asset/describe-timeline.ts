// What happened to an asset, in words. Pure. A code that this console does not know is shown as it is.

import type { TimelineEntry } from '../../../src/contract/api/timeline.ts';

export interface TimelineText {
  readonly text: string;
  readonly tone: '' | 'good' | 'warn' | 'bad' | 'busy';
}

type Look = readonly [text: string, tone?: TimelineText['tone']];

const LOOKS: Readonly<Record<string, Look>> = {
  'asset.created': ['Uploaded', 'good'],
  'asset.playable': ['The first segments can be watched'],
  'asset.ready': ['Ready', 'good'],
  'asset.failed': ['Processing failed for good', 'bad'],
  'asset.retried': ['Processing was started again'],
  'asset.renamed': ['Renamed'],
  'asset.visibility_changed': ['Who may watch was changed'],
  'asset.deleted': ['Deleted', 'warn'],
  'asset.restore': ['The deletion was undone', 'good'],
  'asset.delete': ['Deletion was asked for', 'warn'],
  'asset.rename': ['A new name was given'],
  'asset.visibility': ['Visibility was set'],
  'asset.retry': ['Another try was asked for'],
  'asset.captions': ['Captions were changed'],
  'asset.poster': ['The poster was changed'],
  'playback-token.create': ['A playback token was made'],
  'job.started': ['An encoder took it', 'busy'],
  'job.done': ['Encoded', 'good'],
  'job.dead': ['The job failed for good', 'bad'],
  'job.cancelled': ['The job was cancelled', 'warn'],
  'version.uploaded': ['A version was uploaded'],
  'version.replaced': ['The version was replaced'],
  'version.failed': ['The version failed', 'bad'],
  'version.processing': ['The version is processed', 'busy'],
  'repair.planned': ['A copy was planned'],
  'repair.done': ['A copy was made', 'good'],
  'repair.dead': ['A copy could not be made', 'bad'],
  'repair.cancelled': ['A copy was no longer needed'],
  'store.damaged': ['A damaged object was found', 'bad'],
  'store.repaired': ['A damaged object was repaired', 'good'],
  'store.unrepairable': ['A damaged object could not be repaired', 'bad'],
  'store.dropped': ['What is no longer served was removed'],
  'region.gone': ['A region has nothing left of it'],
  'everywhere.gone': ['No region has anything left of it', 'good'],
};

/** An entry in words. */
export function describeEntry({ code }: Pick<TimelineEntry, 'code'>): TimelineText {
  const [text, tone = ''] = LOOKS[code] ?? [code];
  return { text, tone };
}

/** "token:first admin (tok_…)" is "first admin" to people. */
export function actorName(actor: string): string {
  return /^(?:token|session):(.+?)(?: \(\S+\))?$/.exec(actor)?.[1] ?? actor;
}

/** Where and by whom, as far as it is known. */
export function placeOf({ actor, nodeId, regionId, version }: TimelineEntry): string {
  const parts = [
    ...(version !== null && version > 1 ? [`version ${version}`] : []),
    ...(nodeId !== null ? [nodeId] : regionId !== null ? [regionId] : []),
    ...(actor !== null ? [`by ${actorName(actor)}`] : []),
  ];
  return parts.join(', ');
}
