// The body of a POST of CMCD event mode: one event per line, or JSON (an event, or a list of them).
// Source: CTA-5004-B, event mode: lines of `application/cmcd` separated by line feeds.

import { MeridianError } from '#contract/errors.ts';
import { type CmcdPairs, pairsOfJson, parseCmcd } from '#core/cmcd/parse-cmcd.ts';
import { CMCD_EVENTS_MAX } from './limits.ts';

function refuse(reason: string): MeridianError {
  return new MeridianError('invalid_request', { reason });
}

/** Reads all events of a body, given as latin1. Throws invalid_request that names the first event that is none. */
export function readCmcdBody(body: string): readonly CmcdPairs[] {
  const first = body.trimStart()[0];
  if (first === undefined) throw refuse('the body: it holds no event');
  const texts = first === '{' || first === '[' ? readJson(body) : readLines(body);
  if (texts.length > CMCD_EVENTS_MAX)
    throw refuse(`the body: it holds more than ${CMCD_EVENTS_MAX} events; send fewer at once`);
  return texts;
}

function readLines(body: string): CmcdPairs[] {
  const events: CmcdPairs[] = [];
  for (const line of body.split('\n')) {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text === '') continue;
    if (events.length > CMCD_EVENTS_MAX) break;
    events.push(take(parseCmcd(text), events.length));
  }
  return events;
}

function readJson(body: string): CmcdPairs[] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body, 'latin1').toString('utf8'));
  } catch (error) {
    throw new MeridianError(
      'invalid_request',
      { reason: 'the body: it is not valid JSON' },
      { cause: error },
    );
  }
  const events = Array.isArray(value) ? value : [value];
  return events.slice(0, CMCD_EVENTS_MAX + 1).map((event, index) => take(pairsOfJson(event), index));
}

function take(pairs: CmcdPairs | string, index: number): CmcdPairs {
  if (typeof pairs === 'string') throw refuse(`event ${index + 1}: ${pairs}`);
  const sid = pairs.get('sid');
  if (typeof sid !== 'string' || sid === '' || sid.length > 64)
    throw refuse(`event ${index + 1}: it has no sid of 1 to 64 characters`);
  return pairs;
}
