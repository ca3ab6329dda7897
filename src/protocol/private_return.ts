/**
 * Hears of our own transactions that were broadcast in private, when they come back from the network.
 *
 * Needs from the node: to be called before whoever takes the transaction.
 *
 * @module
 */
import type { Instant } from "../base/time.ts";
import type { Peer } from "../peer/peer.ts";
import type { Transaction } from "../primitives/transaction.ts";
import type { Message, MessageType } from "../wire/message.ts";
import type { Protocol } from "./protocol.ts";

export interface PrivateReturnPorts {
  /** Called for every transaction that a peer sends, ours or not. */
  cameBack(transaction: Transaction, peer: Peer): void;
}

export class PrivateReturn implements Protocol {
  readonly takes: readonly MessageType[] = ["tx"];
  readonly #ports: PrivateReturnPorts;

  constructor(ports: PrivateReturnPorts) {
    this.#ports = ports;
  }

  received(peer: Peer, message: Message): void {
    if (message.type === "tx") this.#ports.cameBack(message.value.transaction, peer);
  }

  ready(): void {}

  closed(): void {}

  pass(): void {}

  woken(): void {}

  wakeAt(): Instant | undefined {
    return undefined;
  }
}
