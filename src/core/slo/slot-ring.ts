// The newest slots of time with running sums over windows that end in the newest one. A new slot costs one subtraction
// per window, a value one addition per window it falls into, however long the windows are.

import { assert } from '#base/assert.ts';

interface WindowSum {
  readonly slots: number;
  bad: number;
  events: number;
}

/** What a window holds. */
export interface WindowReading {
  readonly bad: number;
  readonly events: number;
}

/** The state of a ring, for a restart. */
export interface SlotRingState {
  readonly slotMs: number;
  readonly head: number;
  /** [slot, bad, events] of every slot that holds something. */
  readonly slots: readonly (readonly [number, number, number])[];
}

export class SlotRing {
  readonly slotMs: number;
  readonly #size: number;
  readonly #bad: Float64Array;
  readonly #events: Float64Array;
  readonly #windows: WindowSum[];
  /** Number of the newest slot: milliseconds since the epoch / slotMs. */
  #head = -1;

  /** @param windowsMs lengths of the windows; the ring holds the longest */
  constructor(slotMs: number, windowsMs: readonly number[]) {
    this.slotMs = slotMs;
    this.#windows = windowsMs.map((windowMs) => ({
      slots: Math.max(1, Math.round(windowMs / slotMs)),
      bad: 0,
      events: 0,
    }));
    this.#size = Math.max(...this.#windows.map(({ slots }) => slots));
    this.#bad = new Float64Array(this.#size);
    this.#events = new Float64Array(this.#size);
  }

  /** Makes the slot of this moment the newest; earlier moments change nothing. */
  advance(atMs: number): void {
    const slot = Math.floor(atMs / this.slotMs);
    if (this.#head < 0 || slot - this.#head >= this.#size) {
      if (slot <= this.#head) return;
      this.#bad.fill(0);
      this.#events.fill(0);
      for (const window of this.#windows) Object.assign(window, { bad: 0, events: 0 });
      this.#head = slot;
    }
    while (this.#head < slot) this.#step(this.#head + 1);
  }

  #step(slot: number): void {
    for (const window of this.#windows) {
      const leaving = place(slot - window.slots, this.#size);
      window.bad -= this.#bad[leaving] ?? 0;
      window.events -= this.#events[leaving] ?? 0;
    }
    const index = place(slot, this.#size);
    this.#bad[index] = 0;
    this.#events[index] = 0;
    this.#head = slot;
    // Sums of fractions drift; once a turn they are made anew.
    if (index === 0) this.#sumAnew();
  }

  /** Adds to the slot of a moment; false when the ring does not reach back so far. */
  add(atMs: number, bad: number, events: number): boolean {
    const slot = Math.floor(atMs / this.slotMs);
    if (slot > this.#head) this.advance(atMs);
    const age = this.#head - slot;
    if (age >= this.#size) return false;
    const index = place(slot, this.#size);
    this.#bad[index] = (this.#bad[index] ?? 0) + bad;
    this.#events[index] = (this.#events[index] ?? 0) + events;
    for (const window of this.#windows)
      if (age < window.slots) {
        window.bad += bad;
        window.events += events;
      }
    return true;
  }

  /** Sums of the window with this place in the constructor's list. */
  read(index: number): WindowReading {
    const window = this.#windows[index];
    assert(window !== undefined, `a window ${index}`);
    // What is left of fractions that were taken away again is nothing.
    return { bad: window.bad < 1e-9 ? 0 : window.bad, events: window.events };
  }

  /** One with the same slots and no windows but the longest. */
  copy(): SlotRing {
    const copy = new SlotRing(this.slotMs, [this.#size * this.slotMs]);
    copy.restore(this.state());
    return copy;
  }

  state(): SlotRingState {
    const slots: [number, number, number][] = [];
    for (let slot = Math.max(0, this.#head - this.#size + 1); slot <= this.#head; slot += 1) {
      const index = place(slot, this.#size);
      const bad = this.#bad[index] ?? 0;
      const events = this.#events[index] ?? 0;
      // What is left of fractions that were taken away again is nothing.
      if (Math.abs(bad) > 1e-9 || Math.abs(events) > 1e-9) slots.push([slot, bad, events]);
    }
    return { slotMs: this.slotMs, head: this.#head, slots };
  }

  /** Takes over what an earlier ring of the same shape held. */
  restore({ head, slots }: Pick<SlotRingState, 'head' | 'slots'>): void {
    if (head < 0) return;
    this.advance(head * this.slotMs);
    for (const [slot, bad, events] of slots) this.add(slot * this.slotMs, bad, events);
  }

  #sumAnew(): void {
    for (const window of this.#windows) {
      window.bad = 0;
      window.events = 0;
      for (let age = 0; age < window.slots; age += 1) {
        const index = place(this.#head - age, this.#size);
        window.bad += this.#bad[index] ?? 0;
        window.events += this.#events[index] ?? 0;
      }
    }
  }
}

function place(slot: number, size: number): number {
  return ((slot % size) + size) % size;
}
