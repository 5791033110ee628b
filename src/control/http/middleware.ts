// What every request passes through: a request id, security headers, the body limit. Cookies are not protected here
// but where the session is read (access/authenticate.ts).

import type { Context, MiddlewareHandler } from 'hono';
import { apiRoutes } from '#contract/api/routes.ts';
import { MeridianError } from '#contract/errors.ts';
import { JSON_BODY_BYTES_MAX } from '#contract/limits.ts';
import { nodeRoutes } from '#contract/node-api.ts';
import type { RouteTable } from '#contract/route.ts';

export interface ControlEnvironment {
  Variables: { requestId: string; isTooLarge: boolean };
}
export type ControlContext = Context<ControlEnvironment>;

/**
 * Pages may load media, pictures and data from any http(s) origin, since edges and ingests live elsewhere;
 * code and frames around us come from nowhere else.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob: http: https:",
  "media-src 'self' blob: http: https:",
  "connect-src 'self' http: https:",
  "worker-src 'self' blob:",
  "font-src 'self' data:",
  'frame-src http: https:',
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "object-src 'none'",
].join('; ');

/** Headers that every answer carries. */
export function securityHeaders(isHttps: boolean): MiddlewareHandler<ControlEnvironment> {
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    headers.set('x-content-type-options', 'nosniff');
    headers.set('referrer-policy', 'same-origin');
    headers.set('x-frame-options', 'DENY');
    headers.set('cross-origin-opener-policy', 'same-origin');
    headers.set('content-security-policy', CONTENT_SECURITY_POLICY);
    if (isHttps) headers.set('strict-transport-security', 'max-age=31536000');
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  };
}

/** Names the request, for logs and for people who report an error. A caller's own id is not taken: it would be in our logs. */
export function requestIds(random: (bytes: number) => Uint8Array): MiddlewareHandler<ControlEnvironment> {
  return async (context, next) => {
    const requestId = `req_${Buffer.from(random(9)).toString('hex')}`;
    context.set('requestId', requestId);
    await next();
    context.res.headers.set('x-request-id', requestId);
  };
}

/** Routes that take more than others, as patterns of `METHOD /path`. */
const LARGE_BODIES = Object.entries({ ...apiRoutes, ...nodeRoutes } as RouteTable).flatMap(
  ([key, { bodyBytesMax }]) =>
    bodyBytesMax === undefined
      ? []
      : [{ pattern: new RegExp(`^${key.replace(/\{\w+\}/g, '[^/]+')}$`), bodyBytesMax }],
);

/** Largest body that a request may have. */
export function bodyBytesMaxOf(method: string, path: string): number {
  const route = `${method} ${path}`;
  return LARGE_BODIES.find(({ pattern }) => pattern.test(route))?.bodyBytesMax ?? JSON_BODY_BYTES_MAX;
}

/** Refuses bodies past the limit: by their declared length, else while they arrive. */
export const bodyLimit: MiddlewareHandler<ControlEnvironment> = async (context, next) => {
  const { raw } = context.req;
  const bytesMax = bodyBytesMaxOf(raw.method, context.req.path);
  const tooLarge = (): MeridianError => new MeridianError('request_too_large', { limitBytes: bytesMax });
  const declared = raw.headers.get('content-length');
  if (declared !== null && Number(declared) > bytesMax) throw tooLarge();
  if (declared === null && raw.method !== 'GET' && raw.method !== 'HEAD' && raw.body !== null) {
    let bytes = 0;
    const counted = raw.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          bytes += chunk.byteLength;
          if (bytes <= bytesMax) return controller.enqueue(chunk);
          context.set('isTooLarge', true);
          controller.error(tooLarge());
        },
      }),
    );
    context.req.raw = new Request(raw, { body: counted, duplex: 'half' });
  }
  await next();
};
