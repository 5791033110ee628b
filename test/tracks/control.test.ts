// Captions and posters at the control plane: what is taken, what is refused and why, and how regions get the bytes.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import type { AssetRecord } from '#contract/media.ts';
import {
  type FakeNode,
  makeMedia,
  makeRecord,
  onEveryDatabase,
  type TestControl,
} from '../control/support.ts';

const SRT = '1\n00:00:01,000 --> 00:00:02,000\nHello\n';
const jpeg = (size = '64x36'): Buffer =>
  execFileSync('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=1`, '-frames:v', '1'],
    ...['-metadata', 'comment=secret', '-f', 'image2pipe', '-c:v', 'mjpeg', 'pipe:1'],
  ]);

async function refusal(asked: Promise<unknown>): Promise<MeridianError> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof MeridianError) return error;
    throw error;
  }
  return assert.fail('it was not refused');
}

async function register(node: FakeNode): Promise<AssetRecord> {
  const record = makeRecord();
  await node.api.call('POST /node/v1/uploads', { body: { record } });
  return record;
}

async function recordOf(node: FakeNode, assetId: string): Promise<AssetRecord> {
  const { records } = await fetchRecords(node, 0);
  return defined(
    records.find((record) => record.assetId === assetId),
    'the record',
  );
}

async function fileOf(node: FakeNode, assetId: string, sha256: string): Promise<Buffer> {
  const params = { assetId, sha256 };
  const { base64 } = await node.api.call('GET /node/v1/assets/{assetId}/files/{sha256}', { params });
  const bytes = Buffer.from(base64, 'base64');
  assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256);
  return bytes;
}

function putCaptions(world: TestControl, assetId: string, language: string, body: object) {
  return world.admin.call('PUT /v1/assets/{assetId}/captions/{language}', {
    params: { assetId, language },
    body: { text: SRT, ...body },
  });
}

