/**
 * Gives one transaction of ours to a stranger, who is told nothing else and is not listened to any further.
 *
 * ```text
 *   version, verack ─▶ inv ─▶ (getdata) tx, ping ─▶ (pong) disconnect
 * ```
 *
 * Needs from the node: the calls of `Protocol` for private-broadcast peers, and for no others.
 *
 * Source: Bitcoin Core, net_processing.cpp (PushPrivateBroadcastTx).
 *
 * @module
 */
import { equalBytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import { type Rng, u64 } from "../base/rng.ts";
import type { Instant } from "../base/time.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import type { Transaction } from "../primitives/transaction.ts";
import type { Message, MessageType } from "../wire/message.ts";
import { type InventoryItem, MSG_TX, MSG_WITNESS_TX } from "../wire/messages/inventory.ts";
import { bothIdsText, type PrivateQueue } from "./private_queue.ts";
import type { Outbox, Protocol } from "./protocol.ts";

export interface PrivateDeliveryPorts {
  readonly rng: Rng;
  readonly logger: Logger;
  readonly outbox: Pick<Outbox, "send" | "disconnect">;
  /** What is to be given to whom. */
  readonly queue: Pick<PrivateQueue, "pick" | "pickedFor" | "received">;
}

interface Delivery {
  readonly transaction: Transaction;
  /** Of the ping that went out with it. */
  pingNonce: bigint | undefined;
}

export class PrivateDelivery implements Protocol {
  readonly takes: readonly MessageType[] = ["getdata", "pong"];
  readonly #ports: PrivateDeliveryPorts;
  readonly #deliveries = new Map<PeerId, Delivery>();

  constructor(ports: PrivateDeliveryPorts) {
    this.#ports = ports;
  }

  ready(peer: Peer): void {
    const { outbox, queue } = this.#ports;
    const transaction = queue.pick(peer.id, peer.address);
    if (transaction === undefined) {
      this.#log(() => "Disconnecting: no more transactions for private broadcast (connected in vain), " +
        `peer=${peer.id}`);
      outbox.disconnect(peer, "private-broadcast-done");
      return;
    }
    this.#deliveries.set(peer.id, { transaction, pingNonce: undefined });
    this.#log(() => `P2P handshake completed, sending INV for ${bothIdsText(transaction)}, peer=${peer.id}`);
    // By txid: that we know of wtxids was not said.
    outbox.send(peer, { type: "inv", value: { items: [{ type: MSG_TX, hash: transaction.txid }] } });
  }

  received(peer: Peer, message: Message): void {
    const delivery = this.#deliveries.get(peer.id);
    if (delivery === undefined) return;
    if (message.type === "getdata") this.#send(peer, delivery, message.value.items);
    else if (message.type === "pong") this.#confirm(peer, delivery, message.value.nonce);
    else this.#log(() => `Ignoring incoming message '${message.type}', peer=${peer.id}`);
  }

  closed({ id }: Peer): void {
    this.#deliveries.delete(id);
  }

  pass(): void {}

  woken(): void {}

  wakeAt(): Instant | undefined {
    return undefined;
  }

  #send(peer: Peer, delivery: Delivery, items: readonly InventoryItem[]): void {
    const { outbox, queue, rng } = this.#ports;
    const { transaction } = delivery;
    const [item] = items;
    const isAsked = items.length === 1 && item !== undefined && equalBytes(item.hash, transaction.txid)
      && (item.type === MSG_TX || item.type === MSG_WITNESS_TX);
    // Once only: whoever asks again is no node that wants it.
    if (!isAsked || delivery.pingNonce !== undefined || queue.pickedFor(peer.id) === undefined) {
      this.#log(() => `Disconnecting: got an unexpected GETDATA message, peer=${peer.id}`);
      this.#deliveries.delete(peer.id);
      outbox.disconnect(peer, "private-broadcast-failed");
      return;
    }
    delivery.pingNonce = u64(rng);
    outbox.send(peer, { type: "tx", value: { transaction } });
    outbox.send(peer, { type: "ping", value: { nonce: delivery.pingNonce } });
  }

  #confirm(peer: Peer, { pingNonce }: Delivery, nonce: bigint | undefined): void {
    const { outbox, queue } = this.#ports;
    if (pingNonce === undefined || nonce !== pingNonce) return;
    queue.received(peer.id);
    this.#log(() => "Got a PONG (the transaction will probably reach the network), marking for disconnect, " +
      `peer=${peer.id}`);
    outbox.disconnect(peer, "private-broadcast-done");
  }

  #log(text: () => string): void {
    this.#ports.logger.debug("privatebroadcast", text);
  }
}
