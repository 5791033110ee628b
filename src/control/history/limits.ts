// Limits of the history of viewings, each with its reason (law 8).

/** A viewing that nobody has heard of for so long has ended, whatever its player said last. */
export const ENDED_AFTER_MS = 900_000;
/** Ended viewings are written once the oldest has waited for so long: a file per region and hour. */
export const WAIT_MS_MAX = 3_600_000;
/** …or once there are so many: 20 MB of JSON, a second of DuckDB. */
export const BATCH_MAX = 20_000;
/** A batch is written within seconds; a disk that hangs must not hold up the others. */
export const WRITE_MS_MAX = 60_000;
/** Of a question: longer than people wait. */
export const QUERY_MS_MAX = 30_000;
export const QUERY_ROWS_MAX = 10_000;
export const QUERY_BYTES_MAX = 4 << 20;
/** Bytes of Parquet that one question may look at: some tens of millions of viewings. */
export const QUERY_PARQUET_BYTES_MAX = 512 << 20;
/** Days that one question may look at. */
export const QUERY_DAYS_MAX = 400;
/** Objects removed in one round of retention. */
export const REMOVE_MAX = 1_000;
