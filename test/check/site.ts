// A web site in memory, which answers as HTTP servers do: what presentations are served from while tests break them.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import {
  type Transport,
  TransportError,
  type TransportRequest,
  type TransportResponse,
} from '#platform/http/transport.ts';

export interface SiteFile {
  body: Uint8Array;
  status: number;
  headers: Record<string, string>;
  /** How a request for a range is answered. */
  ranges: 'served' | 'ignored' | 'wrong';
}

const encoder = new TextEncoder();

/** Files by their address without a query. */
export class Site {
  readonly files = new Map<string, SiteFile>();

  put(url: string, body: Uint8Array | string, headers: Record<string, string> = {}): void {
    const bytes = typeof body === 'string' ? encoder.encode(body) : body;
    const all = { 'access-control-allow-origin': '*', ...headers };
    this.files.set(url, { body: bytes, status: 200, headers: all, ranges: 'served' });
  }

  file(url: string): SiteFile {
    const file = this.files.get(url);
    assert.ok(file, `the site has ${url}`);
    return file;
  }

  text(url: string): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.file(url).body);
  }

  write(url: string, text: string): void {
    this.file(url).body = encoder.encode(text);
  }

  /** Replaces a text everywhere in a file; the test is wrong when it is not there. */
  edit(url: string, from: string | RegExp, to: string): void {
    const before = this.text(url);
    const after = typeof from === 'string' ? before.replaceAll(from, to) : before.replace(from, to);
    assert.notEqual(after, before, `${from} stands in ${url}`);
    this.write(url, after);
  }

  /** Inserts lines after the first line that matches. */
  insertAfter(url: string, line: string, ...lines: string[]): void {
    this.edit(
      url,
      new RegExp(`^${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}.*$`, 'm'),
      `$&\n${lines.join('\n')}`,
    );
  }

  /** Sets, or with undefined removes, a header of every file whose address matches. */
  header(pattern: RegExp, name: string, value: string | undefined): void {
    const matching = [...this.files].filter(([url]) => pattern.test(url));
    assert.ok(matching.length > 0, `the site has files like ${pattern}`);
    for (const [, { headers }] of matching)
      if (value === undefined) delete headers[name];
      else headers[name] = value;
  }

  #answer(request: TransportRequest): { status: number; headers: Record<string, string>; body: Uint8Array } {
    const { origin, pathname } = new URL(request.url);
    const file = this.files.get(`${origin}${pathname}`);
    if (file === undefined) return { status: 404, headers: {}, body: new Uint8Array() };
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers?.range ?? '');
    if (range === null || file.ranges === 'ignored' || file.status !== 200) return file;
    const first = Number(range[1]) + (file.ranges === 'wrong' ? 1 : 0);
    const last = Math.min(Number(range[2]), file.body.length - 1);
    const contentRange = `bytes ${first}-${last}/${file.body.length}`;
    return {
      status: 206,
      headers: { ...file.headers, 'content-range': contentRange },
      body: file.body.slice(first, last + 1),
    };
  }

  /** A transport that asks this site. */
  transport(): Transport {
    return {
      request: async (request): Promise<TransportResponse> => {
        if (request.signal?.aborted) throw new TransportError('aborted', `${request.url} was aborted`);
        const { status, headers, body } = this.#answer(request);
        return { status, headers, body: Readable.from(body.length === 0 ? [] : [Buffer.from(body)]) };
      },
      close: () => undefined,
    };
  }
}
