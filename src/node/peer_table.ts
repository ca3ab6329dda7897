import { assert } from "../base/assert.ts";
import type { Connection } from "../peer/connection.ts";
import type { PeerId } from "../peer/peer.ts";

/** Every open connection, and which of them have a message waiting to be taken. */
export class PeerTable {
  readonly #connections = new Map<PeerId, Connection>();
  readonly #busy = new Set<Connection>();

  get(id: PeerId): Connection | undefined {
    return this.#connections.get(id);
  }

  /** In ascending order of ids, since ids ascend. */
  all(): Iterable<Connection> {
    return this.#connections.values();
  }

  add(connection: Connection): void {
    assert(!this.#connections.has(connection.id), `peer ${connection.id} is new`);
    this.#connections.set(connection.id, connection);
  }

  delete(connection: Connection): void {
    this.#connections.delete(connection.id);
    this.#busy.delete(connection);
  }

  /** Something has come in, or a reason to wait has gone: look whether a message can be taken. */
  touched(connection: Connection): void {
    if (connection.hasMessage) this.#busy.add(connection);
  }

  get hasBusy(): boolean {
    return this.#busy.size > 0;
  }

  /** Who has waited longest with a message; `touched` puts it behind the others when it has another. */
  takeBusy(): Connection | undefined {
    for (const connection of this.#busy) {
      this.#busy.delete(connection);
      if (connection.hasMessage) return connection;
    }
    return undefined;
  }
}
