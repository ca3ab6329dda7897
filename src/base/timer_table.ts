import type { Instant } from "./time.ts";

interface Alarm<K> {
  readonly key: K;
  at: Instant;
  /** Where it stands in the heap. */
  slot: number;
}

/**
 * Alarms by key, earliest first: one for each key, set and cancelled in logarithmic time.
 *
 * Of two alarms for the same moment, either may come first.
 */
export class TimerTable<K> {
  readonly #alarms = new Map<K, Alarm<K>>();
  /** A binary heap: no alarm is later than the two at twice its place. */
  readonly #heap: Alarm<K>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  at(key: K): Instant | undefined {
    return this.#alarms.get(key)?.at;
  }

  /** Sets the alarm of `key`, or moves it. */
  set(key: K, at: Instant): void {
    let alarm = this.#alarms.get(key);
    if (alarm === undefined) {
      alarm = { key, at, slot: this.#heap.length };
      this.#alarms.set(key, alarm);
      this.#heap.push(alarm);
    }
    alarm.at = at;
    this.#settle(alarm);
  }

  cancel(key: K): void {
    const alarm = this.#alarms.get(key);
    if (alarm === undefined) return;
    this.#alarms.delete(key);
    const last = this.#heap.pop();
    if (last === undefined || last === alarm) return;
    last.slot = alarm.slot;
    this.#heap[last.slot] = last;
    this.#settle(last);
  }

  /** When the earliest alarm is. */
  next(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  /** Takes out the earliest alarm that is due at `now`, and returns its key. */
  take(now: Instant): K | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.cancel(first.key);
    return first.key;
  }

  #settle(alarm: Alarm<K>): void {
    while (alarm.slot > 0 && this.#isBefore(alarm.slot, (alarm.slot - 1) >> 1)) {
      this.#swap(alarm.slot, (alarm.slot - 1) >> 1);
    }
    for (;;) {
      const left = 2 * alarm.slot + 1;
      const child = this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#isBefore(child, alarm.slot)) return;
      this.#swap(child, alarm.slot);
    }
  }

  #isBefore(a: number, b: number): boolean {
    const first = this.#heap[a];
    const second = this.#heap[b];
    return first !== undefined && second !== undefined && first.at < second.at;
  }

  #swap(a: number, b: number): void {
    const first = this.#heap[a] as Alarm<K>;
    const second = this.#heap[b] as Alarm<K>;
    first.slot = b;
    second.slot = a;
    this.#heap[b] = first;
    this.#heap[a] = second;
  }
}
