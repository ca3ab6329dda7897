/**
 * Takes in transactions: hears of them, asks one peer at a time, and hands them to the mempool. Those
 * that come too early are `OrphanIntake`'s.
 *
 * Needs from the node: `transactionAccepted(entry)` of the mempool; `blockConnected(event)`,
 * `blockDisconnected()` and `tipChanged()` of the chain. Must come after `TxAnnounce` in its list.
 *
 * Source: Bitcoin Core, node/txdownloadman_impl.cpp and net_processing.cpp, the handling of `inv`,
 * `tx` and `notfound`.
 *
 * @module
 */
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import {
  addDuration, type Clock, type Duration, earlier, type Instant, milliseconds, seconds,
} from "../base/time.ts";
import type { ChainEvent } from "../chain/chain_ports.ts";
import type { ChainState } from "../chain/chain_state.ts";
import { describeViolation, type RuleViolation } from "../consensus/rule_violation.ts";
import type { Admission, Mempool, MempoolEntry } from "../mempool/mempool.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import { displayHash, hashKey, type HashKey, type Txid } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import type { Message, MessageType } from "../wire/message.ts";
import { type InventoryItem, MSG_TX, MSG_WITNESS_TX, MSG_WTX } from "../wire/messages/inventory.ts";
import { mayAnnounce, TX_ANNOUNCEMENTS_MAX } from "./announcement_limits.ts";
import { idsText, inventoryText, isBlockItem, isTxItem, referenceText } from "./inventory_text.ts";
import { KnownTransactions } from "./known_transactions.ts";
import { OrphanIntake, PARENTS_PER_MESSAGE_MAX, parentsOf } from "./orphan_intake.ts";
import type { Orphan } from "./orphanage.ts";
import { BLOCKS_IN_FLIGHT_MAX } from "./choose_blocks.ts";
import { canServeWitnesses, isPreferred } from "./peer_services.ts";
import type { Outbox, Protocol } from "./protocol.ts";
import type { TxAnnounce } from "./tx_announce.ts";
import { type TxReference, TxRequests } from "./tx_requests.ts";

/** From then on, what a peer announces waits. */
const TX_IN_FLIGHT_MAX = 100;
/** How long a peer has to answer, before another is asked. */
const ANSWER_TIMEOUT = seconds(60);
/** For each thing that speaks against asking this peer for it at once. */
const DELAY = seconds(2);
/** The same between nodes on one machine. */
const LOCAL_DELAY = milliseconds(50);
/** `getdata` items in one message. */
const GETDATA_MAX = 1000;

export interface TxDownloadPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly without: Without;
  readonly outbox: Outbox;
  readonly chain: Pick<ChainState, "isInitialBlockDownload">;
  readonly mempool: Pick<Mempool, "get" | "getByWtxid" | "size" | "usage" | "submit">;
  readonly announce: Pick<TxAnnounce, "addKnown" | "transactionAccepted">;
  /** The mempool has refused what this peer sent. */
  transactionRejected(transaction: Transaction, violation: RuleViolation, peer: Peer): void;
}

export interface TxDownloadOptions {
  readonly blocksOnly: boolean;
  readonly localPeers: boolean;
}

export class TxDownload implements Protocol {
  readonly takes: readonly MessageType[] = ["inv", "tx", "notfound"];
  readonly #ports: TxDownloadPorts;
  readonly #options: TxDownloadOptions;
  readonly #peers = new Map<PeerId, Peer>();
  readonly #requests: TxRequests;
  readonly #orphans: OrphanIntake;
  readonly #known: KnownTransactions;
  /** Who sent what the mempool is looking at, by wtxid. */
  readonly #submitted = new Map<HashKey, PeerId>();
  /** Parked until their orphans have been tried again: what they say next may count on those. */
  readonly #heldBack = new Set<Peer>();
  #wtxidPeers = 0;

