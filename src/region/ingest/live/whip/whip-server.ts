// WHIP (RFC 9725): a publisher posts an offer and gets an answer, and deletes what it was given to end. Served on the
// port of uploads, for browsers of any origin: the stream key, as a bearer token, is all that counts. Neither trickling
// nor restarts of ICE are taken (405, section 4.3): our answer is complete, and an ICE-lite agent needs no candidates.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { WhipConfig } from '#contract/config.ts';
import { MeridianError } from '#contract/errors.ts';
import { checkWhipOffer } from '#media/sdp/whip-offer.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { readText } from '#platform/http/server.ts';
import type { NodeContext } from '../../../shared/node-context.ts';
import type { Attached, Publisher, PublishFault } from '../hub.ts';
import type { BroadcastPath } from '../publish-gate.ts';
import { parseBroadcastPath } from '../timelines.ts';
import {
  ANSWER_MS_MAX,
  BITRATE_BPS_MAX,
  OFFER_BYTES_MAX,
  SESSIONS_MAX,
  SESSIONS_PER_ADDRESS_MAX,
} from './limits.ts';
import { createMediaAddresses } from './media-addresses.ts';
import { startWhipSession, type WhipSession } from './whip-session.ts';

export const WHIP_PREFIX = '/whip/';

/** What it throws is for the listener to answer. */
export type WhipHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface WhipDependencies {
  readonly settings: WhipConfig;
  attach(
    streamKey: string,
    connection: Omit<Publisher, 'problem'>,
    signal: AbortSignal,
    only: BroadcastPath,
  ): Promise<Attached>;
  readonly engine: Engine;
}

export interface WhipServer {
  readonly handle: WhipHandler;
  stop(): Promise<void>;
}

interface Served {
  readonly address: string | undefined;
  /** Undefined until its key was found good. */
  session: WhipSession | undefined;
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Location, WWW-Authenticate',
};
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'POST, DELETE',
  'access-control-allow-headers': 'Authorization, Content-Type',
  'access-control-max-age': '86400',
  'accept-post': 'application/sdp',
};

