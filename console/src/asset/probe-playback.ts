// Plays by hand at one edge what a player would fetch before its first frame, and says how long each step took:
// multivariant playlist, media playlist, initialization, first segment; the segment twice, since the second comes from
// the edge's memory. Steering is not followed: the edge that was chosen is the one that is measured.

export interface ProbeStep {
  readonly name: string;
  /** HTTP status; null: no answer. */
  readonly status: number | null;
  readonly timeMs: number;
  readonly bytes: number;
  /** Why it failed, or null. */
  readonly failure: string | null;
}

/** Longer than any edge lets a viewer wait. */
const STEP_MS_MAX = 10_000;

interface Fetched {
  readonly step: ProbeStep;
  readonly body: ArrayBuffer;
}

async function fetchStep(name: string, url: string, signal: AbortSignal): Promise<Fetched> {
  const startedAtMs = performance.now();
  const since = (): number => performance.now() - startedAtMs;
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(STEP_MS_MAX)]);
    const response = await fetch(url, { signal: limited, cache: 'no-store' });
    const body = await response.arrayBuffer();
    const failure = response.ok ? null : `The edge answered with status ${response.status}.`;
    return {
      step: { name, status: response.status, timeMs: since(), bytes: body.byteLength, failure },
      body,
    };
  } catch (error) {
    signal.throwIfAborted();
    const failure = error instanceof Error ? error.message : String(error);
    return { step: { name, status: null, timeMs: since(), bytes: 0, failure }, body: new ArrayBuffer(0) };
  }
}

const text = (body: ArrayBuffer): string => new TextDecoder().decode(body);

/** The address of the first variant at this edge, else of the first at all. */
function firstVariant(playlist: string, from: string, base: string): string | undefined {
  const found = [...playlist.matchAll(/^#EXT-X-STREAM-INF:.*\n(?:#.*\n)*([^#\s].*)$/gm)].map(
    (match) => new URL(match[1]?.trim() ?? '', from).href,
  );
  return found.find((url) => url.startsWith(`${base}/`)) ?? found[0];
}

/** The initialization and the first segment of a media playlist. */
function firstObjects(playlist: string, from: string): { name: string; url: string }[] {
  const init = /#EXT-X-MAP:.*?URI="([^"]+)"/.exec(playlist)?.[1];
  const segment = /^(?!#)\S.*$/m.exec(playlist)?.[0].trim();
  const objects: { name: string; url: string }[] = [];
  if (init !== undefined) objects.push({ name: 'Initialization', url: new URL(init, from).href });
  if (segment !== undefined) {
    const url = new URL(segment, from).href;
    objects.push({ name: 'First segment', url }, { name: 'The same again', url });
  }
  return objects;
}

/** Fetches step by step and tells each as it ends; stops at the first that fails. */
export async function probePlayback(
  hls: string,
  base: string,
  signal: AbortSignal,
  onStep: (step: ProbeStep) => void,
): Promise<void> {
  const multivariant = await fetchStep('Multivariant playlist', hls, signal);
  onStep(multivariant.step);
  if (multivariant.step.failure !== null) return;
  const variant = firstVariant(text(multivariant.body), hls, base);
  if (variant === undefined) {
    const failure = 'The multivariant playlist names no variant.';
    onStep({ name: 'Media playlist', status: null, timeMs: 0, bytes: 0, failure });
    return;
  }
  const media = await fetchStep('Media playlist', variant, signal);
  onStep(media.step);
  if (media.step.failure !== null) return;
  for (const { name, url } of firstObjects(text(media.body), variant)) {
    const { step } = await fetchStep(name, url, signal);
    onStep(step);
    if (step.failure !== null) return;
  }
}
