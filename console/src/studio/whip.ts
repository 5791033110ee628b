// Publishes a stream to an ingest by WHIP (RFC 9725): an offer is posted with the stream key, the answer applied, and
// what was made for us deleted at the end.

import { fromProblem } from '../../../src/contract/errors.ts';
import { PublishError } from './publish-error.ts';

export interface WhipAddress {
  readonly url: string;
  readonly regionId: string;
}

export interface WhipOptions {
  readonly address: WhipAddress;
  readonly streamKey: string;
  readonly stream: MediaStream;
  readonly bitrateBps: number;
  readonly signal: AbortSignal;
}

/** A connection that sends. */
export interface WhipConnection {
  readonly connection: RTCPeerConnection;
  readonly regionId: string;
  /** Sends another picture from now on. */
  replaceVideo(track: MediaStreamTrack): Promise<void>;
  /** Ends it, and says so to the ingest. */
  stop(): void;
}

/** An ingest that is away answers nothing; one that is there answers within a second. */
const ANSWER_MS_MAX = 8_000;
const CONNECT_MS_MAX = 10_000;
/** What another try elsewhere would be answered with too: the key, the offer and the broadcast are the same there. */
const FINAL_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 404, 409, 410, 415, 422]);
const BUSY_STATUS = 409;

/**
 * Connects to one ingest; resolves when it is connected.
 * @throws PublishError, AbortError when the signal fires
 */
export async function connectWhip(options: WhipOptions): Promise<WhipConnection> {
  const { address, stream, signal } = options;
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  let sessionUrl: string | undefined;
  const stop = (): void => {
    connection.close();
    // `keepalive`: also when the page is just being left.
    if (sessionUrl !== undefined)
      fetch(sessionUrl, { method: 'DELETE', keepalive: true }).catch(() => undefined);
    sessionUrl = undefined;
  };
  try {
    const video = await addTracks(connection, stream, options.bitrateBps);
    await connection.setLocalDescription();
    const { answer, location } = await postOffer(options, connection.localDescription?.sdp ?? '');
    sessionUrl = location;
    await connection.setRemoteDescription({ type: 'answer', sdp: answer });
    await connected(connection, signal);
    const replaceVideo = async (track: MediaStreamTrack): Promise<void> => video?.replaceTrack(track);
    return { connection, regionId: address.regionId, replaceVideo, stop };
  } catch (error) {
    stop();
    signal.throwIfAborted();
    if (error instanceof PublishError) throw error;
    throw new PublishError(
      `This browser cannot connect: ${error instanceof Error ? error.message : String(error)}.`,
      'Try again.',
      { cause: error },
    );
  }
}

async function addTracks(
  connection: RTCPeerConnection,
  stream: MediaStream,
  bitrateBps: number,
): Promise<RTCRtpSender | undefined> {
  for (const track of stream.getAudioTracks().slice(0, 1))
    connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
  const [track] = stream.getVideoTracks();
  if (track === undefined) return undefined;
  const transceiver = connection.addTransceiver(track, {
    direction: 'sendonly',
    streams: [stream],
    sendEncodings: [{ maxBitrate: bitrateBps }],
  });
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType.toLowerCase() === 'video/h264'));
  const { sender } = transceiver;
  // The ladder is made for the size that it begins with: rather fewer pictures than smaller ones.
  await sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' });
  return sender;
}

async function postOffer(
  { address, streamKey, signal }: WhipOptions,
  offer: string,
): Promise<{ answer: string; location: string | undefined }> {
  let response: Response;
  let body: string;
  try {
    response = await fetch(address.url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${streamKey}` },
      body: offer,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
    });
    body = await response.text();
  } catch (error) {
    throw new PublishError(
      'The ingest does not answer.',
      'Look whether its region is up, and whether this browser may reach its address.',
      { isFinal: false, cause: error },
    );
  }
  const location = response.headers.get('location');
  if (response.ok)
    return { answer: body, location: location === null ? undefined : new URL(location, address.url).href };
  const known = fromProblem(parsed(body));
  throw new PublishError(
    known?.message ?? `The ingest answered with status ${response.status}.`,
    known?.action ?? 'Look at its log.',
    { isFinal: FINAL_STATUSES.has(response.status), isBusy: response.status === BUSY_STATUS },
  );
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Waits until packets go through. */
async function connected(connection: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const unreachable = (): void =>
      reject(
        new PublishError(
          'No media gets through to the ingest.',
          'A firewall keeps UDP from it: open its ports, or set regions[].sites[].whip.publicIp when it is behind NAT.',
          { isFinal: false },
        ),
      );
    const timer = setTimeout(unreachable, CONNECT_MS_MAX);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'connected') resolve();
      else if (connection.connectionState === 'failed') unreachable();
      else return;
      clearTimeout(timer);
    });
  });
}
