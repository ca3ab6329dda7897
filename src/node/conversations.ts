/**
 * All conversations of a node, as one: which there are, in which order they hear of things, and
 * which news of the chain and the mempool concerns which.
 *
 * @module
 */
import type { AddressBook } from "../addrbook/address_book.ts";
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import { type Clock, earlier, type Instant } from "../base/time.ts";
import type { ChainEvent } from "../chain/chain_ports.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { FilterIndex } from "../chain/indexes/filter_index.ts";
import type { Networks } from "../connections/networks.ts";
import type { OutboundPeer } from "../connections/extra_outbound.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { Mempool, MempoolEvent } from "../mempool/mempool.ts";
import type { Connection } from "../peer/connection.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import { formatAddress } from "../primitives/host_text.ts";
import type { NetworkAddress, NetworkHost } from "../primitives/network_address.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { AddrRelay } from "../protocol/addr_relay.ts";
import { BlockAnnounce } from "../protocol/block_announce.ts";
import { BlockDownload } from "../protocol/block_download.ts";
import { BloomServe } from "../protocol/bloom_serve.ts";
import { BlockServe } from "../protocol/block_serve.ts";
import { FilterServe } from "../protocol/filter_serve.ts";
import { FeeFilterProtocol } from "../protocol/fee_filter.ts";
import { GetData } from "../protocol/get_data.ts";
import { HeaderSync } from "../protocol/header_sync.ts";
import { MempoolServe } from "../protocol/mempool_serve.ts";
import type { Orphan } from "../protocol/orphanage.ts";
import { PeerChainViews } from "../protocol/peer_chain_view.ts";
import { PingProtocol } from "../protocol/ping.ts";
import { PrivateDelivery } from "../protocol/private_delivery.ts";
import { PrivateReturn } from "../protocol/private_return.ts";
import type { Outbox, Protocol } from "../protocol/protocol.ts";
import { TxAnnounce } from "../protocol/tx_announce.ts";
import { TxDownload } from "../protocol/tx_download.ts";
import type { UploadLimit } from "../protocol/upload_limit.ts";
import type { Message, MessageType } from "../wire/message.ts";
import type { LocalAddresses } from "./local_addresses.ts";
import type { NodeEventBody } from "./event.ts";
import { currentServices } from "./introduce.ts";
import type { NodeOptions } from "./node_options.ts";
import type { PeerReport } from "./peer_report.ts";
import type { PrivateBroadcast } from "./private_broadcast.ts";

export interface ConversationPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly options: NodeOptions;
  readonly chain: ChainState;
  readonly filters: FilterIndex | undefined;
  readonly mempool: Mempool;
  readonly addresses: AddressBook;
  readonly outbox: Outbox;
  readonly uploads: UploadLimit;
  readonly without: Without;
  readonly networks: Pick<Networks, "isReachable">;
  readonly localAddresses: LocalAddresses;
  readonly privateBroadcast: Pick<PrivateBroadcast, "queue" | "cameBack"> | undefined;
  /** Banned, or discouraged. */
  isShunned(host: NetworkHost): boolean;
  /** Where a peer says that it reached us. */
  seenAs(peer: Peer): NetworkAddress | undefined;
  event(body: NodeEventBody): void;
  transactionRejected(transaction: Transaction, violation: RuleViolation, peer: Peer): void;
}

export class Conversations implements Protocol {
  readonly #ping: PingProtocol;
  readonly #feeFilter: FeeFilterProtocol;
  readonly #addrRelay: AddrRelay;
  readonly #headerSync: HeaderSync;
  readonly #blockDownload: BlockDownload;
  readonly #blockAnnounce: BlockAnnounce;
  readonly #getData: GetData;
  readonly #txAnnounce: TxAnnounce;
  readonly #txDownload: TxDownload;
  readonly #all: readonly Protocol[];
  readonly takes: readonly MessageType[];
  /** With private-broadcast peers. */
  readonly #private: readonly Protocol[];
  readonly #mempool: Mempool;
  readonly #clock: Clock;
  #due: ReadonlySet<Protocol> = new Set();

