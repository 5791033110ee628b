// Shifts as an iCalendar (RFC 5545): times in UTC, so that no zone needs to be described; lines folded at 75 octets;
// identifiers that stay the same for the same shift, so that calendars replace instead of repeat.

export interface CalendarEvent {
  readonly uid: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly summary: string;
  readonly description: string;
}

export interface Calendar {
  readonly name: string;
  readonly events: readonly CalendarEvent[];
  /** When what it says last changed. */
  readonly changedAtMs: number;
}

/** Section 3.1: lines end with CRLF and have no more than 75 octets without it. */
const LINE_OCTETS_MAX = 75;

/** Renders a calendar. */
export function renderCalendar({ name, events, changedAtMs }: Calendar): string {
  const stamp = utcOf(changedAtMs);
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Meridian//On-call//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    `NAME:${escapeText(name)}`,
    `X-WR-CALNAME:${escapeText(name)}`,
    // RFC 7986, 5.7: how often it is worth asking again.
    'REFRESH-INTERVAL;VALUE=DURATION:PT15M',
    ...events.flatMap(({ uid, fromMs, untilMs, summary, description }) => [
      'BEGIN:VEVENT',
      `UID:${escapeText(uid)}`,
      `DTSTAMP:${stamp}`,
      `DTSTART:${utcOf(fromMs)}`,
      `DTEND:${utcOf(untilMs)}`,
      `SUMMARY:${escapeText(summary)}`,
      `DESCRIPTION:${escapeText(description)}`,
      // On-call is no meeting: it does not make anybody busy (3.8.2.7).
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ];
  return `${lines.flatMap(fold).join('\r\n')}\r\n`;
}

/** 20270131T200000Z (3.3.5, form 2). */
function utcOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

/** Section 3.3.11; control characters may not stand in a text at all. */
function escapeText(text: string): string {
  return text
    .replace(/[\\;,]/g, (character) => `\\${character}`)
    .replace(/\r\n|\r|\n/g, '\\n')
    .replace(/[\p{Cc}]/gu, '');
}

/** Cuts a line at octets, never within a character; what goes on begins with a space, which counts. */
function fold(line: string): string[] {
  const lines: string[] = [];
  let part = '';
  let octets = 0;
  for (const character of line) {
    const length = octetsOf(character);
    if (octets + length > LINE_OCTETS_MAX) {
      lines.push(part);
      part = ' ';
      octets = 1;
    }
    part += character;
    octets += length;
  }
  return [...lines, part];
}

/** Length in UTF-8. */
function octetsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x1_0000 ? 3 : 4;
}
