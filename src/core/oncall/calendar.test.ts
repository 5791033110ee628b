import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderCalendar } from './calendar.ts';

const event = {
  uid: 'primary.1.ann@oncall.meridian',
  fromMs: Date.UTC(2027, 2, 28, 0, 30),
  untilMs: Date.UTC(2027, 2, 28, 9),
  summary: 'Ann; first, of \\ all',
  description: 'One\nTwo\r\nThree\u0007',
};

test('a calendar is what RFC 5545 asks for', () => {
  const text = renderCalendar({ name: 'On-call', events: [event], changedAtMs: Date.UTC(2027, 0, 1) });
  assert.equal(
    text,
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Meridian//On-call//EN',
      'CALSCALE:GREGORIAN',
      'METHOD:PUBLISH',
      'NAME:On-call',
      'X-WR-CALNAME:On-call',
      'REFRESH-INTERVAL;VALUE=DURATION:PT15M',
      'BEGIN:VEVENT',
      'UID:primary.1.ann@oncall.meridian',
      'DTSTAMP:20270101T000000Z',
      'DTSTART:20270328T003000Z',
      'DTEND:20270328T090000Z',
      'SUMMARY:Ann\\; first\\, of \\\\ all',
      'DESCRIPTION:One\\nTwo\\nThree',
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ].join('\r\n'),
  );
});

test('lines are folded at 75 octets, never within a character, and unfold to what they were', () => {
  for (const summary of ['x'.repeat(300), 'Ünïcödé '.repeat(40), '📟'.repeat(60), `${'a'.repeat(66)}é`]) {
    const text = renderCalendar({ name: 'x', events: [{ ...event, summary }], changedAtMs: 0 });
    for (const line of text.split('\r\n')) {
      assert.ok(Buffer.byteLength(line) <= 75, `${Buffer.byteLength(line)} octets`);
      assert.ok(!line.includes('\uFFFD'));
      // A broken pair would not survive the way through UTF-8.
      assert.equal(Buffer.from(line).toString(), line);
    }
    assert.ok(text.replaceAll('\r\n ', '').includes(`SUMMARY:${summary}\r\n`));
  }
});
