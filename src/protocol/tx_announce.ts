/**
 * Tells peers of transactions, and remembers what it told and what each may therefore have.
 *
 * Announcements wait for a moment drawn at random, one for all inbound peers and one for each
 * outbound peer, so that nobody can tell from the times where a transaction came from.
 *
 * Needs from the node: `transactionAccepted(entry)` and `blockConnected(event)`, for each such
 * event of mempool and chain.
 *
 * Source: Bitcoin Core, net_processing.cpp, InitiateTxBroadcastToAll, SendMessages and
 * FindTxForGetData.
 *
 * @module
 */
import type { Without } from "../base/defences.ts";
import { Heap } from "../base/heap.ts";
import type { Logger } from "../base/logger.ts";
import { poissonWait, type Rng } from "../base/rng.ts";
import { addDuration, type Clock, type Duration, type Instant, milliseconds, seconds } from "../base/time.ts";
import { TimerTable } from "../base/timer_table.ts";
import type { ChainEvent } from "../chain/chain_ports.ts";
import type { Mempool, MempoolEntry } from "../mempool/mempool.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import { isMoney } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import { type HashKey, hashKey, type Txid } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import type { Message, MessageType } from "../wire/message.ts";
import { INVENTORY_COUNT_MAX, type InventoryItem, MSG_TX, MSG_WTX } from "../wire/messages/inventory.ts";
import { AnnouncementOrder } from "./announcement_order.ts";
import { InventoryFilter } from "./inventory_filter.ts";
import type { Outbox, Protocol } from "./protocol.ts";

/** How long announcements wait on average. */
const INBOUND_INTERVAL = seconds(5);
const OUTBOUND_INTERVAL = seconds(2);
/** The same between nodes on one machine, where there is nothing to hide. */
const LOCAL_INTERVAL = milliseconds(100);
/** Announced at once, when few wait: 14 a second, over an inbound interval. */
const BATCH_TARGET = 70;
const BATCH_MAX = 1000;
/** The batch grows by `BATCH_GROWTH` for each so many that wait. */
const BATCH_GROWTH_STEP = 1000;
const BATCH_GROWTH = 5;
/** A peer that is told of nothing for so long misses what comes after. */
const PENDING_MAX = INVENTORY_COUNT_MAX;

export interface TxAnnouncePorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly mempool: Pick<Mempool, "get" | "getByWtxid" | "entries" | "sequence">;
  readonly without?: Without;
  /** Of what is announced to `peer`, whether it asked for this transaction (BIP37). */
  concerns(peer: Peer, transaction: Transaction): boolean;
}

interface PeerState {
  readonly peer: Peer;
  /** What it has, or was told of; made when there is something to remember. */
  known: InventoryFilter | undefined;
  /** What it is still to be told, the first foremost; made when there is something. */
  pending: Heap<MempoolEntry> | undefined;
  announceAt: Instant;
  /** It may ask for all that was admitted up to this number: by now it might have been told of it. */
  tellableUpTo: number;
  /** Satoshi per 1,000 vbytes. */
  minFeeRate: number;
  wantsMempool: boolean;
}

export class TxAnnounce implements Protocol {
  readonly takes: readonly MessageType[] = ["feefilter"];
  readonly #ports: TxAnnouncePorts;
  readonly #localPeers: boolean;
  readonly #order: AnnouncementOrder;
  readonly #peers = new Map<PeerId, PeerState>();
  /** For peers that something waits to be told to. */
  readonly #timers = new TimerTable<PeerId>();
  /** One moment for all inbound peers: whoever has many connections to us learns no more than from one. */
  #inboundAt = 0 as Instant;
  #recentBlock: Block | undefined;
  #recentTransactions: ReadonlyMap<HashKey, Transaction> | undefined;

  constructor(ports: TxAnnouncePorts, options: { readonly localPeers: boolean }) {
    this.#ports = ports;
    this.#localPeers = options.localPeers;
    this.#order = new AnnouncementOrder(ports.mempool);
  }

  ready(peer: Peer): void {
    if (peer.features.relay) this.announceTo(peer);
  }

