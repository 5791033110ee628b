// Keeps hls.js right about which parts of low-latency HLS are in the buffer, where a change of rendition in the middle
// of a segment makes it wrong.
//
// A browser takes a part without a key frame only right after the part before it: an init segment, a jump in time or a
// removal in between, and it drops every frame up to the next key frame. hls.js 1.7.4 asks something else: has the part
// before it in the same rendition ever been appended (getNextPart in src/controller/base-stream-controller.ts, where
// `contiguous` follows `part.loaded`). So a change to another rendition and back within one segment goes on where the
// first one was left, the frames are dropped, the parts count as loaded, and there is a hole up to the next segment. A
// change has another: it begins with the newest segment of a playlist from before the change, while frames of the
// rendition before lie behind it; once the next segment is appended, whatever lies between is refused as a step back.
//
// And any removal, even of what was played long ago, makes hls.js forget the parts of the segment that it is loading
// (detectEvictedFragments in src/controller/fragment-tracker.ts drops a fragment that is "not buffered, not loaded"). A
// part that counts as missing holds it at that segment until the segment leaves the playlist, seconds later.
//
// This takes parts for loaded if and only if the browser holds them, and lets nothing of the rendition before lie behind
// a change, so that hls.js goes on at the end of what it has appended. It costs a segment's parts loaded once more.
// Limits: a playlist that marks no part INDEPENDENT is left alone, since nothing then says where a key frame is.
// Source: W3C Media Source Extensions, section 3.5 (need random access point flag) and the coded frame processing.

import type Hls from 'hls.js';
import type { Part } from 'hls.js';

/** What is used of hls.js, so that tests need no browser. */
export type GuardedHls = Pick<Hls, 'levels' | 'on' | 'trigger'>;
export type GuardEvents = Pick<typeof Hls.Events, 'BUFFER_APPENDING' | 'BUFFER_FLUSHING' | 'BUFFER_FLUSHED'>;

/** A part in the browser's buffer, with what hls.js knew of it. */
interface HeldPart {
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly streams: Part['elementaryStreams'];
}

/** Call once per hls.js, with `Hls.Events`, before it loads. It uses nothing around it: pages can be given its text. */
export function guardParts(hls: GuardedHls, events: GuardEvents): void {
  /** As hls.js pads it: nothing of the part that was appended may go. */
  const PAD_SECONDS = 0.004;
  let level: number | undefined;
  /** The segment that was appended to last, and the parts of it that the browser holds: in order, none missing. */
  let held: { readonly sn: number; readonly parts: readonly HeldPart[] } | undefined;

  const partsOf = (index: number): readonly Part[] => hls.levels[index]?.details?.partList ?? [];
  const forget = (isForgotten: (index: number) => boolean): void => {
    hls.levels.forEach((_, index) => {
      if (isForgotten(index)) for (const part of partsOf(index)) part.clearElementaryStreamInfo();
    });
  };

  hls.on(events.BUFFER_APPENDING, (_event, { frag, part, type }) => {
    if (frag.type !== 'main' || type === 'audio') return;
    const { sn } = frag;
    if (typeof sn !== 'number') {
      held = undefined;
      return;
    }
    const isMarked = partsOf(frag.level).some(({ independent }) => independent);
    const before = level === frag.level && held?.sn === sn ? held.parts : [];
    const isNext = part !== null && before.at(-1)?.index === part.index - 1;
    if (part !== null && isMarked && !part.independent && !isNext) {
      // The browser drops it. Without parts that count as loaded, the segment is loaded again from its key frame.
      forget(() => true);
      held = undefined;
      return;
    }
    const isChange = level !== undefined && level !== frag.level;
    level = frag.level;
    const { start, end } = part ?? frag;
    const appended = { index: part?.index ?? -1, start, end, streams: { ...part?.elementaryStreams } };
    held = { sn, parts: [...(isNext ? before : []), appended as HeldPart] };
    if (!isChange) return;
    forget((index) => index !== frag.level);
    if (part !== null)
      hls.trigger(events.BUFFER_FLUSHING, {
        startOffset: end + PAD_SECONDS,
        endOffset: Number.POSITIVE_INFINITY,
        type,
      });
  });

  hls.on(events.BUFFER_FLUSHING, (_event, { startOffset, endOffset, type }) => {
    if (type === 'audio' || held === undefined) return;
    if (held.parts.some(({ start, end }) => startOffset < end && endOffset > start)) held = undefined;
  });

  hls.on(events.BUFFER_FLUSHED, (_event, { type }) => {
    if (type === 'audio' || held === undefined || level === undefined) return;
    const { sn, parts } = held;
    // Looked up again, since a playlist that was loaded in between has parts of its own.
    for (const part of partsOf(level)) {
      const known = part.fragment.sn === sn && parts.find(({ index }) => index === part.index);
      if (known && !part.loaded) Object.assign(part.elementaryStreams, known.streams);
    }
  });
}
