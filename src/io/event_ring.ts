import type { NodeEvent } from "../node/event.ts";

/** Events kept for those who come later or fall behind: minutes of a busy node, days of a quiet one. */
const KEPT_EVENTS_MAX = 65_536;

export interface PastEvents {
  readonly events: readonly NodeEvent[];
  /** How many of those asked for are kept no longer. */
  readonly missed: number;
}

/** The ordered log of one node: the last events, and those who listen to the next. */
export class EventRing {
  readonly #limit: number;
  readonly #listenerFailed: (error: unknown) => void;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  /** Event number `seq` stands at `seq % limit`, counted from the first that was seen. */
  readonly #kept: NodeEvent[] = [];
  #last: NodeEvent | undefined;

  /** `listenerFailed` hears of listeners that throw: the node goes on. */
  constructor(listenerFailed: (error: unknown) => void, limit = KEPT_EVENTS_MAX) {
    this.#listenerFailed = listenerFailed;
    this.#limit = limit;
  }

  get lastSeq(): number {
    return this.#last?.seq ?? 0;
  }

  /** Events come numbered from 1, without gaps. */
  append(event: NodeEvent): void {
    this.#kept[(event.seq - 1) % this.#limit] = event;
    this.#last = event;
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#listenerFailed(error);
      }
    }
  }

  /** Calls `listener` for every event from now on; returns how to stop that. */
  listen(listener: (event: NodeEvent) => void): () => void {
    // One function may listen twice, so each gets an entry of its own.
    const entry = (event: NodeEvent): void => listener(event);
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** Those after number `seq`, oldest first. */
  since(seq: number): PastEvents {
    const first = Math.max(seq, this.lastSeq - this.#kept.length) + 1;
    const events: NodeEvent[] = [];
    for (let at = first; at <= this.lastSeq; at++) {
      events.push(this.#kept[(at - 1) % this.#limit] as NodeEvent);
    }
    return { events, missed: Math.min(first - seq - 1, this.lastSeq) };
  }
}