  /** From now on, unless the connection is for blocks alone. */
  announceTo(peer: Peer): void {
    if (peer.type === "block-relay-only" || peer.type === "feeler" || this.#peers.has(peer.id)) return;
    const state: PeerState = {
      peer, known: undefined, pending: undefined, announceAt: 0 as Instant,
      tellableUpTo: this.#ports.mempool.sequence, minFeeRate: 0, wantsMempool: false,
    };
    this.#drawTime(state);
    this.#peers.set(peer.id, state);
  }

  closed(peer: Peer): void {
    this.#peers.delete(peer.id);
    this.#timers.cancel(peer.id);
  }

  received(peer: Peer, message: Message): void {
    const state = this.#peers.get(peer.id);
    if (state === undefined) return;
    // FeeFilterProtocol keeps the same for those who ask, and logs it.
    if (message.type === "feefilter" && isMoney(Number(message.value.feeRate))) {
      state.minFeeRate = Number(message.value.feeRate);
    }
  }

  pass(peer: Peer): void {
    const state = this.#peers.get(peer.id);
    if (state !== undefined) this.#announceIfDue(state);
  }

  woken(): void {
    const now = this.#ports.clock.now();
    while (this.#timers.take(now) !== undefined);
  }

  wakeAt(): Instant | undefined {
    return this.#timers.next();
  }

  /** `entry` is to be told to all who have not heard of it. */
  transactionAccepted(entry: MempoolEntry): void {
    for (const state of this.#peers.values()) {
      const { peer, known } = state;
      if (known?.has(idFor(peer, entry)) === true) continue;
      if (state.pending === undefined) this.#catchUp(state, entry.sequence - 1);
      const pending = (state.pending ??= new Heap(this.#order.isBefore));
      if (pending.size < PENDING_MAX) pending.push(entry);
      this.#timers.set(peer.id, this.#dueAt(state));
    }
  }

  blockConnected({ block }: Extract<ChainEvent, { readonly type: "block-connected" }>): void {
    this.#recentBlock = block;
    this.#recentTransactions = undefined;
  }

  /** It announced or sent the transaction of this id: of the kind that is relayed with it. */
  addKnown(peer: Peer, hash: Uint8Array): void {
    const state = this.#peers.get(peer.id);
    if (state !== undefined) this.#addKnown(state, hash);
  }

  /** All of the mempool is to be told to `peer`, which has asked for it (BIP35). */
  announceAll(peer: Peer): void {
    const state = this.#peers.get(peer.id);
    if (state === undefined) return;
    state.wantsMempool = true;
    this.#timers.set(peer.id, this.#dueAt(state));
  }

  /** Whether transactions are announced to it at all. */
  isRelaying(peer: Peer): boolean {
    return this.#peers.has(peer.id);
  }

  /**
   * The transaction of `item`, if `peer` may have it: from the mempool once it could have been told
   * of it, or from the last block. Otherwise it could ask what we have just received.
   */
  find(peer: Peer, { type, hash }: InventoryItem): Transaction | undefined {
    const state = this.#peers.get(peer.id);
    if (state === undefined) return undefined;
    this.#announceIfDue(state);
    const { mempool } = this.#ports;
    const entry = type === MSG_WTX ? mempool.getByWtxid(hash) : mempool.get(hash as Txid);
    if (entry !== undefined && entry.sequence <= state.tellableUpTo) return entry.transaction;
    return this.#recent().get(hashKey(hash));
  }

  /** `inv_to_send` and `last_inv_sequence` of getpeerinfo. */
  counts(peer: Peer): { readonly pending: number; readonly lastSequence: number } {
    const state = this.#peers.get(peer.id);
    if (state === undefined) return { pending: 0, lastSequence: 0 };
    // Bitcoin Core counts changes of the mempool from 1 on, and names the next.
    return { pending: state.pending?.size ?? 0, lastSequence: state.tellableUpTo + 1 };
  }

  #announceIfDue(state: PeerState): void {
    if (this.#ports.clock.now() < this.#dueAt(state)) return;
    if (state.pending === undefined && !state.wantsMempool) {
      this.#catchUp(state, this.#ports.mempool.sequence);
      return;
    }
    this.#drawTime(state);
    this.#announce(state);
    state.tellableUpTo = this.#ports.mempool.sequence;
    if (state.pending !== undefined) this.#timers.set(state.peer.id, this.#dueAt(state));
    else this.#timers.cancel(state.peer.id);
  }

  #dueAt({ peer, announceAt }: PeerState): Instant {
    return peer.permissions.has("noban") ? (0 as Instant) : announceAt;
  }

  /** Its moment came and went with nothing to tell: it counts as told of all up to `sequence`. */
  #catchUp(state: PeerState, sequence: number): void {
    if (this.#ports.clock.now() < this.#dueAt(state)) return;
    state.tellableUpTo = Math.max(state.tellableUpTo, sequence);
    this.#drawTime(state);
  }

  #drawTime(state: PeerState): void {
    const { clock } = this.#ports;
    const now = clock.now();
    if (!state.peer.isInbound) {
      state.announceAt = addDuration(now, this.#wait(OUTBOUND_INTERVAL));
      return;
    }
    if (this.#inboundAt <= now) this.#inboundAt = addDuration(now, this.#wait(INBOUND_INTERVAL));
    state.announceAt = this.#inboundAt;
  }

  #wait(mean: Duration): Duration {
    return poissonWait(this.#ports.rng, this.#localPeers ? LOCAL_INTERVAL : mean);
  }

  #announce(state: PeerState): void {
    const items = state.wantsMempool ? this.#takeMempool(state) : [];
    for (const item of this.#tellBatch(state)) items.push(item);
    for (let start = 0; start < items.length; start += INVENTORY_COUNT_MAX) {
      const part = items.slice(start, start + INVENTORY_COUNT_MAX);
      this.#ports.outbox.send(state.peer, { type: "inv", value: { items: part } });
    }
  }

  #takeMempool(state: PeerState): InventoryItem[] {
    const items: InventoryItem[] = [];
    for (const entry of this.#ports.mempool.entries()) {
      if (!paysEnough(entry, state.minFeeRate)) continue;
      if (this.#ports.concerns(state.peer, entry.transaction)) items.push(this.#tell(state, entry));
    }
    state.wantsMempool = false;
    state.pending = undefined;
    return items;
  }

  /** The next to announce; what is beyond the batch stays pending. */
  #tellBatch(state: PeerState): InventoryItem[] {
    const items: InventoryItem[] = [];
    const { pending } = state;
    const growth = Math.floor((pending?.size ?? 0) / BATCH_GROWTH_STEP) * BATCH_GROWTH;
    const isBounded = !this.#ports.without?.has("announcement-batches");
    const most = isBounded ? Math.min(BATCH_MAX, BATCH_TARGET + growth) : PENDING_MAX;
    while (pending !== undefined && items.length < most) {
      const entry = pending.pop();
      if (entry === undefined) break;
      if (this.#isWanted(state, entry)) items.push(this.#tell(state, entry));
    }
    if (pending?.size === 0) state.pending = undefined;
    return items;
  }

  /** It may have left the mempool meanwhile, or the peer have heard of it. */
  #isWanted({ known, minFeeRate, peer }: PeerState, entry: MempoolEntry): boolean {
    const isHere = this.#ports.mempool.get(entry.transaction.txid)?.sequence === entry.sequence;
    if (!isHere || known?.has(idFor(peer, entry)) === true || !paysEnough(entry, minFeeRate)) return false;
    return this.#ports.concerns(peer, entry.transaction);
  }

  #tell(state: PeerState, entry: MempoolEntry): InventoryItem {
    const hash = idFor(state.peer, entry);
    this.#addKnown(state, hash);
    return { type: state.peer.features.wtxidRelay ? MSG_WTX : MSG_TX, hash };
  }

  #addKnown(state: PeerState, hash: Uint8Array): void {
    state.known ??= new InventoryFilter(this.#ports.rng);
    state.known.add(hash);
  }

  #recent(): ReadonlyMap<HashKey, Transaction> {
    this.#recentTransactions ??= byBothIds(this.#recentBlock?.transactions ?? []);
    return this.#recentTransactions;
  }
}

/** The id under which `entry` is relayed with `peer`. */
function idFor({ features }: Peer, { transaction }: MempoolEntry): Uint8Array {
  return features.wtxidRelay ? transaction.wtxid : transaction.txid;
}

function paysEnough({ fee, vsize }: MempoolEntry, minFeeRate: number): boolean {
  return fee >= Math.ceil((minFeeRate * vsize) / 1000);
}

function byBothIds(transactions: readonly Transaction[]): ReadonlyMap<HashKey, Transaction> {
  const byId = new Map<HashKey, Transaction>();
  for (const transaction of transactions) {
    byId.set(hashKey(transaction.txid), transaction);
    byId.set(hashKey(transaction.wtxid), transaction);
  }
  return byId;
}
