// Structured logs (pino, one JSON line each, to stderr). A level is a promise to whoever is on call:
// error = act now; warn = look tomorrow; what heals itself is at most warn.

import pino from 'pino';

export interface Log {
  trace(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: Record<string, unknown>): Log;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Creates a log that names its process in every line; it goes to stderr unless `write` takes it. */
export function createLog(name: string, level: LogLevel = 'info', write?: (chunk: Buffer) => void): Log {
  const destination =
    write === undefined
      ? pino.destination({ fd: 2, sync: true })
      : { write: (line: string) => write(Buffer.from(line)) };
  return pino({ name, level, base: { name }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

/** A log that says nothing, for tests. */
export const silentLog: Log = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
