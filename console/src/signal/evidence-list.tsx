// The numbers that an alert was judged by, each against its limit.

import { comparedText } from './evidence.ts';

interface EvidenceListProps {
  readonly evidence: readonly {
    readonly name: string;
    readonly value: number;
    readonly limit: number;
    readonly unit: string;
  }[];
}

/** The list; nothing when nothing was compared. */
export function EvidenceList({ evidence }: EvidenceListProps) {
  if (evidence.length === 0) return null;
  return (
    <ul className="evidence">
      {evidence.map((each) => {
        const { value, limit } = comparedText(each);
        return (
          <li key={each.name}>
            <span className="faint">{each.name}</span> <strong>{value}</strong>{' '}
            <span className="soft">limit {limit}</span>
          </li>
        );
      })}
    </ul>
  );
}
