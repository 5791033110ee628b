// Numbers that alerts were judged by, as people read them, and where alerts point to.

/** "14.4 ×", "0.2 %", "1,240 users": a number with its unit, to three significant places. */
export function evidenceText(value: number, unit: string): string {
  const rounded = Number.isInteger(value) ? value : Number(value.toPrecision(3));
  const text = Math.abs(rounded) >= 1e9 ? rounded.toExponential(2) : rounded.toLocaleString('en');
  return unit === '' ? text : `${text} ${unit === 'x' ? '×' : unit}`;
}

/** What only tells how much was looked at, or what was used up before: no reason why something fires. */
const BESIDES: ReadonlySet<string> = new Set(['events', 'bad', 'budget used']);

interface Evidence {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
}

/** The number that is furthest past its limit. */
export function worstOf(evidence: readonly Evidence[]): Evidence | undefined {
  const telling = evidence.filter(({ name }) => !BESIDES.has(name));
  const excess = ({ value, limit }: Evidence): number => (limit === 0 ? value : value / limit);
  return [...(telling.length > 0 ? telling : evidence)].sort((one, other) => excess(other) - excess(one))[0];
}

/** A number of an alert and its limit: "38.2 ×" and "14.4 ×"; shares of a budget as percents. */
export function comparedText({ name, value, limit, unit }: Evidence): { value: string; limit: string } {
  const isShare = unit === '' && name.startsWith('budget');
  const text = (number: number): string =>
    isShare
      ? evidenceText(number * 100, '%')
      : evidenceText(number, unit === '' && name.startsWith('burn') ? 'x' : unit);
  return { value: text(value), limit: text(limit) };
}

/** What labels say besides the name: "region dublin · slo vod-playback". */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([name]) => name !== 'alertname')
    .map(([name, value]) => `${name} ${value}`)
    .join(' · ');
}

/** The page that tells what to do, when it is one that a browser can open. */
export function runbookLink(annotations: Readonly<Record<string, string>>): string | null {
  const { runbook } = annotations;
  return runbook !== undefined && /^https?:\/\//.test(runbook) ? runbook : null;
}

/** Matchers that fit exactly this alert: its name and its places. */
export function matchersOf(labels: Readonly<Record<string, string>>): readonly string[] {
  const order = ['alertname', 'slo', 'region', 'site', 'node'];
  const known = order.flatMap((name) => (labels[name] === undefined ? [] : [`${name}=${labels[name]}`]));
  return known.length > 0 ? known : Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}
