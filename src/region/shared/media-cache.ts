// A bounded cache of what was read lately from an object store: least recently used entries leave first,
// and each entry may have an end. Reads in flight are shared, since what is kept are promises.

export class MediaCache<V> {
  readonly #entriesMax: number;
  readonly #entries = new Map<string, { value: Promise<V>; expiresAtMs: number }>();

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get(key: string, nowMs: number): Promise<V> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.expiresAtMs <= nowMs) return undefined;
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps what is being read; `lifetimeMs` counts from `nowMs`. A failed read is forgotten at once. */
  set(key: string, value: Promise<V>, nowMs: number, lifetimeMs: number): void {
    const entry = { value, expiresAtMs: nowMs + lifetimeMs };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > this.#entriesMax && oldest.done !== true) this.#entries.delete(oldest.value);
    value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
