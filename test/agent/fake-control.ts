// Control as an agent sees it: joins, beats, a snapshot; over real HTTP, with the signatures checked.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { MeridianError } from '#contract/errors.ts';
import { type Beat, beatSchema, type JoinRequest, nodeRoutes } from '#contract/node-api.ts';
import { NODE_SIGNATURE_HEADER } from '#contract/peer-api.ts';
import type { SignedSnapshot } from '#contract/snapshot.ts';
import { closeServer, listen, readJson, sendJson, sendProblem } from '#platform/http/server.ts';
import { createNodeVerifier, generateSigningKey, type SigningKey } from '#platform/identity.ts';

export interface FakeControl {
  readonly url: string;
  readonly root: SigningKey;
  readonly beats: Beat[];
  readonly joins: JoinRequest[];
  /** Node → public key, as joined. */
  readonly keys: Map<string, string>;
  /** Tokens that still open the door. */
  readonly tokens: Set<string>;
  /** What the next answers carry. */
  snapshot: SignedSnapshot;
  /** Given as the root key at joins; the real one by default. */
  rootPublicKey: string;
  /** Starts again on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a control that accepts the token `token-1` once. */
export async function startFakeControl(
  snapshotOf: (root: SigningKey) => SignedSnapshot,
): Promise<FakeControl> {
  const root = generateSigningKey();
  const verifier = createNodeVerifier();
  let server: Server | undefined;
  let port = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request, 1 << 20);
    if (request.url === '/node/v1/join') return join(body, response);
    const { nodeId } = verifier.verify(
      String(request.headers[NODE_SIGNATURE_HEADER] ?? ''),
      { method: 'POST', host: request.headers.host ?? '', path: request.url ?? '' },
      Date.now(),
      (id) => control.keys.get(id),
    );
    const receivedAtMs = Date.now();
    const beat = beatSchema.parse(body);
    if (beat.nodeId !== nodeId) throw new MeridianError('forbidden', { role: 'node' });
    control.beats.push(beat);
    sendJson(response, { receivedAtMs, snapshot: control.snapshot });
  }

  function join(body: unknown, response: ServerResponse): void {
    const asked = nodeRoutes['POST /node/v1/join'].body.parse(body);
    control.joins.push(asked);
    const isKnown = control.keys.get(asked.nodeId) === asked.publicKey;
    if (!isKnown && !control.tokens.delete(asked.joinToken)) throw new MeridianError('join_token_used');
    control.keys.set(asked.nodeId, asked.publicKey);
    sendJson(response, { rootPublicKey: control.rootPublicKey, snapshot: control.snapshot });
  }

  const control: FakeControl = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    root,
    beats: [],
    joins: [],
    keys: new Map(),
    tokens: new Set(['token-1']),
    snapshot: snapshotOf(root),
    rootPublicKey: root.publicKey,
    async start() {
      server = createServer((request, response) => {
        handle(request, response).catch((error: unknown) => sendProblem(response, error));
      });
      port = await listen(server, '127.0.0.1', port, 'the fake control');
    },
    async stop() {
      if (server !== undefined) await closeServer(server, 0);
      server = undefined;
    },
  };
  await control.start();
  return control;
}
