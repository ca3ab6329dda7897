import type { Connection } from "../peer/connection.ts";

/**
 * Peers passed over in one turn of the loop. To tell one of the transactions that wait for it takes a
 * tenth of a millisecond, and all inbound peers are told at one moment.
 */
export const PASSES_PER_TURN = 32;

/** `due`: of the protocols that were woken only. */
export type PassKind = "all" | "due";

/**
 * Whom the protocols are still to pass over: with a thousand peers, a round takes some turns.
 *
 * A round for what is due has to end before the next begins, since each is for the protocols that were
 * woken for it.
 */
export class PassRounds {
  readonly #waiting: Readonly<Record<PassKind, Set<Connection>>> = { all: new Set(), due: new Set() };

  get hasWork(): boolean {
    return this.#waiting.all.size + this.#waiting.due.size > 0;
  }

  isOver(kind: PassKind): boolean {
    return this.#waiting[kind].size === 0;
  }

  start(kind: PassKind, connections: Iterable<Connection>): void {
    for (const connection of connections) this.#waiting[kind].add(connection);
  }

  /** The next so many, in the order of their rounds. */
  *take(count: number): Generator<readonly [kind: PassKind, connection: Connection]> {
    let left = count;
    for (const kind of ["all", "due"] as const) {
      for (const connection of this.#waiting[kind]) {
        if (left-- === 0) return;
        this.#waiting[kind].delete(connection);
        yield [kind, connection];
      }
    }
  }

  closed(connection: Connection): void {
    this.#waiting.all.delete(connection);
    this.#waiting.due.delete(connection);
  }
}
