/**
 * Answers `getdata`: transactions and blocks, in the order in which they were asked for.
 *
 * What was asked for waits in a queue, and the peer is parked, until all is sent: so a peer has at
 * most one `getdata` waiting, and when it does not read what it asked for, it waits and not we.
 * Blocks are read one at a time, elsewhere.
 *
 * Needs from the node: `blockConnected(event)`, for each such event of the chain.
 *
 * Source: Bitcoin Core, net_processing.cpp, ProcessGetData and ProcessGetBlockData.
 *
 * @module
 */
import { type Bytes, equalBytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { Clock, Instant } from "../base/time.ts";
import type { ChainEvent } from "../chain/chain_ports.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import { decodeWith } from "../codec/codec.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import { Block, blockCodec } from "../primitives/block.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { BlockHeader, HEADER_BYTES } from "../primitives/header.ts";
import type { Transaction } from "../primitives/transaction.ts";
import type { Message, MessageType } from "../wire/message.ts";
import {
  type InventoryItem, MSG_CMPCT_BLOCK, MSG_FILTERED_BLOCK, MSG_TX, MSG_WITNESS_BLOCK,
} from "../wire/messages/inventory.ts";
import { isBelowLimit, isServable } from "./block_access.ts";
import type { BloomServe } from "./bloom_serve.ts";
import { inventoryText, isBlockItem, isTxItem } from "./inventory_text.ts";
import type { Outbox, Protocol } from "./protocol.ts";
import { withoutWitness, withoutWitnesses } from "./strip_witness.ts";
import { isOverLimit, type UploadLimit } from "./upload_limit.ts";

/** Two of the longest messages; while one is being answered the peer is parked, so a second is rare. */
const QUEUE_MAX = 100_000;
/** Sent in one turn; only after it is it known whether the peer takes more. */
const TURN_BYTES_MAX = 1_000_000;
/** Looked for in one turn, found or not. */
const TURN_ITEMS_MAX = 10_000;

export type GetDataChain = Pick<
  ChainState, "params" | "headers" | "tip" | "bestHeader" | "isActive" | "blockRange"
>;

export interface GetDataPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly chain: GetDataChain;
  /** What `peer` may have of a transaction: tx relay knows what it was told of. */
  readonly transactions: {
    /** Whether transactions are relayed with it at all; its requests are ignored otherwise. */
    isRelaying(peer: Peer): boolean;
    find(peer: Peer, item: InventoryItem): Transaction | undefined;
  };
  readonly uploads: UploadLimit;
  readonly filters: Pick<BloomServe, "filterOf" | "sendMatches">;
  /** A block has gone out to `peer`. */
  blockSent(peer: Peer, hash: BlockHash): void;
}

interface PeerState {
  readonly peer: Peer;
  queue: InventoryItem[];
  /** Of `queue`, those before it have been dealt with. */
  next: number;
  isLoading: boolean;
  isParked: boolean;
  /** Sent in this turn. */
  turnBytes: number;
}

export class GetData implements Protocol {
  readonly takes: readonly MessageType[] = ["getdata", "getblocktxn"];
  readonly #ports: GetDataPorts;
  readonly #ourServices: () => bigint;
  readonly #peers = new Map<PeerId, PeerState>();
  /** The tip is asked for by everyone at once. */
  #recent: Block | undefined;
  /** The same without witnesses, once someone has asked for it so. */
  #recentStripped: Bytes | undefined;
  #isUnfinished = false;

  /** `ourServices`: as our `version` would state them now. */
  constructor(ports: GetDataPorts, options: { readonly ourServices: () => bigint }) {
    this.#ports = ports;
    this.#ourServices = options.ourServices;
  }

  ready(peer: Peer): void {
    this.#peers.set(peer.id, { peer, queue: [], next: 0, isLoading: false, isParked: false, turnBytes: 0 });
  }

  closed(peer: Peer): void {
    this.#peers.delete(peer.id);
  }

