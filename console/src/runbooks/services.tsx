// What a runbook changes.

import { type ListedRunbook, SERVICE_LABELS } from './describe-runbook.ts';

/** What it changes, as tags. */
export function Services({ services }: { readonly services: ListedRunbook['services'] }) {
  if (services.length === 0) return <span className="faint">nothing, it looks and asks</span>;
  return (
    <span className="row wrap tight">
      {services.map((service) => (
        <span key={service} className="tag">
          {SERVICE_LABELS[service]}
        </span>
      ))}
    </span>
  );
}