  constructor(ports: TxDownloadPorts, options: TxDownloadOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#requests = new TxRequests(ports.rng);
    this.#known = new KnownTransactions(ports.rng);
    this.#orphans = new OrphanIntake({
      ...ports,
      isParentKnown: (hash) => this.#isKnown({ hash, isWtxid: false }),
      noteParents: (peer, parents) => this.#noteParents(peer, parents),
      ready: (peer) => this.#holdBack(peer),
      retry: (transaction, peer, done) => this.#retry(transaction, peer, done),
    });
  }

  ready(peer: Peer): void {
    this.#peers.set(peer.id, peer);
    if (peer.features.wtxidRelay) this.#wtxidPeers++;
  }

  closed(peer: Peer): void {
    if (!this.#peers.delete(peer.id)) return;
    if (peer.features.wtxidRelay) this.#wtxidPeers--;
    this.#heldBack.delete(peer);
    this.#requests.forgetPeer(peer.id);
    this.#orphans.deletePeer(peer.id);
  }

  received(peer: Peer, message: Message): void {
    if (message.type === "inv") this.#inv(peer, message.value.items);
    else if (message.type === "tx") this.#transaction(peer, message.value.transaction);
    else if (message.type === "notfound") this.#notFound(peer, message.value.items);
  }

  pass(peer: Peer): void {
    const { clock, logger, outbox } = this.#ports;
    this.#advance();
    const items: InventoryItem[] = [];
    for (const reference of this.#requests.requestable(peer.id)) {
      const { hash, isWtxid } = reference;
      if (this.#isKnown(reference)) {
        this.#requests.forgetTransaction(hash);
        continue;
      }
      logger.debug("net", () => `Requesting ${referenceText(reference)} peer=${peer.id}`);
      this.#requests.requested(peer.id, hash, addDuration(clock.now(), ANSWER_TIMEOUT));
      const byTxid = canServeWitnesses(peer) ? MSG_WITNESS_TX : MSG_TX;
      items.push({ type: isWtxid ? MSG_WTX : byTxid, hash });
    }
    for (let start = 0; start < items.length; start += GETDATA_MAX) {
      const part = items.slice(start, start + GETDATA_MAX);
      outbox.send(peer, { type: "getdata", value: { items: part } });
    }
  }

  woken(): void {
    this.#advance();
    this.#orphans.retry();
    for (const peer of this.#heldBack) {
      if (this.#orphans.isReadyFor(peer.id)) continue;
      this.#heldBack.delete(peer);
      this.#ports.outbox.unpark(peer);
    }
  }

  wakeAt(): Instant | undefined {
    const isNow = this.#requests.hasRequestable || this.#orphans.hasReady || this.#heldBack.size > 0;
    return earlier(this.#requests.nextAt(), isNow ? this.#ports.clock.now() : undefined);
  }

  /** The mempool has taken it: nobody need be asked for it, and its children may now be good. */
  transactionAccepted({ transaction }: MempoolEntry): void {
    this.#forget(transaction);
    this.#orphans.delete(transaction.wtxid);
    this.#orphans.parentCame(transaction);
  }

  blockConnected({ block }: Extract<ChainEvent, { readonly type: "block-connected" }>): void {
    // Transactions are not listened to yet: to remember those of all blocks would only cost time.
    if (this.#ports.chain.isInitialBlockDownload) return;
    for (const transaction of block.transactions) {
      this.#known.confirmed(transaction);
      this.#forget(transaction);
    }
    this.#orphans.confirmed(block.transactions);
  }

  blockDisconnected(): void {
    this.#known.blockDisconnected();
  }

  tipChanged(): void {
    this.#known.tipChanged();
  }

  /** Who sent what the mempool is looking at; `undefined` when it came another way. */
  sourceOf({ wtxid }: Transaction): PeerId | undefined {
    return this.#submitted.get(hashKey(wtxid));
  }

  get orphans(): Iterable<Orphan> {
    return this.#orphans.orphans;
  }

  #inv(peer: Peer, items: readonly InventoryItem[]): void {
    const { announce, chain, logger } = this.#ports;
    let parentsLeft = PARENTS_PER_MESSAGE_MAX;
    for (const item of items) {
      if (item.type === (peer.features.wtxidRelay ? MSG_TX : MSG_WTX)) continue;
      if (!isTxItem(item)) {
        if (!isBlockItem(item)) {
          logger.debug("net", () => `Unknown inv type "${inventoryText(item)}" received from peer=${peer.id}`);
        }
        continue;
      }
      if (this.#takesNone(peer)) {
        return this.#drop(peer, `transaction (${displayHash(item.hash)}) inv sent in violation of protocol`);
      }
      announce.addKnown(peer, item.hash);
      // What cannot be noted need not be looked up: a flood is to cost its sender more than us.
      if (chain.isInitialBlockDownload || !this.#hasRoomFor(peer)) continue;
      const reference = { hash: item.hash, isWtxid: item.type === MSG_WTX };
      const isKnown = this.#isKnown(reference);
      const news = isKnown ? "have" : "new";
      logger.debug("net", () => `got inv: ${inventoryText(item)} ${news} peer=${peer.id}`);
      if (!isKnown) this.#note(peer, reference);
      else if (reference.isWtxid) parentsLeft -= this.#orphans.announced(item.hash, peer.id, parentsLeft);
    }
  }

  /** Whoever has a child has its parents. */
  #noteParents(id: PeerId, parents: readonly Txid[]): boolean {
    const peer = this.#peers.get(id);
    if (peer === undefined || !this.#hasRoomFor(peer, parents.length)) return false;
    for (const hash of parents) this.#note(peer, { hash, isWtxid: false });
    return true;
  }

  #note(peer: Peer, reference: TxReference): void {
    const isTrusted = peer.permissions.has("relay");
    const preferred = isPreferred(peer);
    let delays = preferred ? 0 : 1;
    if (!reference.isWtxid && this.#wtxidPeers > 0) delays++;
    if (!isTrusted && this.#requests.inFlight(peer.id) >= TX_IN_FLIGHT_MAX) delays++;
    const delay = (delays * (this.#options.localPeers ? LOCAL_DELAY : DELAY)) as Duration;
    const from = delays === 0 ? undefined : addDuration(this.#ports.clock.now(), delay);
    this.#requests.announced(peer.id, reference, preferred, from);
  }

  #notFound(peer: Peer, items: readonly InventoryItem[]): void {
    if (items.length > TX_ANNOUNCEMENTS_MAX + BLOCKS_IN_FLIGHT_MAX) return;
    for (const item of items) if (isTxItem(item)) this.#requests.answered(peer.id, item.hash);
  }

  #transaction(peer: Peer, transaction: Transaction): void {
    const { announce, chain } = this.#ports;
    if (this.#takesNone(peer)) return this.#drop(peer, "transaction sent in violation of protocol");
    // Not enough is known yet to judge it; sending it is no offence.
    if (chain.isInitialBlockDownload) return;
    announce.addKnown(peer, peer.features.wtxidRelay ? transaction.wtxid : transaction.txid);
    this.#requests.answered(peer.id, transaction.txid);
    if (transaction.hasWitness) this.#requests.answered(peer.id, transaction.wtxid);
    if (this.#isKnown({ hash: transaction.wtxid, isWtxid: true })) return this.#forceRelay(peer, transaction);
    this.#try(peer, transaction, () => {});
  }

  /** The peer is parked meanwhile; what comes of it is no matter of a peer that is gone by then. */
  #try(peer: Peer, transaction: Transaction, done: (admission: Admission) => void): void {
    const { outbox } = this.#ports;
    let isJudged = false;
    let isParked = false;
    this.#submit(transaction, peer.id, (admission) => {
      isJudged = true;
      done(admission);
      if (this.#peers.get(peer.id) !== peer) return;
      this.#judged(peer, transaction, admission);
      if (isParked && this.#peers.get(peer.id) === peer) outbox.unpark(peer);
    });
    if (isJudged) return;
    isParked = true;
    outbox.park(peer);
  }

  #holdBack(id: PeerId): void {
    const peer = this.#peers.get(id);
    if (peer === undefined || this.#heldBack.has(peer)) return;
    this.#heldBack.add(peer);
    this.#ports.outbox.park(peer);
  }

  /** A gateway for nodes behind it may have what they send passed on once more. */
  #forceRelay(peer: Peer, { txid, wtxid }: Transaction): void {
    if (!peer.permissions.has("forcerelay")) return;
    const { announce, logger, mempool } = this.#ports;
    const entry = mempool.get(txid);
    const ids = `${idsText({ txid, wtxid })} from`;
    if (entry === undefined) {
      logger.info(`Not relaying non-mempool transaction ${ids} forcerelay peer=${peer.id}`);
      return;
    }
    logger.info(`Force relaying tx ${ids} peer=${peer.id}`);
    announce.transactionAccepted(entry);
  }

  #submit(transaction: Transaction, peer: PeerId, done: (admission: Admission) => void): void {
    const key = hashKey(transaction.wtxid);
    this.#submitted.set(key, peer);
    this.#ports.mempool.submit(transaction, (admission) => {
      this.#submitted.delete(key);
      done(admission);
    });
  }

  #judged(peer: Peer, transaction: Transaction, admission: Admission): void {
    const { clock, logger, mempool } = this.#ports;
    const refused = (why: string): void => {
      logger.debug("mempoolrej", () => {
        return `${idsText(transaction)} from peer=${peer.id} was not accepted: ${why}`;
      });
    };
    switch (admission.type) {
      case "accepted":
        peer.stats.lastTransactionAt = clock.now();
        logger.debug("mempool", () => {
          const pool = `(poolsz ${mempool.size} txn, ${Math.floor(mempool.usage / 1000)} kB)`;
          return `AcceptToMemoryPool: peer=${peer.id}: accepted ${idsText(transaction)} ${pool}`;
        });
        return;
      case "known":
        this.#forget(transaction);
        return;
      case "missing-inputs":
        refused("bad-txns-inputs-missingorspent");
        // Of one that is kept, all that can be done was done before.
        if (this.#orphans.has(transaction.wtxid)) return;
        return this.#keepOrphan(peer, transaction);
      case "rejected":
        refused(describeViolation(admission.violation));
        this.#ports.transactionRejected(transaction, admission.violation, peer);
        // Without its witness, its id is the txid of the one that has it.
        if (admission.isStripped === true) this.#orphans.delete(transaction.wtxid);
        else this.#reject(transaction);
    }
  }

  #reject(transaction: Transaction): void {
    this.#known.rejected(transaction.wtxid);
    this.#requests.forgetTransaction(transaction.wtxid);
    this.#orphans.delete(transaction.wtxid);
  }

  /** Asks for the parents of a transaction, of whoever has it, and keeps it until they come. */
  #keepOrphan(peer: Peer, transaction: Transaction): void {
    const { announce, logger } = this.#ports;
    const { txid, wtxid } = transaction;
    const parents = parentsOf(transaction);
    if (parents.some((parent) => this.#known.isRejected(parent))) {
      logger.debug("mempool", () => `not keeping orphan with rejected parents ${idsText(transaction)}`);
      this.#known.rejected(txid);
      return this.#reject(transaction);
    }
    for (const parent of parents) announce.addKnown(peer, parent);
    const others = [...this.#requests.candidatePeers(txid), ...this.#requests.candidatePeers(wtxid)];
    this.#orphans.keep(transaction, peer.id, others);
    this.#forget(transaction);
  }

  /** An orphan whose parent has come. */
  #retry(transaction: Transaction, id: PeerId, done: (admission: Admission) => void): void {
    const peer = this.#peers.get(id);
    if (peer === undefined || this.#submitted.has(hashKey(transaction.wtxid))) return;
    this.#try(peer, transaction, done);
  }

  /** Whether there is no use in asking for it. */
  #isKnown({ hash, isWtxid }: TxReference): boolean {
    const { mempool } = this.#ports;
    // By wtxid only: under one txid there may be a copy with a bad witness.
    if (this.#orphans.has(hash) || this.#submitted.has(hashKey(hash))) return true;
    if (this.#known.has(hash)) return true;
    return (isWtxid ? mempool.getByWtxid(hash) : mempool.get(hash as Txid)) !== undefined;
  }

  /** Whether so many more announcements of this peer would be noted. */
  #hasRoomFor({ id, permissions }: Peer, more = 1): boolean {
    if (permissions.has("relay")) return true;
    return mayAnnounce(more, this.#requests.count(id), this.#requests.size, this.#peers.size);
  }

  #forget({ txid, wtxid }: Transaction): void {
    this.#requests.forgetTransaction(txid);
    this.#requests.forgetTransaction(wtxid);
  }

  #advance(): void {
    const { clock, logger } = this.#ports;
    for (const late of this.#requests.advance(clock.now())) {
      logger.debug("net", () => `timeout of inflight ${referenceText(late)} from peer=${late.peer}`);
    }
  }

  /** Transactions are not to be sent to us on this connection. */
  #takesNone(peer: Peer): boolean {
    if (peer.type === "block-relay-only" || peer.type === "feeler") return true;
    return this.#options.blocksOnly && !peer.permissions.has("relay");
  }

  #drop(peer: Peer, why: string): void {
    this.#ports.logger.debug("net", () => `${why}, disconnecting peer=${peer.id}`);
    this.#ports.outbox.disconnect(peer, "transaction-unwanted");
  }
}
