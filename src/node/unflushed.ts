import type { Connection } from "../peer/connection.ts";

/**
 * Whom something was sent to of which the driver has not said yet what became of it. It says so of those
 * whose sockets are choked, before any other input; of the others it says nothing.
 */
export class Unflushed {
  #connections = new Set<Connection>();

  /** Something was sent to it. */
  sent(connection: Connection): void {
    if (!connection.isChoked) this.#connections.add(connection);
  }

  /** Its socket is choked, or gone. */
  delete(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /** Whether somebody waits only until this turn's sends have gone out. */
  get hasFull(): boolean {
    for (const { isSendFull } of this.#connections) if (isSendFull) return true;
    return false;
  }

  /** What was sent has gone out. Returns those that could be sent no more until now. */
  flush(): readonly Connection[] {
    if (this.#connections.size === 0) return NOBODY;
    const released: Connection[] = [];
    for (const connection of this.#connections) {
      if (connection.isSendFull) released.push(connection);
      connection.flushed();
    }
    this.#connections.clear();
    return released;
  }
}

const NOBODY: readonly Connection[] = [];
