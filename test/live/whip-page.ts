// A page that publishes as any WHIP client in a browser does: camera and microphone, one offer, one answer.

import type { Page } from 'playwright-core';

/** What came back from the offer. */
export interface WhipAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly body: string;
}

const PUBLISH = `async ({ url, key, video }) => {
  const stream = await navigator.mediaDevices.getUserMedia({ video, audio: true });
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  window.publishing = { connection, stream };
  for (const track of stream.getTracks()) {
    const { sender } = connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    if (track.kind === 'video')
      await sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' });
  }
  await connection.setLocalDescription();
  const response = await fetch(url, {
    method: 'POST',
    body: connection.localDescription.sdp,
    headers: { 'content-type': 'application/sdp', ...(key === null ? {} : { authorization: 'Bearer ' + key }) },
  });
  const body = await response.text();
  if (response.ok) await connection.setRemoteDescription({ type: 'answer', sdp: body });
  return { status: response.status, location: response.headers.get('location'), body };
}`;

/** Publishes from a page of any secure origin; null: without a key. */
export function publishFromPage(
  page: Page,
  url: string,
  key: string | null,
  size: { readonly width: number; readonly height: number } = { width: 640, height: 360 },
): Promise<WhipAnswer> {
  const video = { ...size, frameRate: 30 };
  return page.evaluate<WhipAnswer>(`(${PUBLISH})(${JSON.stringify({ url, key, video })})`);
}
