// The picture and the sound that this page has opened, until they are given to whoever sends them.

import { useEffect, useRef, useState } from 'react';
import {
  type Choice,
  cannotPublish,
  type Devices,
  listDevices,
  openCapture,
  QUALITIES,
  stopCapture,
} from './capture.ts';
import { type Publishing, replacePicture, takeBack } from './publishing.ts';

export interface Capture {
  readonly choice: Choice;
  readonly devices: Devices;
  /** What is shown: what is sent, else what would be. */
  readonly stream: MediaStream | undefined;
  readonly isOpening: boolean;
  readonly error: Error | undefined;
  /** Asks for camera and microphone, or for the screen. */
  readonly open: () => void;
  /** Chooses another source; what is open is opened anew. */
  readonly choose: (changes: Partial<Choice>) => void;
  /** Hands over what is open. */
  readonly release: () => MediaStream | undefined;
}

const NO_DEVICES: Devices = { cameras: [], microphones: [] };

/** Opens nothing before somebody asks. `sent`: what is sent already. */
export function useCapture(sent: Publishing | null): Capture {
  const [choice, setChoice] = useState<Choice>({
    source: 'camera',
    cameraId: '',
    microphoneId: '',
    quality: QUALITIES[0],
  });
  const [devices, setDevices] = useState(NO_DEVICES);
  const [own, setOwn] = useState<MediaStream>();
  const [isOpening, setIsOpening] = useState(false);
  const [error, setError] = useState<Error | undefined>(() => cannotPublish() ?? undefined);
  const current = useRef<MediaStream>(undefined);
  current.current = own;
  // What nobody sends ends with the page.
  useEffect(() => () => stopCapture(current.current), []);
  useEffect(() => followDevices(setDevices), []);
  useEffect(() => whenEnded(own, () => setOwn(undefined)), [own]);

  async function open(next: Choice): Promise<void> {
    setIsOpening(true);
    setError(undefined);
    try {
      const stream = await openCapture(next);
      if (sent !== null && sent.phase !== 'failed') await replacePicture(stream);
      else {
        takeBack()
          ?.getTracks()
          .forEach((track) => {
            track.stop();
          });
        stopCapture(current.current);
        setOwn(stream);
      }
      setDevices(await listDevices());
    } catch (reason) {
      setError(reason instanceof Error ? reason : new Error(String(reason)));
    } finally {
      setIsOpening(false);
    }
  }

  return {
    choice,
    devices,
    stream: sent?.stream ?? own,
    isOpening,
    error,
    open: () => void open(choice),
    choose(changes) {
      const next = { ...choice, ...changes };
      setChoice(next);
      if (sent !== null || own !== undefined) void open(next);
    },
    release() {
      setOwn(undefined);
      // A failed try still has its picture.
      return own ?? takeBack();
    },
  };
}

function followDevices(show: (devices: Devices) => void): () => void {
  const { mediaDevices } = navigator;
  if (mediaDevices === undefined) return () => undefined;
  const update = (): void => void listDevices().then(show, () => undefined);
  update();
  mediaDevices.addEventListener('devicechange', update);
  return () => mediaDevices.removeEventListener('devicechange', update);
}

/** A shared screen is ended by the browser's own button. */
function whenEnded(stream: MediaStream | undefined, then: () => void): () => void {
  const [track] = stream?.getVideoTracks() ?? [];
  track?.addEventListener('ended', then);
  return () => track?.removeEventListener('ended', then);
}