/** Creates the server of one ingest. */
export function createWhipServer(context: NodeContext, dependencies: WhipDependencies): WhipServer {
  const { clock, config, log, dataDirectory } = context;
  const sessions = new Map<string, Served>();
  const addresses = createMediaAddresses(config.host, dependencies.settings);
  let isStopped = false;

  function admit(address: string | undefined): void {
    if (isStopped) throw new MeridianError('overloaded', { reason: 'this ingest stops' });
    if (sessions.size >= SESSIONS_MAX)
      throw new MeridianError('overloaded', { reason: `${sessions.size} browsers publish here already` });
    const fromThere = [...sessions.values()].filter((served) => served.address === address).length;
    if (fromThere >= SESSIONS_PER_ADDRESS_MAX)
      throw new MeridianError('overloaded', {
        reason: `${fromThere} browsers publish from your address already`,
      });
  }

  async function publish(
    request: IncomingMessage,
    path: BroadcastPath,
    streamKey: string | undefined,
  ): Promise<{ id: string; answer: string }> {
    if (streamKey === undefined) throw new MeridianError('publish_key_missing');
    const contentType = String(request.headers['content-type'] ?? '')
      .split(';')[0]
      ?.trim()
      .toLowerCase();
    if (contentType !== 'application/sdp')
      throw new MeridianError('media_type_unsupported', { expected: 'application/sdp' });
    const offer = checkWhipOffer(await readText(request, OFFER_BYTES_MAX));
    if (!offer.isGood)
      throw offer.isMalformed
        ? new MeridianError('invalid_request', { reason: offer.reason })
        : new MeridianError('offer_refused', { reason: offer.reason });
    const address = request.socket.remoteAddress;
    admit(address);
    // Hard to guess, as it is all that ending a session needs.
    const id = randomBytes(18).toString('base64url');
    const served: Served = { address, session: undefined };
    sessions.set(id, served);
    const port = addresses.take();
    const release = (): void => {
      sessions.delete(id);
      addresses.release(port);
    };
    try {
      served.session = await begin({ id, streamKey, path, offer: offer.sdp, port, release });
    } catch (error) {
      release();
      throw error;
    }
    return { id, answer: await answerOf(served.session) };
  }

  async function begin(options: {
    id: string;
    streamKey: string;
    path: BroadcastPath;
    offer: string;
    port: number;
    release(): void;
  }): Promise<WhipSession> {
    const { id, offer, path, port, release, streamKey } = options;
    let session: WhipSession | undefined;
    const close = (reason: string): void => session?.end(reason, true);
    // A key that has to be waited for is waited for even when the browser goes: nobody is kept from anything by it.
    const gone = new AbortController();
    const attached = await dependencies.attach(streamKey, { protocol: 'whip', close }, gone.signal, path);
    if (!attached.isAttached) throw refusalOf(attached.fault, attached.reason);
    session = startWhipSession({
      clock,
      log: log.child({ broadcastId: path.broadcastId }),
      engine: dependencies.engine,
      workDirectory: join(dataDirectory, 'live', 'whip', id),
      peer: {
        offer,
        port,
        listenHost: addresses.listenHost,
        announcedHost: addresses.announcedHost(),
        bitrateBpsMax: BITRATE_BPS_MAX,
      },
      attachment: attached.attachment,
      onEnd: release,
    });
    return session;
  }

  async function answerOf(session: WhipSession): Promise<string> {
    const timer = setTimeout(() => session.end(`no answer within ${ANSWER_MS_MAX} ms`), ANSWER_MS_MAX);
    try {
      return await session.answer;
    } catch (error) {
      if (error instanceof MeridianError) throw error;
      throw new MeridianError('offer_refused', {
        reason: error instanceof Error ? error.message : String(error),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const rest = (request.url ?? '').split('?')[0]?.slice(WHIP_PREFIX.length) ?? '';
    const [project = '', broadcast = '', id, ...more] = rest.split('/');
    if (more.length > 0) throw new MeridianError('not_found', { what: 'such address' });
    const path = parseBroadcastPath(`${project}/${broadcast}`);
    if (method === 'OPTIONS') {
      response.writeHead(204, PREFLIGHT).end();
      return;
    }
    const allowed = id === undefined ? 'POST' : 'DELETE';
    if (method !== allowed) {
      response.setHeader('allow', `${allowed}, OPTIONS`);
      throw new MeridianError('method_not_allowed', { method, allowed });
    }
    if (id === undefined) {
      const streamKey = bearerOf(request);
      // RFC 9110, 11.6.1.
      if (streamKey === undefined) response.setHeader('www-authenticate', 'Bearer');
      const { id: made, answer } = await publish(request, path, streamKey);
      const location = `${WHIP_PREFIX}${project}/${broadcast}/${made}`;
      response.writeHead(201, { ...CORS, 'content-type': 'application/sdp', location }).end(answer);
      return;
    }
    const session = sessions.get(id)?.session;
    if (session === undefined) throw new MeridianError('not_found', { what: 'such session' });
    session.end('the publisher stopped');
    await session.done;
    response.writeHead(200, CORS).end();
  }

  return {
    handle,
    async stop() {
      isStopped = true;
      const all = [...sessions.values()].flatMap(({ session }) => (session === undefined ? [] : [session]));
      for (const session of all) session.end('this ingest stops');
      await Promise.all(all.map(({ done }) => done));
    },
  };
}

function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer ([\w.~+/=-]{1,2048})$/i.exec(headers.authorization ?? '')?.[1];
}

function refusalOf(fault: PublishFault, reason: string): MeridianError {
  switch (fault) {
    case 'key':
      return new MeridianError('publish_refused', { reason });
    case 'busy':
      return new MeridianError('conflict', { reason: `${reason[0]?.toUpperCase() ?? ''}${reason.slice(1)}` });
    case 'full':
      return new MeridianError('overloaded', { reason });
  }
}
