// Objectives: how much of each budget is left, how fast it burns, and the documents behind.

import { SloDetail } from './slo-detail.tsx';
import { SloList } from './slo-list.tsx';

/** The page; `detail` is the objective that is open. */
export function SlosPage({ detail }: { readonly detail: string | null }) {
  return detail === null ? <SloList /> : <SloDetail key={detail} name={detail} />;
}
