// A page that uploads: its backend makes the grant (the API token never reaches the browser), the file goes straight
// to the nearest ingest, and an edge says when it can be watched.

import { fileSource, type UploadGrant, uploadWithGrant } from '@meridian/sdk/upload';
import { waitUntilPlayable } from '@meridian/sdk/watch';

const input = document.querySelector<HTMLInputElement>('#file');
const state = document.querySelector<HTMLElement>('#state');

function show(text: string): void {
  if (state !== null) state.textContent = text;
}

async function upload(file: File): Promise<void> {
  const { edgeUrl, grant } = (await (await fetch('/grant', { method: 'POST' })).json()) as {
    edgeUrl: string;
    grant: UploadGrant;
  };
  const { assetId } = await uploadWithGrant(grant, fileSource(file), {
    onProgress: (sent, total) => show(`sent ${sent} of ${total}`),
    onMove: (from) => show(`${from} does not answer`),
  });
  show(`kept ${assetId}`);
  await waitUntilPlayable({ edgeUrl, projectId: 'default', assetId });
  show(`playable ${assetId}`);
}

input?.addEventListener('change', () => {
  const file = input.files?.[0];
  if (file !== undefined) upload(file).catch((error: unknown) => show(`failed: ${String(error)}`));
});
