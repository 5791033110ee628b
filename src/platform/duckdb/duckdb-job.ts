// What a parent asks of the DuckDB child, and what comes back. One job per child.

/** A value of a row, as JSON has it; integers that JSON cannot hold come as texts. */
export type DuckdbValue =
  | string
  | number
  | boolean
  | null
  | readonly DuckdbValue[]
  | { [name: string]: DuckdbValue };

export type DuckdbJob =
  /** Runs statements of ours, e.g. a COPY. */
  | { readonly kind: 'run'; readonly work: string; readonly statements: readonly string[] }
  /** Prepares by statements of ours, then shuts the door and answers one SELECT of somebody else's. */
  | {
      readonly kind: 'query';
      readonly work: string;
      readonly statements: readonly string[];
      readonly sql: string;
      readonly rowsMax: number;
      readonly bytesMax: number;
    };

export type DuckdbAnswer =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'rows';
      readonly columns: readonly { readonly name: string; readonly type: string }[];
      readonly rows: readonly (readonly DuckdbValue[])[];
      /** There are more rows than were wanted. */
      readonly isCut: boolean;
    }
  /** DuckDB is not installed, or not for this machine. */
  | { readonly kind: 'missing'; readonly reason: string }
  /** The statement is at fault, or its limits were met. */
  | { readonly kind: 'refused'; readonly reason: string };