  constructor(ports: ConversationPorts) {
    const { clock, rng, logger, options, chain, mempool, outbox, addresses, uploads, without } = ports;
    const { privateBroadcast } = ports;
    const { minimumChainWork, minRelayFeeRate, blocksOnly, localPeers, listen, peerTimeout } = options;
    const filters = options.peerBlockFilters ? ports.filters : undefined;
    const ourServices = (): bigint => currentServices(options, chain);
    const views = new PeerChainViews(chain.headers);
    const shared = { clock, rng, logger, outbox, chain, mempool, views, uploads, without };
    this.#mempool = mempool;
    this.#clock = clock;
    this.#ping = new PingProtocol({
      ...shared, peerTimeout,
      measured: ({ id, stats: { pingTime, minPing } }) => {
        const data = { peer: id, milliseconds: pingTime ?? 0, minMilliseconds: minPing ?? 0 };
        ports.event({ type: "peer:ping", data });
      },
    });
    this.#feeFilter = new FeeFilterProtocol(shared, { minRelayFeeRate, blocksOnly });
    this.#addrRelay = new AddrRelay({
      ...shared,
      book: addresses,
      learned: (address, { id }) => {
        ports.event({ type: "addr:learned", data: { address: formatAddress(address), peer: id } });
      },
      rateLimited: ({ id }, count, total) => {
        ports.event({ type: "addr:ratelimited", data: { peer: id, count, total } });
      },
      ownAddress: (peer) => ports.localAddresses.toTell(peer, ports.seenAs(peer)),
      isOwn: (address) => ports.localAddresses.has(address),
      isReachable: (address) => ports.networks.isReachable(address),
      isShunned: ports.isShunned,
    }, { ourServices, listen, localPeers });
    this.#blockDownload = new BlockDownload(shared, { minimumChainWork });
    this.#headerSync = new HeaderSync({
      ...shared,
      headersReceived: (...news) => this.#blockDownload.headersReceived(...news),
      presynced: (peer, height) => ports.event({ type: "header:presync", data: { peer, height } }),
    }, { minimumChainWork });
    this.#blockAnnounce = new BlockAnnounce(shared);
    const isPruned = options.pruneTarget !== undefined;
    const blockServe = new BlockServe(shared, { minimumChainWork, isPruned });
    const bloomServe = new BloomServe({
      ...shared, announceTo: (peer) => this.#txAnnounce.announceTo(peer),
    }, options);
    this.#txAnnounce = new TxAnnounce({
      ...shared,
      concerns: (peer, transaction) => bloomServe.filterOf(peer)?.matches(transaction) ?? true,
    }, { localPeers });
    this.#txDownload = new TxDownload({
      ...shared,
      announce: this.#txAnnounce,
      transactionRejected: (transaction, violation, peer) => {
        ports.transactionRejected(transaction, violation, peer);
      },
    }, { blocksOnly, localPeers });
    this.#getData = new GetData({
      ...shared,
      transactions: this.#txAnnounce,
      filters: bloomServe,
      blockSent: (peer, hash) => blockServe.blockSent(peer, hash),
    }, { ourServices });
    // Header sync comes before all that reads the views of peers' chains; announcing transactions
    // before asking for them, so that what a peer has is known.
    this.#all = [
      ...(privateBroadcast === undefined ? [] : [new PrivateReturn(privateBroadcast)]),
      this.#ping, this.#addrRelay, this.#headerSync, this.#blockAnnounce, blockServe, this.#blockDownload,
      this.#feeFilter, bloomServe, this.#txAnnounce, this.#txDownload, this.#getData,
      new FilterServe({ ...shared, filters }),
      new MempoolServe({ ...shared, announceAll: (peer) => this.#txAnnounce.announceAll(peer) }, options),
    ];
    this.#private = privateBroadcast === undefined
      ? [] : [new PrivateDelivery({ ...shared, queue: privateBroadcast.queue })];
    this.takes = [...this.#all, ...this.#private].flatMap(({ takes }) => takes);
  }

  /** Memory taken by chains of headers that have not shown their work. */
  get presyncBytes(): number {
    return this.#headerSync.presyncBytes;
  }

  get orphans(): Iterable<Orphan> {
    return this.#txDownload.orphans;
  }

  ready(peer: Peer): void {
    for (const each of this.#listFor(peer)) each.ready(peer);
  }

  received(peer: Peer, message: Message): void {
    for (const each of this.#listFor(peer)) if (peer.isReady) each.received(peer, message);
  }

  pass(peer: Peer): void {
    for (const each of this.#listFor(peer)) if (peer.isReady) each.pass(peer);
  }

  closed(peer: Peer): void {
    for (const each of this.#listFor(peer)) each.closed(peer);
  }

  /** Those whose time has come are told; a `passDue` over all peers follows. */
  woken(): void {
    // The clock is read after each was asked: who wants to be woken at once names the time of asking.
    const isDue = (each: Protocol): boolean => (each.wakeAt() ?? Number.POSITIVE_INFINITY) <= this.#clock.now();
    this.#due = new Set(this.#all.filter(isDue));
    for (const each of this.#due) each.woken();
  }

  /**
   * `pass`, for those only that were woken last: with many peers, timers would otherwise cost most of all.
   */
  passDue(peer: Peer): void {
    for (const each of this.#listFor(peer)) if (this.#due.has(each) && peer.isReady) each.pass(peer);
  }

  wakeAt(): Instant | undefined {
    let at: Instant | undefined;
    for (const each of this.#all) at = earlier(at, each.wakeAt());
    return at;
  }

  chainEvent(event: ChainEvent): void {
    switch (event.type) {
      case "header-accepted":
      case "background-disconnected":
        return;
      case "background-connected":
        return this.#blockDownload.backgroundConnected();
      case "snapshot-activated":
      case "snapshot-validated":
        return this.#txDownload.tipChanged();
      case "block-connected":
        this.#txAnnounce.blockConnected(event);
        this.#txDownload.blockConnected(event);
        this.#getData.blockConnected(event);
        return this.#blockDownload.blockConnected();
      case "block-disconnected":
        return this.#txDownload.blockDisconnected();
      case "tip-changed":
        this.#txDownload.tipChanged();
        return this.#blockAnnounce.tipChanged(event);
      case "block-checked":
        return this.#blockDownload.blockChecked(event);
    }
  }

  mempoolEvent(event: MempoolEvent): void {
    if (event.type !== "tx-accepted") return;
    this.#txAnnounce.transactionAccepted(event.entry);
    this.#txDownload.transactionAccepted(event.entry);
  }

  /** The peer that sent what the mempool is just looking at, if one did. */
  sourceOf(transaction: Transaction): PeerId | undefined {
    return this.#txDownload.sourceOf(transaction);
  }

  /** Announces a transaction of the mempool again. */
  announce({ txid }: Transaction): void {
    const entry = this.#mempool.get(txid);
    if (entry !== undefined) this.#txAnnounce.transactionAccepted(entry);
  }

  /** Asks one peer for a block. Returns why not. */
  fetchBlock(peer: PeerId, id: BlockId): string | undefined {
    return this.#blockDownload.fetch(peer, id);
  }

  /** Pings every peer, in the next pass over them. */
  requestPing(): void {
    this.#ping.requestPing();
  }

  /** What is known of an outbound peer when one has to go. */
  outboundFacts(peer: Peer): Pick<OutboundPeer, "lastAnnouncement" | "inFlight" | "isProtected"> {
    return {
      lastAnnouncement: this.#headerSync.lastAnnouncement(peer),
      inFlight: this.#blockDownload.inFlight(peer.id).length,
      isProtected: this.#headerSync.isProtected(peer),
    };
  }

  get hasBlocksInFlight(): boolean {
    return this.#blockDownload.hasRequests;
  }

  report(peer: Connection): Omit<PeerReport, "asn"> {
    const { pending, lastSequence } = this.#txAnnounce.counts(peer);
    const { isEnabled, processed, rateLimited } = this.#addrRelay.report(peer.id);
    return {
      local: peer.local,
      ...(peer.seenAs === undefined ? {} : { localSeen: peer.seenAs }),
      feeFilter: this.#feeFilter.feeRateOf(peer),
      lastInvSequence: lastSequence,
      invToSend: pending,
      relaysTransactions: this.#txAnnounce.isRelaying(peer),
      presyncedHeaders: this.#headerSync.presyncedHeaders(peer),
      syncedHeaders: this.#headerSync.syncedHeaders(peer),
      syncedBlocks: this.#blockDownload.syncedBlocks(peer),
      inFlight: this.#blockDownload.inFlight(peer.id),
      addressRelay: isEnabled,
      addressesProcessed: processed,
      addressesRateLimited: rateLimited,
    };
  }

  /** Private-broadcast peers are given a transaction, and nothing that could tell them whose it is. */
  #listFor({ type }: Peer): readonly Protocol[] {
    return type === "private-broadcast" ? this.#private : this.#all;
  }
}
