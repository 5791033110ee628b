// Reads what the player needs from a multivariant playlist: its pathways, their addresses, and its steering.
//
// The same presentation is listed once per pathway (rfc8216bis section 4.4.6.6). hls.js gets one copy of it, the
// player routes each request to any pathway by replacing the address prefix. A prefix is what is left of two
// addresses of one rendition when their common tail of path segments is removed, so that a token in the path, a
// port, or a CDN's own folder all keep working.

export type Route = { readonly pathwayId: string; readonly prefix: string };

export type Presentation = {
  /** The playlist with one pathway left and without its steering tag. */
  readonly text: string;
  readonly routes: readonly Route[];
  readonly preferred: string;
  readonly steeringUrl: string | undefined;
};

type Entry = { readonly pathwayId: string; readonly key: string; readonly url: string };

const STREAM = '#EXT-X-STREAM-INF:';
const MEDIA = '#EXT-X-MEDIA:';
const STEERING = '#EXT-X-CONTENT-STEERING:';
/** Pathway of variants that name none (rfc8216bis section 4.4.6.2). */
const DEFAULT_PATHWAY = '.';

/** Value of an attribute of a tag line, quoted or not. */
export function attributeOf(line: string, name: string): string | undefined {
  const match = new RegExp(`[:,]${name}=(?:"([^"]*)"|([^,]*))`).exec(line);
  return match?.[1] ?? match?.[2];
}

/** Splits an absolute address into its origin and path segments, without the query. */
function segmentsOf(url: string): readonly string[] {
  const parsed = new URL(url);
  return [parsed.origin, ...parsed.pathname.split('/').slice(1)];
}

/** The prefixes in which two addresses of one rendition differ; undefined when they have no common tail. */
export function prefixesOf(first: string, second: string): readonly [string, string] | undefined {
  const a = segmentsOf(first);
  const b = segmentsOf(second);
  let shared = 0;
  while (shared < a.length && shared < b.length && a.at(-1 - shared) === b.at(-1 - shared)) shared += 1;
  if (shared === 0) return undefined;
  const keep = (parts: readonly string[]) =>
    `${parts.slice(0, Math.max(1, parts.length - shared)).join('/')}/`;
  return [keep(a), keep(b)];
}

/** Reads a multivariant playlist fetched from `url`. */
export function readPresentation(text: string, url: string): Presentation {
  const lines = text.split(/\r?\n/);
  const entries = entriesOf(lines, url);
  const steering = lines.find((line) => line.startsWith(STEERING));
  const ids = [...new Set(entries.map((entry) => entry.pathwayId))];
  const wanted = steering === undefined ? undefined : attributeOf(steering, 'PATHWAY-ID');
  const preferred = wanted !== undefined && ids.includes(wanted) ? wanted : (ids[0] ?? DEFAULT_PATHWAY);
  const server = steering === undefined ? undefined : attributeOf(steering, 'SERVER-URI');
  return {
    text: keepPathway(lines, preferred),
    routes: routesOf(entries, preferred),
    preferred,
    steeringUrl: server === undefined ? undefined : new URL(server, url).href,
  };
}

function entriesOf(lines: readonly string[], url: string): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith(STREAM)) continue;
    const address = lines.slice(index + 1).find((next) => next !== '' && !next.startsWith('#'));
    if (address === undefined) continue;
    const pathwayId = attributeOf(line, 'PATHWAY-ID') ?? DEFAULT_PATHWAY;
    const position = entries.filter((entry) => entry.pathwayId === pathwayId).length;
    const key = attributeOf(line, 'STABLE-VARIANT-ID') ?? String(position);
    entries.push({ pathwayId, key, url: new URL(address, url).href });
  }
  return entries;
}

/** One route per pathway that has a copy of a rendition of the preferred one; the preferred one comes first. */
function routesOf(entries: readonly Entry[], preferred: string): readonly Route[] {
  const own = entries.find((entry) => entry.pathwayId === preferred);
  if (own === undefined) return [];
  const others = entries.filter((entry) => entry.key === own.key && entry.pathwayId !== preferred);
  const pairs = others.flatMap((entry) => {
    const prefixes = prefixesOf(own.url, entry.url);
    return prefixes === undefined ? [] : [{ pathwayId: entry.pathwayId, prefixes }];
  });
  // All routes must share one tail, so the longest prefix of the preferred pathway decides.
  const longest = pairs.reduce((best, pair) => Math.max(best, pair.prefixes[0].length), 0);
  const ownPrefix = own.url.slice(0, longest === 0 ? `${new URL(own.url).origin}/`.length : longest);
  const tail = own.url.slice(ownPrefix.length);
  const routes: Route[] = [{ pathwayId: preferred, prefix: ownPrefix }];
  for (const entry of others) {
    if (routes.some((route) => route.pathwayId === entry.pathwayId) || !entry.url.endsWith(tail)) continue;
    routes.push({ pathwayId: entry.pathwayId, prefix: entry.url.slice(0, entry.url.length - tail.length) });
  }
  return routes;
}

/** The playlist without the other pathways' variants, their groups, and the steering tag. */
function keepPathway(lines: readonly string[], preferred: string): string {
  const kept: string[] = [];
  const groups = { wanted: new Set<string>(), other: new Set<string>() };
  let isDropping = false;
  for (const line of lines) {
    if (line.startsWith(STREAM)) {
      isDropping = (attributeOf(line, 'PATHWAY-ID') ?? DEFAULT_PATHWAY) !== preferred;
      for (const kind of ['AUDIO', 'SUBTITLES']) {
        const group = attributeOf(line, kind);
        if (group !== undefined) groups[isDropping ? 'other' : 'wanted'].add(`${kind} ${group}`);
      }
    }
    if (line.startsWith(STEERING)) continue;
    if (!isDropping) kept.push(line);
    else if (line !== '' && !line.startsWith('#')) isDropping = false;
  }
  return kept.filter((line) => !isForeignGroup(line, groups)).join('\n');
}

function isForeignGroup(
  line: string,
  groups: { readonly wanted: ReadonlySet<string>; readonly other: ReadonlySet<string> },
): boolean {
  if (!line.startsWith(MEDIA)) return false;
  const key = `${attributeOf(line, 'TYPE')} ${attributeOf(line, 'GROUP-ID')}`;
  return groups.other.has(key) && !groups.wanted.has(key);
}

/** The route an address belongs to: the one with the longest matching prefix. */
export function routeOf(routes: readonly Route[], url: string): Route | undefined {
  let best: Route | undefined;
  for (const route of routes) {
    if (url.startsWith(route.prefix) && route.prefix.length > (best?.prefix.length ?? 0)) best = route;
  }
  return best;
}

/** The same object on another pathway; undefined when the address belongs to no pathway. */
export function addressOn(routes: readonly Route[], url: string, pathwayId: string): string | undefined {
  const from = routeOf(routes, url);
  const to = routes.find((route) => route.pathwayId === pathwayId);
  if (from === undefined || to === undefined) return undefined;
  return to.prefix + url.slice(from.prefix.length);
}
