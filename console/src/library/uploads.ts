// Uploads of this browser: tus to the first ingest that takes them, two files at a time. When an ingest fails for
// good, the file starts anew at the next one; what the failed one holds cannot be continued elsewhere.

import type { HttpResponse, Upload } from 'tus-js-client';
import { fromProblem } from '../../../src/contract/errors.ts';
import type { Visibility } from '../../../src/contract/media.ts';
import { type ApiResult, call } from '../api.ts';
import { session } from '../session.ts';
import { formatBytes } from '../ui/format.ts';
import { createStore } from '../ui/store.ts';

export type UploadState = 'waiting' | 'uploading' | 'paused' | 'done' | 'failed';

export interface UploadItem {
  readonly id: number;
  readonly name: string;
  readonly bytesTotal: number;
  readonly bytesSent: number;
  readonly bytesPerSecond: number;
  readonly state: UploadState;
  /** The region that receives it now. */
  readonly regionId: string | null;
  readonly assetId: string | null;
  /** Regions that hold the source, as the ingest said at the end. */
  readonly copies: number | null;
  readonly failure: string | null;
  readonly visibility: Visibility;
  /** The asset whose video it replaces; null: it becomes an asset of its own. */
  readonly replaces: ReplacedAsset | null;
}

export interface ReplacedAsset {
  readonly assetId: string;
  readonly projectId: string;
}

/** More at once share the same line and make each of them slower. */
const PARALLEL_MAX = 2;
/** Short retries bridge a restart of the ingest; then the next ingest is tried. */
const RETRY_DELAYS_MS = [300, 1_000, 2_500];
/** Weight of the newest measurement in the shown speed. */
const SPEED_WEIGHT = 0.25;

/** Shorter stretches measure buffers rather than the line. */
const SPEED_SAMPLE_MS = 200;

export const uploads = createStore<readonly UploadItem[]>([]);

interface Running {
  readonly file: File;
  upload?: Upload;
  /** Ingests that failed for this file. */
  readonly failedUrls: Set<string>;
  measuredAtMs: number;
  measuredBytes: number;
}

type Tus = typeof import('tus-js-client');
type Grant = ApiResult<'POST /v1/upload-grants'>;

const running = new Map<number, Running>();
let lastId = 0;
let onFinished: () => void = () => {};

/** Sets what happens after each finished upload (the library looks for the new asset). */
export function setUploadFinishedHandler(handler: () => void): void {
  onFinished = handler;
}

function change(id: number, patch: Partial<UploadItem>): void {
  uploads.update((items) => items.map((item) => (item.id === id ? { ...item, ...patch } : item)));
}

function find(id: number): UploadItem | undefined {
  return uploads.get().find((item) => item.id === id);
}

/** Adds files to the line. */
export function addUploads(
  files: readonly File[],
  visibility: Visibility,
  replaces: ReplacedAsset | null = null,
): void {
  const items = files.map((file): UploadItem => {
    lastId += 1;
    running.set(lastId, { file, failedUrls: new Set(), measuredAtMs: 0, measuredBytes: 0 });
    return {
      id: lastId,
      name: file.name,
      bytesTotal: file.size,
      bytesSent: 0,
      bytesPerSecond: 0,
      state: 'waiting',
      regionId: null,
      assetId: null,
      copies: null,
      failure: null,
      visibility,
      replaces,
    };
  });
  uploads.update((current) => [...current, ...items]);
  startWaiting();
}

/** Stops sending; what arrived stays at the ingest. */
export function pauseUpload(id: number): void {
  change(id, { state: 'paused', bytesPerSecond: 0 });
  void running.get(id)?.upload?.abort();
  startWaiting();
}

/** Goes on where it stopped, or from the start when it failed. */
export function resumeUpload(id: number): void {
  const entry = running.get(id);
  if (entry === undefined) return;
  if (find(id)?.state === 'failed') {
    entry.failedUrls.clear();
    delete entry.upload;
    change(id, { bytesSent: 0 });
  }
  change(id, { state: 'waiting', failure: null });
  startWaiting();
}

/** Ends an upload, removes what arrived, and takes it from the list. */
export function cancelUpload(id: number): void {
  const upload = running.get(id)?.upload;
  const isOpen = find(id)?.state !== 'done';
  running.delete(id);
  uploads.update((items) => items.filter((item) => item.id !== id));
  // An ingest that cannot be told forgets unfinished uploads by itself after a day.
  if (isOpen) void upload?.abort(true).catch(() => {});
  startWaiting();
}

/** Takes finished uploads from the list. */
export function clearFinished(): void {
  for (const { id, state } of uploads.get()) if (state === 'done') running.delete(id);
  uploads.update((items) => items.filter(({ state }) => state !== 'done'));
}

/** Whether leaving the page would lose something. */
export function hasOpenUploads(): boolean {
  return uploads.get().some(({ state }) => state === 'uploading' || state === 'waiting');
}

function startWaiting(): void {
  let free = PARALLEL_MAX - uploads.get().filter(({ state }) => state === 'uploading').length;
  for (const item of uploads.get()) {
    if (free <= 0) return;
    if (item.state !== 'waiting') continue;
    free -= 1;
    change(item.id, { state: 'uploading' });
    void run(item.id);
  }
}

