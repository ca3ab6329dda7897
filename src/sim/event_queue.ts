import { Heap } from "../base/heap.ts";
import type { Instant } from "../base/time.ts";

interface Scheduled {
  readonly at: Instant;
  readonly order: number;
  readonly action: () => void;
}

/** What is to happen when; of two things at the same moment, what was scheduled first comes first. */
export class EventQueue {
  readonly #heap = new Heap<Scheduled>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  #next = 0;

  get size(): number {
    return this.#heap.size;
  }

  /** When the next thing happens. */
  get nextAt(): Instant | undefined {
    return this.#heap.peek()?.at;
  }

  add(at: Instant, action: () => void): void {
    this.#heap.push({ at, order: this.#next++, action });
  }

  take(): Scheduled | undefined {
    return this.#heap.pop();
  }
}
