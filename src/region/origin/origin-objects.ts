// What edges fetch, under ORIGIN_PREFIX (table in docs/architecture.md): answered from this region's store alone.
// A region that only knows a growing document says who holds the media, and has no playlist of it: its copy of the
// document does not grow.

import { MeridianError } from '#contract/errors.ts';
import { assetIdSchema, projectIdSchema } from '#contract/identifiers.ts';
import type { MediaDocument } from '#contract/media.ts';
import { withTimestampMap } from '#media/captions/write-webvtt.ts';
import { writeMediaPlaylist } from '#media/hls/media-playlist.ts';
import type { AttemptPlace } from '../shared/keys.ts';
import type { MediaReader } from '../shared/media-store.ts';
import type { NodeCall, NodeHandler } from '../shared/node-context.ts';
import type { RecordBook } from './record-book.ts';
import { sendBytes } from './send-bytes.ts';

const PLACE = /^([^/]+)\/([^/]+)\/(?:record|v([1-9]\d{0,8})\/(.+))$/;
const PLAYLIST = /^([a-z0-9-]{1,32})\/index\.m3u8$/;
const POSTER = /^a([1-9]\d{0,8})\/poster\.jpg$/;
const FILE = /^files\/([0-9a-f]{64})(?:-t(\d{1,9}))?\.(vtt|jpg)$/;
const SHEET = /^a([1-9]\d{0,8})\/storyboard\/(0|[1-9]\d{0,3})\.jpg$/;
const PREVIEW = /^a([1-9]\d{0,8})\/preview\.mp4$/;
const MEDIA = /^a([1-9]\d{0,8})\/([a-z0-9-]{1,32})\/(?:init\.mp4|(0|[1-9]\d{0,11})\.m4s)$/;

export interface OriginObjectsDependencies {
  readonly regionId: string;
  readonly records: RecordBook;
  readonly media: MediaReader;
}

interface Version {
  readonly projectId: string;
  readonly assetId: string;
  readonly version: number;
}

/** Creates the handler of ORIGIN_PREFIX. */
export function createOriginObjects(dependencies: OriginObjectsDependencies): NodeHandler {
  const { regionId, records, media } = dependencies;

  async function sendDocument(call: NodeCall, of: Version): Promise<void> {
    const document = found(await media.readDocument(of.projectId, of.assetId, of.version));
    sendBytes(
      call.request,
      call.response,
      Buffer.from(JSON.stringify(document)),
      'application/json',
      classOf(document),
    );
  }

  async function sendPlaylist(call: NodeCall, of: Version, renditionId: string): Promise<void> {
    const document = found(await media.readDocument(of.projectId, of.assetId, of.version));
    const rendition = document.renditions.find(({ id }) => id === renditionId);
    const isGrowingHere = document.state === 'growing' && document.holders.includes(regionId);
    if (rendition === undefined || (document.state === 'growing' && !isGrowingHere))
      throw new MeridianError('not_found', { what: 'such playlist here' });
    const text = writeMediaPlaylist({
      rendition,
      segmentDurationMs: document.segmentDurationMs,
      isComplete: document.state === 'complete',
      // Relative to the playlist, so that a token in the path is kept.
      folder: `../a${document.attempt}/${renditionId}`,
    });
    const type = 'application/vnd.apple.mpegurl';
    sendBytes(call.request, call.response, Buffer.from(text), type, classOf(document));
  }

  /** A file that the record names. Captions get their place on the timeline here, for those who ask with one. */
  async function sendFile(call: NodeCall, of: Version, match: RegExpExecArray): Promise<void> {
    const [, sha256 = '', timelineStartMs, extension] = match;
    const body = found(await media.readFile(of.projectId, of.assetId, sha256));
    if (extension === 'jpg') {
      sendBytes(call.request, call.response, body, 'image/jpeg', 'immutable');
      return;
    }
    const text =
      timelineStartMs === undefined
        ? body
        : Buffer.from(found(withTimestampMap(body.toString('utf8'), Number(timelineStartMs))));
    sendBytes(call.request, call.response, text, 'text/vtt', 'immutable');
  }

  /** What is made besides the renditions; false when the address is of another kind. */
  async function sendExtra(call: NodeCall, of: Version, rest: string): Promise<boolean> {
    const file = FILE.exec(rest);
    const sheet = SHEET.exec(rest);
    const preview = PREVIEW.exec(rest);
    if (file !== null) await sendFile(call, of, file);
    else if (sheet !== null) {
      const body = await media.readSheet({ ...of, attempt: Number(sheet[1]) }, Number(sheet[2]));
      sendBytes(call.request, call.response, found(body), 'image/jpeg', 'immutable');
    } else if (preview !== null) {
      const body = await media.readPreview({ ...of, attempt: Number(preview[1]) });
      sendBytes(call.request, call.response, found(body), 'video/mp4', 'immutable');
    } else return false;
    return true;
  }

  async function sendMedia(call: NodeCall, of: Version, rest: string): Promise<void> {
    const poster = POSTER.exec(rest);
    if (poster !== null) {
      const body = found(await media.readPoster({ ...of, attempt: Number(poster[1]) }));
      sendBytes(call.request, call.response, body, 'image/jpeg', 'immutable');
      return;
    }
    const [, attempt, renditionId = '', segment] = found(MEDIA.exec(rest));
    const place: AttemptPlace = { ...of, attempt: Number(attempt) };
    const body =
      segment === undefined
        ? await media.readInit(place, renditionId)
        : await media.readSegment(place, renditionId, Number(segment));
    const type = segment === undefined ? 'video/mp4' : 'video/iso.segment';
    sendBytes(call.request, call.response, found(body), type, 'immutable');
  }

  return async (call) => {
    const { request, response, rest } = call;
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new MeridianError('invalid_request', { reason: 'an origin answers GET and HEAD' });
    const [, projectId = '', assetId = '', version, below = ''] = found(PLACE.exec(rest));
    if (!projectIdSchema.safeParse(projectId).success || !assetIdSchema.safeParse(assetId).success)
      throw new MeridianError('not_found', { what: 'such object here' });
    if (version === undefined) {
      const record = found(await records.get(projectId, assetId));
      sendBytes(request, response, Buffer.from(JSON.stringify(record)), 'application/json', 'record');
      return;
    }
    const of = { projectId, assetId, version: Number(version) };
    const renditionId = PLAYLIST.exec(below)?.[1];
    if (below === 'media') await sendDocument(call, of);
    else if (renditionId !== undefined) await sendPlaylist(call, of, renditionId);
    else if (!(await sendExtra(call, of, below))) await sendMedia(call, of, below);
  };
}

function classOf(document: MediaDocument): 'growing' | 'record' {
  return document.state === 'growing' ? 'growing' : 'record';
}

/** The value, or the answer that this origin does not hold it. */
function found<T>(value: T | undefined | null): T {
  if (value === undefined || value === null)
    throw new MeridianError('not_found', { what: 'such object here' });
  return value;
}
