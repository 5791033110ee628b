// What edges have sent of each project, between two bookings. Totals are cumulative per boot, so only the newest of
// each boot counts; the book (control/storage/egress-book) knows how much of it is booked already, also over a restart
// of control. A boot that ended meanwhile keeps its last word until it is booked.

/** Cumulative totals of one boot of one edge. */
export interface EgressTotals {
  readonly nodeId: string;
  readonly regionId: string;
  readonly bootId: string;
  /** The empty name: of projects past the limit of what an edge tells apart. */
  readonly bytesByProject: Readonly<Record<string, number>>;
}

export interface EgressLedger {
  note(totals: EgressTotals): void;
  /** The newest totals of every boot that was heard of since the last call, each node's in the order of its boots. */
  take(): EgressTotals[];
  /** Puts back what could not be booked, unless something newer is known. */
  putBack(totals: readonly EgressTotals[]): void;
}

/** Boots that wait to be booked: an edge that restarts all the time must not fill memory. */
const BOOTS_MAX = 10_000;

/** Creates an empty ledger. */
export function createEgressLedger(): EgressLedger {
  let open = new Map<string, EgressTotals>();
  const keyOf = ({ nodeId, bootId }: EgressTotals): string => `${nodeId} ${bootId}`;
  return {
    note(totals) {
      const key = keyOf(totals);
      if (open.has(key) || open.size < BOOTS_MAX) open.set(key, totals);
    },
    take() {
      const taken = [...open.values()];
      open = new Map();
      return taken;
    },
    putBack(totals) {
      open = new Map([...totals.map((each) => [keyOf(each), each] as const), ...open]);
    },
  };
}
