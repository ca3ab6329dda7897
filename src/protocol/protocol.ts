import type { Bytes } from "../base/bytes.ts";
import type { Instant } from "../base/time.ts";
import type { FileRange } from "../chain/chain_ports.ts";
import type { Peer } from "../peer/peer.ts";
import type { Message, MessageType } from "../wire/message.ts";
import type { ProtocolDisconnect } from "./disconnect_reason.ts";

/** Where a protocol puts what it wants done. Emptied by the node after every input. */
export interface Outbox {
  send(peer: Peer, message: Message): void;
  disconnect(peer: Peer, reason: ProtocolDisconnect): void;
  /** A breach of protocol: the peer is logged, and dropped unless it has the `noban` permission. */
  misbehaving(peer: Peer, what: string): void;
  /**
   * No further message of this peer is handed out until `unpark`: its own block or transaction is out for
   * verifying.
   */
  park(peer: Peer): void;
  unpark(peer: Peer): void;
  /** Reads a file elsewhere; `done` in a later turn, with `undefined` when it is not there. */
  load(range: FileRange, done: (bytes: Bytes | undefined) => void): void;
}

/**
 * One conversation this node can hold with all its peers: ping, headers, transactions.
 *
 * The node calls each method to its end before the next, so a protocol never sees another input
 * half way through one; nothing here is `async`. After every message, and whenever something that
 * concerns all peers has changed, it calls `pass` for the peer: the one place where announcements
 * and requests that are due go out.
 */
export interface Protocol {
  /** Types that `received` looks at. Others are not even decoded, since any peer may send megabytes of them. */
  readonly takes: readonly MessageType[];
  /** The handshake with `peer` is complete. */
  ready(peer: Peer): void;
  /** Every message of a type that some protocol takes, after the handshake. */
  received(peer: Peer, message: Message): void;
  /** Sends what is due to this peer now. */
  pass(peer: Peer): void;
  /** No call for `peer` follows this one. */
  closed(peer: Peer): void;
  /**
   * The time `wakeAt` named has come; it may also come early, or for another protocol's sake. A `pass` over
   * all peers follows.
   */
  woken(): void;
  wakeAt(): Instant | undefined;
}
