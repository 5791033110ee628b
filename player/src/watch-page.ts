// The watch and embed pages: reads project, asset, version and token from the address, finds the edges, plays.
//
// Addresses: /watch/{project}/{asset}[?token=…&v=1&t=30] and /embed/… with [&autoplay&muted&loop]; a broadcast takes the
// place of an asset, and its recording the place of the broadcast once it has ended. Without a version the
// asset's own of now is played. A token moves into the path prefix /t/{token}/, so that every relative address below keeps
// it.

import { type EdgeList, loadEdges, readEdgeList, rememberedEdges } from './edges.ts';
import { MeridianPlayerElement } from './player-element.ts';

/** A first visit waits this long for the list of edges; the start matters more than knowing all of them. */
const EDGES_WAIT_MS = 250;

export type PageAddress = {
  readonly kind: 'watch' | 'embed';
  readonly project: string;
  /** The asset, or the broadcast. */
  readonly asset: string;
  readonly isLive: boolean;
  readonly directory: string;
  readonly query: URLSearchParams;
};

/** Reads the page's address; undefined when it names no asset. */
export function readPageAddress(address: string): PageAddress | undefined {
  const url = new URL(address);
  const [, kind, project, asset] = /^\/(watch|embed)\/([^/]+)\/([^/]+)\/?$/.exec(url.pathname) ?? [];
  if ((kind !== 'watch' && kind !== 'embed') || project === undefined || asset === undefined)
    return undefined;
  const token = url.searchParams.get('token');
  const number = url.searchParams.get('v') ?? '';
  const version = /^[1-9]\d*$/.test(number) ? `v${number}` : 'current';
  const prefix = token === null ? '' : `/t/${encodeURIComponent(token)}`;
  const isLive = asset.startsWith('brd_');
  const place = isLive ? `l/${project}/${asset}` : `m/${project}/${asset}/${version}`;
  const directory = `${url.origin}${prefix}/${place}`;
  return { kind, project, asset, isLive, directory, query: url.searchParams };
}

/** What is known of the edges right now: what the page carries, else what an earlier visit kept, else what arrives soon. */
export async function findEdges(): Promise<EdgeList> {
  const loading = loadEdges();
  const inlined = document.getElementById('meridian-edges')?.textContent ?? '';
  try {
    const list = readEdgeList(JSON.parse(inlined));
    if (list.edges.length > 0) return list;
  } catch {
    // Edges need not put the list into the page.
  }
  const remembered = rememberedEdges();
  if (remembered.edges.length > 0) return remembered;
  return await Promise.race([
    loading,
    new Promise<EdgeList>((resolve) => {
      setTimeout(() => resolve({ edges: [], group: undefined }), EDGES_WAIT_MS);
    }),
  ]);
}

function showName(name: string): void {
  document.title = `${name} · Meridian`;
  for (const slot of document.querySelectorAll<HTMLElement>('[data-show="asset"]')) slot.textContent = name;
}

/** The name instead of the id, when the edge tells it; the picture does not wait for it. */
async function askName({ directory, kind, project, query }: PageAddress): Promise<void> {
  try {
    const response = await fetch(`${directory}/status.json`);
    const status = (await response.json()) as { name?: unknown; recording?: unknown };
    if (typeof status.name === 'string' && status.name !== '') showName(status.name);
    if (typeof status.recording === 'string')
      location.replace(`/${kind}/${project}/${status.recording}${query.size === 0 ? '' : `?${query}`}`);
  } catch {
    // The id stays.
  }
}

/** Starts the page when this document is one. */
export async function startPage(): Promise<void> {
  const element = document.querySelector('meridian-player[page]');
  if (!(element instanceof MeridianPlayerElement)) return;
  const page = readPageAddress(location.href);
  const { edges, group } = await findEdges();
  if (page === undefined) {
    for (const part of document.querySelectorAll<HTMLElement>('[data-no-asset], [data-about], [page]'))
      part.hidden = !part.matches('[data-no-asset]');
    return;
  }
  const { query, directory } = page;
  showName(page.asset);
  for (const slot of document.querySelectorAll<HTMLElement>('[data-show="project"]'))
    slot.textContent = page.project;
  void askName(page);
  element.play({
    src: `${directory}/main.m3u8`,
    statusUrl: `${directory}/status.json`,
    isLive: page.isLive,
    ...(page.isLive ? {} : { poster: `${directory}/poster.jpg` }),
    edges,
    group,
    startPositionSeconds: Number(query.get('t')) || 0,
    isAutoplay: page.kind === 'watch' || query.has('autoplay'),
    isMuted: query.has('muted'),
    isLooped: query.has('loop'),
  });
}