  received(peer: Peer, message: Message): void {
    const state = this.#peers.get(peer.id);
    if (state === undefined) return;
    if (message.type === "getdata") this.#getData(state, message.value.items);
    else if (message.type === "getblocktxn") this.#getBlockTransactions(state, message.value.blockHash);
  }

  pass(peer: Peer): void {
    const state = this.#peers.get(peer.id);
    if (state !== undefined && state.queue.length > 0) this.#serve(state);
  }

  woken(): void {
    this.#isUnfinished = false;
  }

  wakeAt(): Instant | undefined {
    return this.#isUnfinished ? this.#ports.clock.now() : undefined;
  }

  blockConnected({ block }: Extract<ChainEvent, { readonly type: "block-connected" }>): void {
    this.#recent = block;
    this.#recentStripped = undefined;
  }

  #getData(state: PeerState, items: readonly InventoryItem[]): void {
    const { logger } = this.#ports;
    const [first] = items;
    logger.debug("net", () => `received getdata (${items.length} invsz) peer=${state.peer.id}`);
    if (first !== undefined) {
      logger.debug("net", () => `received getdata for: ${inventoryText(first)} peer=${state.peer.id}`);
    }
    this.#enqueue(state, items);
  }

  /** Compact blocks are not served yet: the whole block answers as well, as Core does for old ones. */
  #getBlockTransactions(state: PeerState, hash: BlockHash): void {
    if (this.#ports.chain.headers.find(hash) === undefined) return;
    this.#enqueue(state, [{ type: MSG_WITNESS_BLOCK, hash }]);
  }

  /** Served by the `pass` that follows. */
  #enqueue(state: PeerState, items: readonly InventoryItem[]): void {
    const waiting = state.queue.slice(state.next);
    if (waiting.length + items.length > QUEUE_MAX) {
      this.#ports.outbox.disconnect(state.peer, "getdata-overflow");
      return;
    }
    state.queue = [...waiting, ...items];
    state.next = 0;
  }

  /** Sends what can be sent now; parks the peer while something is left, and lets it go on after. */
  #serve(state: PeerState): void {
    const missing: InventoryItem[] = [];
    state.turnBytes = 0;
    const lastOfTurn = state.next + TURN_ITEMS_MAX;
    while (state.next < state.queue.length && !state.isLoading && !state.peer.isSendFull) {
      if (!state.peer.isReady) return;
      if (state.turnBytes >= TURN_BYTES_MAX || state.next >= lastOfTurn) {
        this.#isUnfinished = true;
        break;
      }
      const item = state.queue[state.next++] as InventoryItem;
      if (isTxItem(item)) this.#serveTransaction(state, item, missing);
      else if (isBlockItem(item)) this.#serveBlock(state, item);
    }
    if (missing.length > 0) {
      this.#ports.outbox.send(state.peer, { type: "notfound", value: { items: missing } });
    }
    this.#setParked(state, state.isLoading || state.next < state.queue.length);
  }

  #setParked(state: PeerState, isParked: boolean): void {
    if (!isParked) {
      state.queue = [];
      state.next = 0;
    }
    if (state.isParked === isParked) return;
    state.isParked = isParked;
    if (isParked) this.#ports.outbox.park(state.peer);
    else this.#ports.outbox.unpark(state.peer);
  }

  #serveTransaction(state: PeerState, item: InventoryItem, missing: InventoryItem[]): void {
    const { outbox, transactions } = this.#ports;
    const { peer } = state;
    if (!transactions.isRelaying(peer)) return;
    const found = transactions.find(peer, item);
    if (found === undefined) {
      missing.push(item);
      return;
    }
    const transaction = item.type === MSG_TX ? withoutWitness(found) : found;
    state.turnBytes += transaction.totalSize;
    outbox.send(peer, { type: "tx", value: { transaction } });
  }

  #serveBlock(state: PeerState, item: InventoryItem): void {
    const { chain, logger, outbox, uploads } = this.#ports;
    const { peer } = state;
    const id = chain.headers.find(item.hash);
    if (id === undefined) return;
    if (!isServable(chain, id)) {
      logger.debug("net", () => {
        const what = "old block that isn't in the main chain";
        return `ProcessGetBlockData: ignoring request from peer=${peer.id} for ${what}`;
      });
      return;
    }
    const isFiltered = item.type === MSG_FILTERED_BLOCK;
    if (isOverLimit(peer, uploads, chain, isFiltered ? undefined : id)) {
      logger.debug("net", () => `historical block serving limit reached, disconnecting peer=${peer.id}`);
      outbox.disconnect(peer, "upload-limit-reached");
      return;
    }
    if (isBelowLimit(peer, this.#ourServices(), chain, id)) {
      logger.debug("net", () => {
        return `Ignore block request below NODE_NETWORK_LIMITED threshold, disconnecting peer=${peer.id}`;
      });
      // It would only wait for the block.
      outbox.disconnect(peer, "block-below-limit");
      return;
    }
    if (!isFiltered || this.#ports.filters.filterOf(peer) !== undefined) this.#loadBlock(state, id, item);
  }

  #loadBlock(state: PeerState, id: BlockId, item: InventoryItem): void {
    const { chain, outbox } = this.#ports;
    const recent = this.#recent;
    // To look through it takes long: one has a turn for itself, as it has after reading.
    const isAtOnce = item.type !== MSG_FILTERED_BLOCK;
    if (isAtOnce && recent !== undefined && equalBytes(recent.hash, item.hash)) {
      const isWhole = hasWitnesses(item);
      this.#sendBlock(state, isWhole ? recent.bytes : this.#strippedRecent(recent), item);
      return;
    }
    const range = chain.headers.hasBlock(id) ? chain.blockRange(id) : undefined;
    if (range === undefined) return;
    state.isLoading = true;
    outbox.load(range, (bytes) => {
      if (this.#peers.get(state.peer.id) !== state) return;
      state.isLoading = false;
      this.#loaded(state, id, item, bytes);
    });
  }

  #loaded(state: PeerState, id: BlockId, item: InventoryItem, bytes: Bytes | undefined): void {
    const { chain, logger, outbox } = this.#ports;
    const { peer } = state;
    if (bytes !== undefined && item.type === MSG_FILTERED_BLOCK) {
      this.#ports.filters.sendMatches(peer, decodeWith(blockCodec, bytes));
    } else if (bytes !== undefined) {
      const isWhole = hasWitnesses(item);
      this.#sendBlock(state, isWhole ? bytes : withoutWitnesses(decodeWith(blockCodec, bytes).layout), item);
    } else {
      const dropping = `disconnecting peer=${peer.id}`;
      const wasPruned = !chain.headers.hasBlock(id);
      if (wasPruned) logger.debug("net", () => `Block was pruned before it could be read, ${dropping}`);
      else logger.error(`Cannot load block from disk, ${dropping}`);
      outbox.disconnect(peer, "block-not-loaded");
    }
    this.#serve(state);
  }

  #strippedRecent({ layout }: Block): Bytes {
    this.#recentStripped ??= withoutWitnesses(layout);
    return this.#recentStripped;
  }

  #sendBlock(state: PeerState, bytes: Bytes, { hash }: InventoryItem): void {
    state.turnBytes += bytes.length;
    this.#ports.outbox.send(state.peer, { type: "block", value: { block: bytesOnly(bytes) } });
    this.#ports.blockSent(state.peer, hash as BlockHash);
  }
}

function hasWitnesses({ type }: InventoryItem): boolean {
  return type === MSG_WITNESS_BLOCK || type === MSG_CMPCT_BLOCK;
}

/** A block only to be sent: its transactions are not read out of bytes that go out as they came. */
function bytesOnly(bytes: Bytes): Block {
  return new Block(new BlockHeader(bytes.subarray(0, HEADER_BYTES)), [], bytes);
}