async function run(id: number): Promise<void> {
  const entry = running.get(id);
  const item = find(id);
  if (entry === undefined || item === undefined) return;
  entry.measuredAtMs = performance.now();
  entry.measuredBytes = item.bytesSent;
  if (entry.upload !== undefined) {
    entry.upload.start();
    return;
  }
  try {
    // Loaded with the first upload: most visits of the console upload nothing.
    const [grant, tus] = await Promise.all([
      call('POST /v1/upload-grants', {
        body: { visibility: item.visibility, ...(item.replaces ?? ownProject()) },
      }),
      import('tus-js-client'),
    ]);
    if (entry.file.size > grant.bytesMax)
      fail(id, `The file is larger than the limit of ${formatBytes(grant.bytesMax)}.`);
    else sendToNext({ id, entry, grant, tus }, 'No region takes uploads now.');
  } catch (error) {
    fail(id, error instanceof Error ? error.message : String(error));
  }
}

/** Whoever may use one project alone uploads to it; others to the default one. */
function ownProject(): { projectId?: string } {
  const state = session.get();
  const projectId = state.kind === 'in' ? state.identity.projectId : null;
  return projectId === null ? {} : { projectId };
}

interface Sending {
  readonly id: number;
  readonly entry: Running;
  readonly grant: Grant;
  readonly tus: Tus;
}

/** Starts the file at the first ingest that has not failed for it. */
function sendToNext(sending: Sending, lastFailure: string): void {
  const { id, entry, grant, tus } = sending;
  // Paused or cancelled while the grant or the failure was on its way.
  if (running.get(id) !== entry || find(id)?.state !== 'uploading') return;
  const ingest = grant.ingests.find(({ url }) => !entry.failedUrls.has(url));
  if (ingest === undefined) {
    fail(id, lastFailure);
    return;
  }
  change(id, { regionId: ingest.regionId, bytesSent: 0 });
  entry.measuredBytes = 0;
  const { file } = entry;
  entry.upload = new tus.Upload(file, {
    endpoint: ingest.url,
    headers: { Authorization: `Bearer ${grant.grant}` },
    metadata: { filename: file.name, filetype: file.type || 'application/octet-stream', name: file.name },
    retryDelays: RETRY_DELAYS_MS,
    storeFingerprintForResuming: false,
    onShouldRetry: (error) => error.originalResponse === null || error.originalResponse.getStatus() >= 500,
    onProgress: (bytesSent) => noteProgress(id, entry, bytesSent),
    onSuccess: ({ lastResponse }) => finish(id, lastResponse),
    onError: (error) => {
      const { message, isFinal } = explain('originalResponse' in error ? error.originalResponse : null);
      delete entry.upload;
      if (isFinal) {
        fail(id, message);
        return;
      }
      entry.failedUrls.add(ingest.url);
      sendToNext(sending, message);
    },
  });
  entry.upload.start();
}

function finish(id: number, response: HttpResponse): void {
  const copies = Number(response.getHeader('Meridian-Copies') ?? Number.NaN);
  change(id, {
    state: 'done',
    bytesSent: find(id)?.bytesTotal ?? 0,
    assetId: response.getHeader('Meridian-Asset') ?? null,
    copies: Number.isNaN(copies) ? null : copies,
  });
  onFinished();
  startWaiting();
}

function noteProgress(id: number, entry: Running, bytesSent: number): void {
  const item = find(id);
  if (item === undefined || item.state !== 'uploading') return;
  const nowMs = performance.now();
  const elapsedMs = nowMs - entry.measuredAtMs;
  if (elapsedMs < SPEED_SAMPLE_MS && bytesSent < item.bytesTotal) {
    change(id, { bytesSent });
    return;
  }
  const newest = Math.max(0, ((bytesSent - entry.measuredBytes) * 1_000) / Math.max(1, elapsedMs));
  const bytesPerSecond =
    item.bytesPerSecond === 0 ? newest : item.bytesPerSecond * (1 - SPEED_WEIGHT) + newest * SPEED_WEIGHT;
  entry.measuredAtMs = nowMs;
  entry.measuredBytes = bytesSent;
  change(id, { bytesSent, bytesPerSecond });
}

function fail(id: number, failure: string): void {
  change(id, { state: 'failed', failure, bytesPerSecond: 0 });
  startWaiting();
}

/** Refusals of the file or the grant: every other ingest would say the same. */
const FINAL_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 410, 413, 415, 422]);

/** What the ingest said, for people. */
function explain(response: HttpResponse | null): { message: string; isFinal: boolean } {
  if (response === null) return { message: 'The ingest does not answer.', isFinal: false };
  const status = response.getStatus();
  let problem: Error | undefined;
  try {
    problem = fromProblem(JSON.parse(response.getBody()));
  } catch {
    // Not JSON: a proxy answered, and its status says enough.
  }
  const message = problem?.message ?? `The ingest answered with status ${status}.`;
  return { message, isFinal: FINAL_STATUSES.has(status) };
}
