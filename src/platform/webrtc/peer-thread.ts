// The thread of one WebRTC connection: an offer in, an answer out, then decrypted packets. Whatever goes wrong here ends
// the thread, and with it the connection.

import { parentPort, workerData } from 'node:worker_threads';
import {
  GenericNack,
  type MediaStreamTrack,
  RTCPeerConnection,
  type RTCRtpReceiver,
  RtcpTransportLayerFeedback,
  useH264,
  useOPUS,
} from 'werift';
import { assert } from '#base/assert.ts';
import type { FromPeer, PeerTask, ToPeer, TrackKind } from './peer-message.ts';

/** NTP counts from 1900, in fractions of 2^-32 seconds. */
const NTP_UNIX_SECONDS = 2_208_988_800;
/** Over which the bit rate counts: a key frame and the burst after a stall fit in. */
const RATE_WINDOW_MS = 5_000;

const port = parentPort;
assert(port !== null, 'a peer runs in a thread of its own');
const task = workerData as PeerTask;
const tell = (message: FromPeer, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

const connection = new RTCPeerConnection({
  iceLite: true,
  iceServers: [],
  // Not the addresses that it finds itself: those that others are to be told.
  iceUseIpv4: false,
  iceUseIpv6: false,
  iceUseTcp: false,
  iceAdditionalHostAddresses: [task.announcedHost],
  iceInterfaceAddresses: { udp4: task.listenHost },
  // It takes the first free one of a range, which it wants to have two at least.
  ...(task.port === 0 ? {} : { icePortRange: [task.port, task.port + 1] as [number, number] }),
  bundlePolicy: 'max-bundle',
  codecs: { audio: [useOPUS()], video: [useH264()] },
});
let windowStartMs = performance.now();
let windowBytes = 0;
let videoReceiver: RTCRtpReceiver | undefined;

function end(reason: string): void {
  tell({ kind: 'ended', reason });
  port?.close();
  const leave = (): never => process.exit(0);
  connection.close().then(leave, leave);
}

function isTooFast(bytes: number): boolean {
  const nowMs = performance.now();
  if (nowMs - windowStartMs > RATE_WINDOW_MS) {
    windowStartMs = nowMs;
    windowBytes = 0;
  }
  windowBytes += bytes;
  return windowBytes * 8_000 > task.bitrateBpsMax * RATE_WINDOW_MS;
}

function onTrack(track: MediaStreamTrack): void {
  const kind = track.kind as TrackKind;
  track.onReceiveRtp.subscribe(({ header, payload }) => {
    if (isTooFast(payload.length)) {
      end(`it sends more than ${task.bitrateBpsMax} bit/s`);
      return;
    }
    // A copy of its own, since what arrives lies in memory that is shared and used again.
    const bytes = new Uint8Array(payload);
    const { sequenceNumber: sequence, timestamp, marker: isMarked } = header;
    tell({ kind: 'packet', track: kind, sequence, timestamp, isMarked, payload: bytes }, [bytes.buffer]);
  });
  track.onReceiveRtcp.subscribe((packet) => {
    if (!('senderInfo' in packet)) return;
    const { ntpTimestamp, rtpTimestamp } = packet.senderInfo;
    const senderMs = (Number(ntpTimestamp) / 2 ** 32 - NTP_UNIX_SECONDS) * 1_000;
    tell({ kind: 'report', track: kind, senderMs, timestamp: rtpTimestamp });
  });
}

async function negotiate(): Promise<void> {
  await connection.setRemoteDescription({ type: 'offer', sdp: task.offer });
  for (const transceiver of connection.getTransceivers()) {
    transceiver.setDirection('recvonly');
    if (transceiver.kind !== 'video') continue;
    videoReceiver = transceiver.receiver;
    // What is missing is asked for by whoever puts the packets into order.
    (videoReceiver as unknown as { nack: { close(): void } }).nack.close();
  }
  await connection.setLocalDescription(await connection.createAnswer());
  const sdp = connection.localDescription?.sdp ?? '';
  const listening = /^a=candidate:\S+ 1 udp \d+ \S+ (\d+) /im.exec(sdp)?.[1];
  if (listening === undefined || (task.port !== 0 && Number(listening) !== task.port))
    tell({ kind: 'no-port' });
  else tell({ kind: 'answer', sdp });
}

async function requestPackets(receiver: RTCRtpReceiver, lost: number[]): Promise<void> {
  const mediaSourceSsrc = receiver.track.ssrc;
  if (mediaSourceSsrc === undefined) return;
  const feedback = new GenericNack({ senderSsrc: receiver.rtcpSsrc, mediaSourceSsrc, lost });
  await receiver.dtlsTransport.sendRtcp([new RtcpTransportLayerFeedback({ feedback })]);
}

async function onMessage(message: ToPeer): Promise<void> {
  switch (message.kind) {
    case 'key-frame':
      if (videoReceiver?.track.ssrc !== undefined) await videoReceiver.sendRtcpPLI(videoReceiver.track.ssrc);
      break;
    case 'packets':
      if (videoReceiver !== undefined) await requestPackets(videoReceiver, [...message.sequences]);
      break;
    case 'close':
      end('it was closed');
      break;
  }
}

connection.onTrack.subscribe(onTrack);
connection.connectionStateChange.subscribe((state) => {
  if (state === 'connected') tell({ kind: 'connected' });
  else if (state === 'failed' || state === 'closed') end('the publisher closed the connection');
});
port.on('message', (message: ToPeer) => {
  // A report that cannot be sent is one that was lost.
  onMessage(message).catch(() => undefined);
});
negotiate().catch((error: unknown) => end(error instanceof Error ? error.message : String(error)));