onEveryDatabase('captions and posters', (suite) => {
  test('a caption track is cleaned, named in the record, and given to regions', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const { assetId } = await register(node);
    const asset = await putCaptions(world, assetId, 'pt-br', { isDefault: true });
    const [track] = asset.captions;
    assert.deepEqual(
      [track?.id, track?.language, track?.kind, track?.label, track?.isDefault, track?.cueCount],
      ['subtitles-pt-br', 'pt-BR', 'subtitles', 'Brazilian Portuguese', true, 1],
    );
    const record = await recordOf(node, assetId);
    assert.deepEqual(record.captions, asset.captions);
    const bytes = await fileOf(node, assetId, defined(track, 'a track').sha256);
    assert.equal(bytes.toString(), 'WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n');
  });

  test('a track is replaced by language and kind, one is the default, and bytes that nobody names go', async () => {
    // Without grace a deletion cannot be undone, and the bytes go at once.
    const world = await suite.start({ config: { durability: { deleteGraceMs: 0 } } });
    const node = await world.node('dublin-1');
    const { assetId } = await register(node);
    const first = await putCaptions(world, assetId, 'en', { isDefault: true });
    await putCaptions(world, assetId, 'en', { kind: 'captions' });
    await putCaptions(world, assetId, 'de', { isDefault: true, text: SRT.replace('Hello', 'Hallo') });
    const last = await putCaptions(world, assetId, 'en', {
      text: SRT.replace('Hello', 'Bye'),
      label: 'Mine',
    });
    assert.deepEqual(
      last.captions.map(({ id, label, isDefault }) => [id, label, isDefault]),
      [
        ['captions-en', 'English (CC)', false],
        ['subtitles-de', 'German', true],
        ['subtitles-en', 'Mine', false],
      ],
    );
    // Still named by the other English track.
    await fileOf(node, assetId, defined(first.captions[0], 'a track').sha256);
    const removed = await world.admin.call('DELETE /v1/assets/{assetId}/captions/{language}', {
      params: { assetId, language: 'en' },
      query: { kind: 'captions' },
    });
    assert.deepEqual(
      removed.captions.map(({ id }) => id),
      ['subtitles-de', 'subtitles-en'],
    );
    const gone = fileOf(node, assetId, defined(first.captions[0], 'a track').sha256);
    assert.equal((await refusal(gone)).code, 'not_found');
    await world.admin.call('DELETE /v1/assets/{assetId}', { params: { assetId } });
    assert.equal((await recordOf(node, assetId)).captions, undefined);
    const rows = await world.database.selectFrom('asset_files').selectAll().execute();
    assert.deepEqual(rows, [], 'a deleted asset leaves no bytes behind');
  });

  test('a wrong caption file is refused with its line, a wrong language by name, and nothing changes', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const { assetId } = await register(node);
    const wrong = await refusal(putCaptions(world, assetId, 'en', { text: `${SRT}\n2\n00:01 --> 00:02\nx` }));
    assert.deepEqual([wrong.code, wrong.status, wrong.details.line], ['captions_invalid', 422, 6]);
    const large = await refusal(
      putCaptions(world, assetId, 'en', { text: `${SRT}\n${'é'.repeat(600_000)}` }),
    );
    assert.deepEqual([large.code, large.details.line], ['captions_invalid', 1]);
    const huge = await refusal(putCaptions(world, assetId, 'en', { text: 'x'.repeat(4 << 20) }));
    assert.equal(huge.code, 'request_too_large');
    assert.equal((await refusal(putCaptions(world, assetId, 'und', {}))).code, 'invalid_request');
    const missing = world.admin.call('DELETE /v1/assets/{assetId}/captions/{language}', {
      params: { assetId, language: 'en' },
    });
    assert.equal((await refusal(missing)).code, 'not_found');
    assert.equal((await recordOf(node, assetId)).captions, undefined);
  });

  test('a caption file of a whole mebibyte is taken, also when JSON makes it longer', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const { assetId } = await register(node);
    const cue = (index: number): string =>
      `${Math.floor(index / 3_600)}:${String(Math.floor(index / 60) % 60).padStart(2, '0')}:${String(index % 60).padStart(2, '0')}.000`;
    let text = 'WEBVTT\n';
    for (let index = 0; text.length < (1 << 20) - 200; index += 1)
      text += `\n${cue(index)} --> ${cue(index + 1)}\n"""${'\t'.repeat(40)}x\n`.replace(/^\n(\d:)/, '\n0$1');
    const asset = await putCaptions(world, assetId, 'en', { text });
    assert.ok(defined(asset.captions[0], 'a track').cueCount > 10_000);
  });

  test('sixty-four tracks are taken, one more is refused', async () => {
    const world = await suite.start();
    const { assetId } = await register(await world.node('dublin-1'));
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    const languages = letters.flatMap((letter) => [
      `de-${letter.repeat(5)}`,
      `en-${letter.repeat(5)}`,
      `fr-${letter.repeat(5)}`,
    ]);
    for (const language of languages.slice(0, 64)) await putCaptions(world, assetId, language, {});
    const more = await refusal(putCaptions(world, assetId, defined(languages[64], 'one more'), {}));
    assert.equal(more.code, 'conflict');
  });

  test('an uploaded poster loses its metadata, is named in the record, and can be taken back', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const { assetId } = await register(node);
    const image = jpeg();
    assert.ok(image.includes('Lavc'), 'the picture comes with a comment');
    const asset = await world.admin.call('PUT /v1/assets/{assetId}/poster', {
      params: { assetId },
      body: { imageBase64: image.toString('base64') },
    });
    assert.equal(asset.posterKind, 'chosen');
    const poster = defined((await recordOf(node, assetId)).poster, 'a poster');
    const bytes = await fileOf(node, assetId, poster.sha256);
    assert.ok(!bytes.includes('Lavc'));
    assert.equal(bytes.length, poster.bytes);
    const back = await world.admin.call('DELETE /v1/assets/{assetId}/poster', { params: { assetId } });
    assert.equal(back.posterKind, 'automatic');
    assert.equal((await recordOf(node, assetId)).poster, undefined);
    const text = Buffer.from('hello, I am no picture').toString('base64');
    const none = world.admin.call('PUT /v1/assets/{assetId}/poster', {
      params: { assetId },
      body: { imageBase64: text },
    });
    assert.equal((await refusal(none)).code, 'image_invalid');
  });

  test('a frame is asked of an encoder that waits, and becomes the poster', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const { assetId } = await register(node);
    const poster = (atMs: number) =>
      world.admin.call('PUT /v1/assets/{assetId}/poster', { params: { assetId }, body: { atMs } });
    assert.equal((await refusal(poster(1_000))).code, 'conflict', 'not before processing is complete');
    const job = defined((await node.claim())[0], 'a job');
    await node.api.call('POST /node/v1/jobs/{jobId}/complete', {
      params: { jobId: job.id },
      body: { fence: job.fence, result: { media: makeMedia(job), copies: [] } },
    });
    const waiting = node.api.call('POST /node/v1/frames/claim', { body: { waitMs: 10_000 } });
    const asked = poster(1_234);
    const request = defined((await waiting).request, 'a request');
    assert.deepEqual([request.atMs, request.record.assetId], [1_234, assetId]);
    const base64 = jpeg('128x72').toString('base64');
    await node.api.call('POST /node/v1/frames/{requestId}', {
      params: { requestId: request.requestId },
      body: { answer: { kind: 'frame', base64 } },
    });
    assert.equal((await asked).posterKind, 'chosen');
    const refused = poster(9_999_999);
    const second = await node.api.call('POST /node/v1/frames/claim', { body: { waitMs: 10_000 } });
    await node.api.call('POST /node/v1/frames/{requestId}', {
      params: { requestId: defined(second.request, 'a request').requestId },
      body: { answer: { kind: 'failed', reason: 'The video ends at 10 ms', isRefused: true } },
    });
    const failure = await refusal(refused);
    assert.deepEqual([failure.code, failure.message], ['conflict', 'The video ends at 10 ms.']);
  });

  test('records with many tracks come in pages that stay small, and none is skipped', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const assetIds: string[] = [];
    for (let index = 0; index < 3; index += 1) assetIds.push((await register(node)).assetId);
    // As large as a record can get, times ten: two do not fit on one page.
    const track = {
      language: 'en',
      kind: 'subtitles',
      isDefault: false,
      sha256: '0'.repeat(64),
      bytes: 1,
      cueCount: 1,
    };
    const captions = Array.from({ length: 64 }, (_, index) => ({
      ...track,
      id: `subtitles-x${index}`,
      label: 'x'.repeat(25_000),
    }));
    await world.database
      .updateTable('assets')
      .set({ captions: JSON.stringify(captions) })
      .execute();
    const seen: string[] = [];
    const pages: number[] = [];
    for (let after = 0; ; ) {
      const response = await fetchRecords(node, after);
      if (response.records.length === 0) break;
      pages.push(response.records.length);
      seen.push(...response.records.map(({ assetId }) => assetId));
      after = response.cursor;
    }
    assert.deepEqual(seen, assetIds);
    assert.deepEqual(pages, [1, 1, 1]);
  });

  test('a project asks for a loudness, and its jobs carry it', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    await world.admin.call('PUT /v1/projects/{projectId}/loudness', {
      params: { projectId: 'default' },
      body: { targetLufs: -16 },
    });
    await register(node);
    assert.equal((await node.claim())[0]?.targetLufs, -16);
    const wrong = world.admin.call('PUT /v1/projects/{projectId}/loudness', {
      params: { projectId: 'default' },
      body: { targetLufs: 3 },
    });
    assert.equal((await refusal(wrong)).code, 'invalid_request');
  });
});

async function fetchRecords(node: FakeNode, after: number) {
  return node.api.call('GET /node/v1/records', { query: { after } });
}
