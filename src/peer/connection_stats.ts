import type { Duration, Instant } from "../base/time.ts";
import type { PeerStats } from "./peer.ts";

/** Stands for "not yet" in `lastSend` and `lastReceive`. */
export const NEVER = 0 as Instant;

/** Messages that we do not know, or that came damaged, are counted under this name. */
export const OTHER_TYPES = "*other*";

/** Bytes and messages of one connection; its tables are made on first use, since most peers are idle. */
export class ConnectionStats implements PeerStats {
  readonly connectedAt: Instant;
  bytesSent = 0;
  bytesReceived = 0;
  lastSend: Instant = NEVER;
  lastReceive: Instant = NEVER;
  lastBlockAt: Instant | undefined = undefined;
  lastTransactionAt: Instant | undefined = undefined;
  pingTime: Duration | undefined = undefined;
  minPing: Duration | undefined = undefined;
  pingSentAt: Instant | undefined = undefined;
  #sentByType: Map<string, number> | undefined = undefined;
  #receivedByType: Map<string, number> | undefined = undefined;

  constructor(connectedAt: Instant) {
    this.connectedAt = connectedAt;
  }

  get sentByType(): Map<string, number> {
    return (this.#sentByType ??= new Map());
  }

  get receivedByType(): Map<string, number> {
    return (this.#receivedByType ??= new Map());
  }

  /** Of a message; `bytesSent` counts what was written, handshakes of the transport as well. */
  countSent(type: string, wireBytes: number): void {
    add(this.sentByType, type, wireBytes);
  }

  /** Of a whole message; `bytesReceived` has counted its bytes as they came. */
  countReceived(type: string, wireBytes: number): void {
    add(this.receivedByType, type, wireBytes);
  }
}

function add(table: Map<string, number>, type: string, count: number): void {
  table.set(type, (table.get(type) ?? 0) + count);
}
