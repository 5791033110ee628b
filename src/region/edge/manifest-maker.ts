// Serves what an edge writes itself: fetches the document, finds the viewer's group and session, sends the text.

import { randomBytes } from 'node:crypto';
import { MeridianError } from '#contract/errors.ts';
import type { MediaAddress, MediaTarget } from './addresses.ts';
import type { AssetGate } from './asset-gates.ts';
import type { EdgeCounters } from './counters.ts';
import type { Documents } from './documents.ts';
import {
  captionPlaylistOf,
  isPlayable,
  type ManifestInput,
  mpdOf,
  multivariantOf,
  statusOf,
  storyboardTrackOf,
} from './manifests.ts';
import type { MediaCall } from './playback.ts';
import { sendText } from './send.ts';
import { pathwaysOf, type SteeringView, sessionOf, startingOrder } from './steering.ts';
import type { ViewerHints } from './viewer-group.ts';

/** What an edge writes itself. */
export type OwnTarget = Extract<
  MediaTarget,
  { readonly kind: 'multivariant' | 'dash' | 'status' | 'storyboard' | 'captions' }
>;

const OWN_KINDS: ReadonlySet<string> = new Set(['multivariant', 'dash', 'status', 'storyboard', 'captions']);

/** Whether an edge writes it itself. */
export function isOwnTarget(target: MediaTarget): target is OwnTarget {
  return OWN_KINDS.has(target.kind);
}

export interface ManifestMaker {
  serve(call: MediaCall, address: MediaAddress, gate: AssetGate, target: OwnTarget): Promise<void>;
}

const HLS_TYPE = 'application/vnd.apple.mpegurl';

/** A fresh session id: 72 random bits are enough to spread sessions and to tell them apart. */
const newSession = (): string => randomBytes(9).toString('base64url');

/** Creates the maker of an edge's own texts. */
export function createManifestMaker(dependencies: {
  documents: Documents;
  counters: EdgeCounters;
  steeringView(): SteeringView;
  groupOf(viewer: ViewerHints): string;
}): ManifestMaker {
  const { documents, counters } = dependencies;

  function inputOf(call: MediaCall, gate: AssetGate, document: ManifestInput['document']): ManifestInput {
    const query = new URLSearchParams(call.query);
    const view = dependencies.steeringView();
    const own = pathwaysOf(view)[0];
    return {
      record: gate.record,
      document,
      pathways: startingOrder(view),
      steeringBaseUrl: own?.baseUrl ?? view.ownBaseUrl,
      token: call.token,
      groupId: dependencies.groupOf({
        query,
        headers: call.request.headers,
        remoteAddress: call.request.socket.remoteAddress,
      }),
      session: sessionOf(query) ?? newSession(),
    };
  }

  function send(call: MediaCall, gate: AssetGate, text: string, contentType: string): void {
    // The session makes each answer one viewer's own.
    const sent = sendText(call.request, call.response, text, contentType, 'private, no-store');
    counters.bytesSent.value += sent;
    gate.sent.value += sent;
    counters.request('manifest', 'hit');
  }

  return {
    async serve(call, address, gate, target) {
      const document = await documents.get(address);
      if (document === 'unavailable') throw new MeridianError('unavailable', { what: 'The video’s region' });
      if (target.kind === 'status') {
        const status = statusOf(gate.record, document === 'missing' ? undefined : document);
        return send(call, gate, JSON.stringify(status), 'application/json');
      }
      if (document === 'missing' || !isPlayable(document))
        throw new MeridianError('not_found', { what: 'playable segment yet' });
      if (target.kind === 'captions') {
        const text = captionPlaylistOf(gate.record, document, target.trackId);
        if (text === undefined) throw new MeridianError('not_found', { what: 'such caption track' });
        return send(call, gate, text, HLS_TYPE);
      }
      if (target.kind === 'storyboard') {
        const text = storyboardTrackOf(document);
        if (text === undefined) throw new MeridianError('not_found', { what: 'storyboard' });
        return send(call, gate, text, 'text/vtt; charset=utf-8');
      }
      if (target.kind === 'multivariant')
        return send(call, gate, multivariantOf(inputOf(call, gate, document)), HLS_TYPE);
      if (document.state === 'growing')
        throw new MeridianError('not_found', {
          what: 'DASH manifest while the video is being processed; HLS plays already',
        });
      send(call, gate, mpdOf(inputOf(call, gate, document)), 'application/dash+xml');
    },
  };
}
