// A bar of parts that make a whole, with its legend: where answers came from, what is stored of what.

import { formatShare } from './format.ts';
import type { Part } from './part.ts';

interface PartsBarProps {
  readonly label: string;
  readonly parts: readonly Part[];
}

function sumOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}

/** The bar alone; screen readers hear the shares. */
export function PartsBar({ label, parts }: PartsBarProps) {
  const sum = sumOf(parts);
  const words = parts.map((part) => `${part.label} ${formatShare(sum === 0 ? 0 : part.value / sum, 0)}`);
  return (
    <span
      className="parts-bar"
      role="img"
      aria-label={`${label}: ${sum === 0 ? 'nothing' : words.join(', ')}`}
    >
      {sum > 0 &&
        parts
          .filter(({ value }) => value > 0)
          .map((part) => (
            <span key={part.label} className={part.hue} style={{ width: `${(part.value / sum) * 100}%` }} />
          ))}
    </span>
  );
}

/** What the colours mean. */
export function PartsLegend({ parts }: { readonly parts: readonly Part[] }) {
  return (
    <ul className="parts-legend small">
      {parts.map(({ label, hue }) => (
        <li key={label} className={hue}>
          <span className="swatch" />
          {label}
        </li>
      ))}
    </ul>
  );
}
