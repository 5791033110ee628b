// What PostgreSQL's errors mean for whoever asked. Only what is the database's own trouble becomes an error of the
// table; a broken constraint is the caller's business and passes through, to be told apart by the helpers here.
// Source: PostgreSQL documentation, appendix A (SQLSTATE codes).

import { MeridianError } from '#contract/errors.ts';
import { errorCode } from '../disk.ts';

/** SQLSTATE classes and codes after which the connection is of no more use. */
const GONE =
  /^(?:08...|57P0[1235]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTCONN|ECONNABORTED)$/;

/** Errors of the driver itself carry no code, only these words. */
const GONE_WORDS =
  /connection terminated|timeout exceeded when trying to connect|connection timeout|query read timeout|client has encountered a connection error|client was closed/i;

/** Another row already holds the value (SQLSTATE 23505); with `constraint`, of that constraint or index. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (errorCode(error) !== '23505') return false;
  return constraint === undefined || constraintOf(error) === constraint;
}

/** A row refers to one that does not exist, or is referred to by one that does (SQLSTATE 23503). */
export function isForeignKeyViolation(error: unknown): boolean {
  return errorCode(error) === '23503';
}

/** A check constraint refused the row (SQLSTATE 23514). */
export function isCheckViolation(error: unknown): boolean {
  return errorCode(error) === '23514';
}

/** The transaction lost against another and may simply be tried again (SQLSTATE 40001, 40P01). */
export function isSerializationFailure(error: unknown): boolean {
  const code = errorCode(error);
  return code === '40001' || code === '40P01';
}

/** Whether the connection, not the statement, failed. */
export function isConnectionLost(error: unknown): boolean {
  const code = errorCode(error);
  if (code !== undefined) return GONE.test(code);
  return error instanceof Error && GONE_WORDS.test(error.message);
}

/** The error that the caller sees: the database's own trouble in the words of the error table, all else untouched. */
export function mapDatabaseError(error: unknown): unknown {
  if (isConnectionLost(error))
    return new MeridianError('unavailable', { what: 'The database' }, { cause: error });
  const code = errorCode(error);
  if (code === '57014' || code === '55P03')
    return new MeridianError('overloaded', { reason: 'the database took too long' }, { cause: error });
  if (code === '53100' || code === '58030')
    return new MeridianError('storage_full', { where: 'the disk of the database' }, { cause: error });
  if (code === '25006')
    return new MeridianError('unavailable', { what: 'A writable database' }, { cause: error });
  return error;
}

/** Trouble that waiting does not mend, when opening: a wrong password, role, database or address. */
export function isWrongSettings(error: unknown): boolean {
  const code = errorCode(error);
  return code !== undefined && /^(?:28...|3D000|42501)$/.test(code);
}

function constraintOf(error: unknown): unknown {
  return error instanceof Error && 'constraint' in error ? error.constraint : undefined;
}
