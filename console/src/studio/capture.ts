// Camera, screen and microphone of this browser.

import { captureError, PublishError, type Source } from './publish-error.ts';

export interface Quality {
  readonly value: string;
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly bitrateBps: number;
}

/** The first fits nearly every camera and way. */
export const QUALITIES = [
  { value: '720', label: '720p, 2.5 Mbit/s', width: 1_280, height: 720, bitrateBps: 2_500_000 },
  { value: '1080', label: '1080p, 4.5 Mbit/s', width: 1_920, height: 1_080, bitrateBps: 4_500_000 },
  { value: '480', label: '480p, 1 Mbit/s', width: 854, height: 480, bitrateBps: 1_000_000 },
] as const satisfies readonly Quality[];

export interface Choice {
  readonly source: Source;
  /** Empty: the browser's own choice. */
  readonly cameraId: string;
  /** Empty: the browser's own choice; NO_MICROPHONE: none. */
  readonly microphoneId: string;
  readonly quality: Quality;
}

export const NO_MICROPHONE = 'none';
const FRAME_RATE = 30;

export interface Device {
  readonly value: string;
  readonly label: string;
}

export interface Devices {
  readonly cameras: readonly Device[];
  readonly microphones: readonly Device[];
}

/** Whether this browser can publish at all; else why not. */
export function cannotPublish(): PublishError | null {
  if (!window.isSecureContext || navigator.mediaDevices === undefined)
    return new PublishError(
      'This page may not use a camera.',
      'Open the console by https, or as localhost on this machine: browsers ask for that.',
    );
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  if (!codecs.some(({ mimeType }) => mimeType.toLowerCase() === 'video/h264'))
    return new PublishError(
      'This browser cannot send H.264.',
      'Use Chrome, Edge or Safari, or let Firefox install its H.264 plugin; or publish with OBS.',
    );
  return null;
}

/** The devices; they have names once the browser may use them. */
export async function listDevices(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices();
  const named = (kind: MediaDeviceKind, word: string): Device[] =>
    all
      .filter((device) => device.kind === kind && device.deviceId !== '')
      .map(({ deviceId, label }, index) => ({ value: deviceId, label: label || `${word} ${index + 1}` }));
  return { cameras: named('videoinput', 'Camera'), microphones: named('audioinput', 'Microphone') };
}

const chosen = (id: string): MediaTrackConstraints => (id === '' ? {} : { deviceId: { exact: id } });

/**
 * Opens what was chosen.
 * @throws PublishError
 */
export async function openCapture(choice: Choice): Promise<MediaStream> {
  const problem = cannotPublish();
  if (problem !== null) throw problem;
  const { source, quality, cameraId, microphoneId } = choice;
  const video = {
    width: { ideal: quality.width },
    height: { ideal: quality.height },
    frameRate: { ideal: FRAME_RATE, max: FRAME_RATE },
  };
  const audio = microphoneId === NO_MICROPHONE ? false : chosen(microphoneId);
  try {
    if (source === 'camera')
      return await navigator.mediaDevices.getUserMedia({ video: { ...video, ...chosen(cameraId) }, audio });
    return await openScreen(video, audio);
  } catch (error) {
    throw captureError(error, source);
  }
}

/** A screen with the microphone, or, without one, with the sound of what is shared. */
async function openScreen(
  video: MediaTrackConstraints,
  audio: MediaTrackConstraints | false,
): Promise<MediaStream> {
  const screen = await navigator.mediaDevices.getDisplayMedia({ video, audio: audio === false });
  if (audio === false) return screen;
  try {
    const microphone = await navigator.mediaDevices.getUserMedia({ audio });
    return new MediaStream([...screen.getVideoTracks(), ...microphone.getAudioTracks()]);
  } catch (error) {
    stopCapture(screen);
    throw captureError(error, 'camera');
  }
}

/** Turns everything of it off. */
export function stopCapture(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
