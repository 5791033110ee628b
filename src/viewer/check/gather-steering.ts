// Asks a steering server as a player does, and once more at the address that its answer names.
// Sources: draft-pantos-content-steering-05, sections 4 and 6; ETSI TS 103 998, clause 7.

import type { SteeringAnswer, SteeringFacts } from './facts.ts';
import type { Fetcher } from './fetcher.ts';

/** The query of a player: which pathway it uses and how fast it is. */
function steeringUrl(url: string, form: SteeringFacts['form'], pathway: string | null): string {
  if (form === 'unknown') return url;
  const target = new URL(url);
  const prefix = form === 'hls' ? '_HLS_' : '_DASH_';
  if (pathway !== null) target.searchParams.set(`${prefix}pathway`, `"${pathway}"`);
  target.searchParams.set(`${prefix}throughput`, '5000000');
  return target.href;
}

/** A JSON object, or why there is none. */
export function parseSteering(text: string): Pick<SteeringAnswer, 'manifest' | 'problem'> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { manifest: value as Record<string, unknown>, problem: null };
    return { manifest: null, problem: 'the JSON is not an object' };
  } catch (error) {
    return { manifest: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

async function ask(fetcher: Fetcher, url: string): Promise<SteeringAnswer> {
  const { facts, body } = await fetcher.get(url, 'steering');
  if (body === null) return { resource: facts, manifest: null, problem: null };
  return { resource: facts, ...parseSteering(new TextDecoder().decode(body)) };
}

/** Fetches the steering manifest and what it says to load next. */
export async function gatherSteering(
  fetcher: Fetcher,
  form: SteeringFacts['form'],
  url: string,
  pathway: string | null,
): Promise<SteeringFacts> {
  const first = await ask(fetcher, steeringUrl(url, form, pathway));
  const reloadUri = first.manifest?.['RELOAD-URI'];
  const isUsable = typeof reloadUri === 'string' && URL.canParse(reloadUri, first.resource.finalUrl);
  if (!isUsable) return { form, first, reload: null };
  const next = new URL(reloadUri, first.resource.finalUrl).href;
  return { form, first, reload: await ask(fetcher, steeringUrl(next, form, pathway)) };
}
