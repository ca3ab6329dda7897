/**
 * Bloom filters that peers load (BIP37), for those that may have one: all when we offer NODE_BLOOM
 * (BIP111), else those with the permission. Others that ask are dropped.
 *
 * A filter decides which transactions are announced, and what of a block is sent as a `merkleblock`.
 * Whoever did not want transactions announced does with its filter.
 *
 * Source: Bitcoin Core, net_processing.cpp, ProcessMessage.
 *
 * @module
 */
import type { Logger } from "../base/logger.ts";
import type { Instant } from "../base/time.ts";
import { buildPartialMerkleTree } from "../consensus/partial_merkle_tree.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import type { Block } from "../primitives/block.ts";
import { hashKey } from "../primitives/hash.ts";
import type { Message, MessageType } from "../wire/message.ts";
import { BloomFilter } from "./bloom_filter.ts";
import type { Outbox, Protocol } from "./protocol.ts";
import { withoutWitness } from "./strip_witness.ts";

export interface BloomServePorts {
  readonly logger: Logger;
  readonly outbox: Outbox;
  /** Transactions are to be announced to `peer` from now on, unless the connection is for blocks alone. */
  announceTo(peer: Peer): void;
}

export class BloomServe implements Protocol {
  readonly takes: readonly MessageType[] = ["filterload", "filteradd", "filterclear"];
  readonly #ports: BloomServePorts;
  readonly #isOffered: boolean;
  readonly #filters = new Map<PeerId, BloomFilter>();

  constructor(ports: BloomServePorts, options: { readonly peerBloomFilters: boolean }) {
    this.#ports = ports;
    this.#isOffered = options.peerBloomFilters;
  }

  ready(): void {}

  closed(peer: Peer): void {
    this.#filters.delete(peer.id);
  }

  pass(): void {}

  woken(): void {}

  wakeAt(): Instant | undefined {
    return undefined;
  }

  received(peer: Peer, message: Message): void {
    switch (message.type) {
      case "filterload":
        if (!this.#isServed(peer, message)) return;
        this.#filters.set(peer.id, new BloomFilter(message.value));
        return this.#ports.announceTo(peer);
      case "filteradd":
        if (this.#isServed(peer, message)) this.#add(peer, message.value.data);
        return;
      case "filterclear":
        if (!this.#isServed(peer, message)) return;
        this.#filters.delete(peer.id);
        return this.#ports.announceTo(peer);
      default:
    }
  }

  /** `undefined`: it has loaded none, and all concerns it. */
  filterOf(peer: Peer): BloomFilter | undefined {
    return this.#filters.get(peer.id);
  }

  /** Proves which transactions of `block` concern `peer`, and sends them. Nothing, when it has no filter. */
  sendMatches(peer: Peer, block: Block): void {
    const filter = this.#filters.get(peer.id);
    if (filter === undefined) return;
    const { header, transactions } = block;
    // In their order: one that matches may add what makes a later one match.
    const matches = transactions.filter((transaction) => filter.matches(transaction));
    const matched = new Set(matches.map(({ txid }) => hashKey(txid)));
    const txids = transactions.map(({ txid }) => txid);
    const tree = buildPartialMerkleTree(txids, (txid) => matched.has(hashKey(txid)));
    const { outbox } = this.#ports;
    outbox.send(peer, { type: "merkleblock", value: { header, ...tree } });
    for (const transaction of matches) {
      outbox.send(peer, { type: "tx", value: { transaction: withoutWitness(transaction) } });
    }
  }

  #isServed(peer: Peer, { type }: Message): boolean {
    if (this.#isOffered || peer.permissions.has("bloomfilter")) return true;
    const { logger, outbox } = this.#ports;
    logger.debug("net", () =>
      `${type} received despite not offering bloom services, disconnecting peer=${peer.id}`);
    outbox.disconnect(peer, "bloom-filter-unserved");
    return false;
  }

  #add(peer: Peer, element: Uint8Array): void {
    const filter = this.#filters.get(peer.id);
    if (filter === undefined) this.#ports.outbox.misbehaving(peer, "bad filteradd message");
    else filter.add(element);
  }
}
