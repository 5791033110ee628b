import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeGrant, type QuotaLimits } from './quota.ts';

const NONE: QuotaLimits = { storedBytesMax: null, assetsMax: null, uploadBytesPerDayMax: null };
const USED = { storedBytes: 700, assets: 5, uploadedBytesLastDay: 40 };
const GRANT = { uploadBytesMax: 1_000, sourceCopies: 3, isNewAsset: true };

test('without quotas the largest upload is that of the installation', () => {
  assert.deepEqual(judgeGrant(USED, NONE, GRANT), { isAllowed: true, bytesMax: 1_000 });
});

test('an upload may be as large as what is left, divided by its copies', () => {
  assert.deepEqual(judgeGrant(USED, { ...NONE, storedBytesMax: 1_000 }, GRANT), {
    isAllowed: true,
    bytesMax: 100,
  });
  assert.deepEqual(judgeGrant(USED, { ...NONE, uploadBytesPerDayMax: 50 }, GRANT), {
    isAllowed: true,
    bytesMax: 10,
  });
});

test('a quota that is used up refuses, and says which', () => {
  const refused = { isAllowed: false };
  assert.deepEqual(judgeGrant(USED, { ...NONE, storedBytesMax: 702 }, GRANT), {
    ...refused,
    limit: 'storedBytesMax',
    used: 700,
    max: 702,
  });
  assert.deepEqual(judgeGrant(USED, { ...NONE, assetsMax: 5 }, GRANT), {
    ...refused,
    limit: 'assetsMax',
    used: 5,
    max: 5,
  });
  assert.deepEqual(judgeGrant(USED, { ...NONE, uploadBytesPerDayMax: 40 }, GRANT), {
    ...refused,
    limit: 'uploadBytesPerDayMax',
    used: 40,
    max: 40,
  });
});

test('a new version of an asset adds no asset', () => {
  const verdict = judgeGrant(USED, { ...NONE, assetsMax: 5 }, { ...GRANT, isNewAsset: false });
  assert.deepEqual(verdict, { isAllowed: true, bytesMax: 1_000 });
});
