// The chain of the audit trail: each sealed row carries the hash of the row before it, so that a row that is changed,
// removed or inserted later no longer fits its neighbours. Pure: the digest (SHA-256) is a parameter.
//
// Limits: the hashes hold no secret. Whoever may write the database can compute a whole chain anew; only a head that
// was noted elsewhere before shows that. A row that is added at the end, unsealed and with the time of now, looks
// like any other.

/** The hash before the first row. */
export const AUDIT_GENESIS = '0'.repeat(64);
/** Part of what is hashed: a later form of the rows gets another name, and old rows stay valid. */
const FORM = 'meridian-audit-1';
/**
 * A transaction lasts seconds and clocks are held within half a second; a row that is dated an hour before one that
 * was sealed ahead of it was added afterwards, or the clock was set back.
 */
export const AUDIT_BACKDATED_MS = 3_600_000;

export type Digest = (text: string) => string;

export interface AuditRow {
  readonly id: number;
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly projectId: string | null;
  readonly details: unknown;
}

export interface SealedAuditRow extends AuditRow {
  /** Its place in the chain, from 1. */
  readonly position: number;
  readonly previousHash: string;
  readonly hash: string;
}

/** Where a chain ends: what people note elsewhere. */
export interface AuditHead {
  readonly position: number;
  readonly hash: string;
}

export interface AuditProblem {
  readonly kind: 'changed' | 'removed' | 'inserted' | 'truncated';
  /** Of the first row that is wrong, or of the first that is missing. */
  readonly position: number;
  /** Of the row; null when it is missing. */
  readonly id: number | null;
  readonly message: string;
}

/** JSON with the keys of every object in order, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`)
      .join(',')}}`;
  return JSON.stringify(value ?? null);
}

/** The hash of a row at its place behind the row with `previousHash`. */
export function hashOfRow(row: AuditRow, position: number, previousHash: string, digest: Digest): string {
  const { id, atMs, actor, action, subject, projectId, details } = row;
  return digest(
    `${previousHash}\n${canonicalJson([FORM, position, id, atMs, actor, action, subject, projectId, details])}`,
  );
}

/** Puts rows at the end of a chain. */
export function sealRows(rows: readonly AuditRow[], head: AuditHead, digest: Digest): SealedAuditRow[] {
  let { position, hash } = head;
  return rows.map((row) => {
    position += 1;
    const previousHash = hash;
    hash = hashOfRow(row, position, previousHash, digest);
    return { ...row, position, previousHash, hash };
  });
}

/** What a check knows after the rows so far. */
export interface ChainCheck extends AuditHead {
  /** Time of the newest row so far that was not there before the chain. */
  readonly latestAtMs: number;
}

export const CHAIN_START: ChainCheck = { position: 0, hash: AUDIT_GENESIS, latestAtMs: 0 };

export interface CheckOptions {
  readonly digest: Digest;
  /** Up to this place rows were there before there was a chain; their times are as they are. */
  readonly legacyPosition: number;
  /** The row behind the last of these, which is not checked itself. */
  readonly next?: SealedAuditRow | undefined;
}

/** Goes on with a check through these rows, which must be in the order of the chain. */
export function checkRows(
  from: ChainCheck,
  rows: readonly SealedAuditRow[],
  options: CheckOptions,
): { readonly check: ChainCheck; readonly problem: AuditProblem | null } {
  let check = from;
  for (const [index, row] of rows.entries()) {
    const problem = problemOf(check, row, rows[index + 1] ?? options.next, options);
    if (problem !== null) return { check, problem };
    check = {
      position: row.position,
      hash: row.hash,
      latestAtMs: row.position > options.legacyPosition ? Math.max(check.latestAtMs, row.atMs) : 0,
    };
  }
  return { check, problem: null };
}

function problemOf(
  check: ChainCheck,
  row: SealedAuditRow,
  next: SealedAuditRow | undefined,
  { digest, legacyPosition }: CheckOptions,
): AuditProblem | null {
  const expected = check.position + 1;
  const at = { position: row.position, id: row.id };
  if (row.position > expected) {
    const last = row.position - 1;
    const which = last === expected ? `Row ${expected} is` : `Rows ${expected} to ${last} are`;
    return { kind: 'removed', position: expected, id: null, message: `${which} missing` };
  }
  if (row.position < expected)
    return { kind: 'inserted', ...at, message: `There are two rows ${row.position}; one was inserted` };
  if (hashOfRow(row, row.position, row.previousHash, digest) !== row.hash) {
    // When the row behind it follows the row before it, it is this one that does not belong.
    if (next !== undefined && next.previousHash === check.hash)
      return { kind: 'inserted', ...at, message: `Row ${row.position} was inserted into the chain` };
    return { kind: 'changed', ...at, message: `Row ${row.position} is not what was sealed` };
  }
  if (row.previousHash !== check.hash)
    return check.position === 0
      ? { kind: 'changed', ...at, message: 'The chain does not begin at its beginning; it was written anew' }
      : {
          kind: 'changed',
          position: check.position,
          id: null,
          message: `Row ${check.position} was written anew with a hash of its own; row ${row.position} does not follow it`,
        };
  const lateMs = check.latestAtMs - row.atMs;
  if (row.position > legacyPosition && lateMs > AUDIT_BACKDATED_MS)
    return {
      kind: 'inserted',
      ...at,
      message: `Row ${row.position} is dated ${Math.round(lateMs / 60_000)} min before a row that was sealed ahead of it: it was added afterwards, or the clock was set back`,
    };
  return null;
}

/** Whether the chain, checked to its end, still reaches the head that the installation keeps or a person noted. */
export function checkHead(end: AuditHead, head: AuditHead, source: 'kept' | 'noted'): AuditProblem | null {
  if (end.position < head.position)
    return {
      kind: 'truncated',
      position: end.position + 1,
      id: null,
      message: `The chain ends at row ${end.position}, the ${source} head is row ${head.position}: its end was cut off`,
    };
  if (source === 'kept' && end.position > head.position)
    return {
      kind: 'inserted',
      position: head.position + 1,
      id: null,
      message: `Rows behind row ${head.position} were never sealed by Meridian`,
    };
  return end.position === head.position ? checkNoted(end.hash, head, source) : null;
}

/** Whether the row at the place of a head has its hash. */
export function checkNoted(hash: string, head: AuditHead, source: 'kept' | 'noted'): AuditProblem | null {
  if (hash === head.hash) return null;
  return {
    kind: 'changed',
    position: head.position,
    id: null,
    message: `Row ${head.position} differs from the ${source} head: it or a row before it was written anew`,
  };
}

/** A head as people note it: place, colon, hash. */
export function headText({ position, hash }: AuditHead): string {
  return `${position}:${hash}`;
}

/** Reads a noted head; undefined when it is none. */
export function parseHead(text: string): AuditHead | undefined {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim());
  return match === null ? undefined : { position: Number(match[1]), hash: match[2] ?? '' };
}
