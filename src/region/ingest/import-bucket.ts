// Buckets that imports read: a name in the configuration stands for an S3 service, a bucket and a key. Objects are
// listed page by page and fetched at signed addresses, so that fetching is the same for buckets and for the web.
// The secret is read from its file each time, so that a changed one needs no restart; it never leaves this node.

import { readFile } from 'node:fs/promises';
import { S3mini } from 's3mini';
import type { ImportObject } from '#contract/api/imports.ts';
import type { Config } from '#contract/config.ts';
import { callS3, createS3Fetch, isNotFound } from '#platform/objects/s3-requests.ts';
import { ImportError } from './import-error.ts';
import { LISTING_MS_MAX, LISTING_PAGE_KEYS, OBJECT_ADDRESS_SECONDS } from './import-limits.ts';

export interface ImportBucket {
  /** Media below a prefix, a page at a time. */
  list(prefix: string): AsyncGenerator<ImportObject[]>;
  /** A signed address of an object. */
  addressOf(key: string): Promise<string>;
}

/** Names of files that FFmpeg usually reads; what else lies in a bucket is left alone. */
const MEDIA_NAME =
  /\.(?:mp4|m4v|mov|qt|webm|mkv|avi|ts|mts|m2ts|mpg|mpeg|m2v|vob|mxf|wmv|asf|flv|3gp|3g2|ogv|ogg|oga|opus|mp3|m4a|aac|wav|flac)$/i;

/** Whether an object's name is that of media. */
export function isMediaName(key: string): boolean {
  return MEDIA_NAME.test(key);
}

/** Opens a named source; rejects with import_source_unknown. */
export async function openImportBucket(
  sources: Config['imports']['sources'],
  name: string,
): Promise<ImportBucket> {
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  const refuse = (reason: string, cause?: unknown): ImportError =>
    // Another node's configuration may be right.
    new ImportError('import_source_unknown', { source: name, reason }, true, { cause });
  if (source === undefined) throw refuse('the configuration does not name it');
  const secretAccessKey = await readFile(source.secretAccessKeyFile, 'utf8').then(
    (text) => text.trim(),
    (error: unknown) => {
      throw refuse(`its file ${source.secretAccessKeyFile} cannot be read`, error);
    },
  );
  const client = new S3mini({
    endpoint: `${source.endpoint.replace(/\/+$/, '')}/${source.bucket}`,
    region: source.region,
    accessKeyId: source.accessKeyId,
    secretAccessKey,
    fetch: createS3Fetch(LISTING_MS_MAX),
  });
  return {
    async *list(prefix) {
      let token: string | undefined;
      do {
        const from = token;
        const page = await callS3(() => client.listObjectsPaged('/', prefix, LISTING_PAGE_KEYS, from)).catch(
          (error: unknown) => {
            const reason = isNotFound(error) ? 'there is nothing' : String((error as Error).message);
            throw new ImportError(
              'import_refused',
              { reason: `the bucket cannot be listed: ${reason}` },
              true,
              { cause: error },
            );
          },
        );
        if (page?.objects === undefined || page.objects === null)
          throw new ImportError('import_refused', { reason: `there is no bucket ${source.bucket}` }, false);
        yield page.objects
          .filter(({ Key, Size }) => isMediaName(Key) && Number(Size) > 0)
          .map(({ ETag, Key, Size }) => ({ key: Key, etag: plainEtag(ETag), bytes: Number(Size) }));
        token = page.nextContinuationToken;
      } while (token !== undefined);
    },
    addressOf: (key) => client.getPresignedUrl('GET', key, OBJECT_ADDRESS_SECONDS),
  };
}

/** Listings write quotes in several ways, or none. */
export function plainEtag(etag: string): string {
  return etag.replaceAll('&quot;', '').replaceAll('&#34;', '').replaceAll('"', '');
}
