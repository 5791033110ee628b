// What an offer of a WHIP client must hold to be taken, and how our answer is finished: pure text (RFC 8866, RFC 9725
// 4.2 and 4.4). An offer is checked before anything that reads it whole sees it.

export type OfferCheck =
  | { readonly isGood: true; readonly sdp: string; readonly hasVideo: boolean; readonly hasAudio: boolean }
  /** A sentence for whoever sent it. */
  | { readonly isGood: false; readonly isMalformed: boolean; readonly reason: string };

/** Browsers write some 200 lines; each codec is five. */
const LINES_MAX = 2_000;
const LINE_LENGTH_MAX = 2_000;
const NEEDED = ['a=ice-ufrag:', 'a=ice-pwd:', 'a=fingerprint:'];

interface Section {
  readonly kind: string;
  readonly lines: string[];
}

const malformed = (reason: string): OfferCheck => ({ isGood: false, isMalformed: true, reason });
const refused = (reason: string): OfferCheck => ({ isGood: false, isMalformed: false, reason });

/** Judges an offer, and leaves out its candidates: they are of no use to an ICE-lite agent. */
export function checkWhipOffer(text: string): OfferCheck {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines[0] !== 'v=0') return malformed('the body is not SDP');
  if (lines.length > LINES_MAX || lines.some(({ length }) => length > LINE_LENGTH_MAX))
    return malformed('the offer is too long');
  if (lines.some((line) => !/^[a-z]=/.test(line))) return malformed('a line of the offer is not SDP');
  const sections = sectionsOf(lines);
  for (const name of NEEDED)
    if (!lines.some((line) => line.startsWith(name)))
      return malformed(`the offer has no ${name.slice(2, -1)}`);
  const problem = problemOf(sections);
  if (problem !== null) return refused(problem);
  const kept = lines.filter((line) => !/^a=(candidate:|end-of-candidates)/.test(line));
  const has = (kind: string): boolean => sections.some((section) => section.kind === kind);
  return { isGood: true, sdp: `${kept.join('\r\n')}\r\n`, hasVideo: has('video'), hasAudio: has('audio') };
}

function sectionsOf(lines: readonly string[]): Section[] {
  const sections: Section[] = [];
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push({ kind: line.slice(2).split(' ')[0] ?? '', lines: [] });
    sections.at(-1)?.lines.push(line);
  }
  return sections;
}

function problemOf(sections: readonly Section[]): string | null {
  if (sections.length === 0) return 'the offer has neither a picture nor a sound';
  for (const { kind, lines } of sections) {
    if (kind !== 'video' && kind !== 'audio') return `the offer has ${kind}; a picture and a sound are taken`;
    if (sections.filter((section) => section.kind === kind).length > 1)
      return `the offer has more than one ${kind} track`;
    const codec = kind === 'video' ? /^a=rtpmap:\d+ H264\/90000/i : /^a=rtpmap:\d+ opus\/48000/i;
    if (!lines.some((line) => codec.test(line)))
      return kind === 'video'
        ? 'the offer has no H.264, which is needed'
        : 'the offer has no Opus, which is needed';
    if (lines.includes('a=recvonly') || lines.includes('a=inactive'))
      return `the ${kind} track sends nothing`;
    if (!lines.includes('a=rtcp-mux')) return `the ${kind} track has no rtcp-mux, which is needed`;
  }
  return null;
}

/** Level 5.2: how large a picture may be sent. Ours says what we take, whatever theirs is (RFC 6184, 8.2.2). */
const LEVEL_TAKEN = '34';

/**
 * Finishes an answer: any size of picture, and where Chromium's estimate of the way begins. It would begin at 300 kbit/s,
 * and with it at a small picture, which is what the ladder would be made for. Others leave out what they do not know.
 */
export function finishWhipAnswer(sdp: string, startBitrateBps: number): string {
  return sdp.replace(/^a=fmtp:(\d+) (.*profile-level-id=)([0-9a-f]{4})[0-9a-f]{2}(.*)$/gim, (...groups) => {
    const [, payloadType, before, profile, after] = groups as string[];
    const parameters = `${before}${profile}${LEVEL_TAKEN}${(after ?? '').trimEnd()}`;
    return `a=fmtp:${payloadType} ${parameters};x-google-start-bitrate=${Math.round(startBitrateBps / 1_000)}`;
  });
}
