// CMCD in headers: one line out of the four that a request may carry, whose keys are told apart by how often they change.
// Source: CTA-5004, section 2.2 (CMCD-Object, CMCD-Request, CMCD-Session, CMCD-Status); version 2 keeps them.

/** Names in lower case. */
export const CMCD_HEADERS: ReadonlySet<string> = new Set([
  'cmcd-object',
  'cmcd-request',
  'cmcd-session',
  'cmcd-status',
]);

/** Joins what the headers of a request tell; `headerOf` gives a header by its lower-case name. */
export function cmcdHeaderLine(headerOf: (name: string) => string | undefined): string {
  const values: string[] = [];
  for (const name of CMCD_HEADERS) {
    const value = headerOf(name)?.trim();
    if (value !== undefined && value !== '') values.push(value);
  }
  return values.join(',');
}
