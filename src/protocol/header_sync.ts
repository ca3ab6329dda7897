/**
 * Learns the headers of every peer's chain, before any of its blocks (headers-first).
 *
 * Whom to ask is chosen by `SyncSlot`; what comes back passes `HeaderIntake`, is checked and kept by
 * `chain/`, and `ChainSyncWatch` looks at what it says of the peer. What a peer is known to have stands in its
 * `PeerChainView`. A block that is announced by its hash has its peer asked for headers.
 *
 * Needs from the node: nothing but the calls of `Protocol`. It calls `headersReceived` for the
 * block download, which must come after it in the node's list of protocols.
 *
 * Source: Bitcoin Core, net_processing.cpp, ProcessHeadersMessage and SendMessages.
 *
 * @module
 */
import { equalBytes } from "../base/bytes.ts";
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import { type Clock, earlier, type Instant } from "../base/time.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import { describeViolation, type RuleViolation } from "../consensus/rule_violation.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import { type BlockHash, displayHash } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import type { Message, MessageType } from "../wire/message.ts";
import { HEADERS_COUNT_MAX } from "../wire/messages/headers.ts";
import { type InventoryItem, MSG_BLOCK } from "../wire/messages/inventory.ts";
import { ChainSyncWatch } from "./chain_sync_watch.ts";
import { USELESS_HEADERS_MAX } from "./header_allowance.ts";
import { HeaderIntake } from "./header_intake.ts";
import { type HeaderPeer, newHeaderPeer } from "./header_peer.ts";
import { HeaderRequests } from "./header_requests.ts";
import { inventoryText } from "./inventory_text.ts";
import type { PeerChainViews } from "./peer_chain_view.ts";
import type { Outbox, Protocol } from "./protocol.ts";
import { SyncSlot } from "./sync_slot.ts";

export type HeaderSyncChain = Pick<
  ChainState,
  | "params" | "headers" | "tip" | "bestHeader" | "isInitialBlockDownload" | "isLoadingBlocks" | "isActive"
  | "locator" | "addHeaders"
>;

export interface HeaderSyncPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly chain: HeaderSyncChain;
  readonly views: PeerChainViews;
  /** `peer` has a chain that ends in `last`, which we did not know when it `isNew`. */
  headersReceived(peer: Peer, last: BlockId, isNew: boolean): void;
  /** Headers of `peer` up to this height were checked, and are kept once their chain has enough work. */
  presynced(peer: PeerId, height: number): void;
  readonly without?: Without;
}

export class HeaderSync implements Protocol {
  readonly takes: readonly MessageType[] = ["headers", "inv"];
  readonly #ports: HeaderSyncPorts;
  readonly #minimumChainWork: bigint;
  readonly #peers = new Map<PeerId, HeaderPeer>();
  readonly #requests: HeaderRequests;
  readonly #slot: SyncSlot;
  readonly #intake: HeaderIntake;
  readonly #watch: ChainSyncWatch;
  #lastInvAsked: BlockHash | undefined;

  constructor(ports: HeaderSyncPorts, { minimumChainWork }: { readonly minimumChainWork: bigint }) {
    this.#ports = ports;
    this.#minimumChainWork = minimumChainWork;
    this.#requests = new HeaderRequests(ports);
    const shared = { ...ports, requests: this.#requests };
    this.#slot = new SyncSlot(shared);
    this.#intake = new HeaderIntake(shared, minimumChainWork);
    this.#watch = new ChainSyncWatch(shared, minimumChainWork);
  }

  ready(peer: Peer): void {
    this.#ports.views.opened(peer);
    this.#peers.set(peer.id, newHeaderPeer(peer, this.#ports.clock.now(), USELESS_HEADERS_MAX));
  }

  closed(peer: Peer): void {
    const state = this.#peers.get(peer.id);
    if (state === undefined) return;
    this.#peers.delete(peer.id);
    this.#intake.abandon(state);
    this.#watch.closed(state);
    this.#slot.closed(state);
    this.#ports.views.closed(peer);
  }

  received(peer: Peer, message: Message): void {
    const state = this.#peers.get(peer.id);
    if (state === undefined) return;
    if (message.type === "headers") this.#headers(state, message.value.headers);
    else if (message.type === "inv") this.#inv(state, message.value.items);
  }

  pass(peer: Peer): void {
    const state = this.#peers.get(peer.id);
    if (state === undefined) return;
    this.#tellSendHeaders(state);
    this.#slot.start(state);
    if (!this.#slot.dropIfSlow(state)) this.#watch.check(state);
  }

  woken(): void {
    this.#slot.woken();
    this.#watch.woken();
    const release = this.#intake.release();
    if (release !== undefined) this.#keep(release.state, release.headers, release.mayHaveMore);
  }

  wakeAt(): Instant | undefined {
    if (this.#intake.isReleasing) return this.#ports.clock.now();
    return earlier(this.#slot.wakeAt(), this.#watch.wakeAt());
  }

  /** Height of the best block that it is known to have, or -1: `synced_headers` of getpeerinfo. */
  syncedHeaders(peer: Peer): number {
    const { bestKnown } = this.#ports.views.of(peer);
    return bestKnown === undefined ? -1 : this.#ports.chain.headers.height(bestKnown);
  }

  /** Height up to which its headers are checked but not kept, or -1: `presynced_headers` of getpeerinfo. */
  presyncedHeaders(peer: Peer): number {
    return this.#peers.get(peer.id)?.presync?.presyncedHeight ?? -1;
  }

  /** Memory taken by chains that have not shown their work. */
  get presyncBytes(): number {
    return this.#intake.bytes;
  }

  /** Whether it keeps its place however far it falls behind. */
  isProtected(peer: Peer): boolean {
    return this.#peers.get(peer.id)?.isProtected ?? false;
  }

  /** When it last told of a block with more work than our tip. */
  lastAnnouncement(peer: Peer): Instant | undefined {
    return this.#peers.get(peer.id)?.lastAnnouncement;
  }

  #headers(state: HeaderPeer, received: readonly BlockHeader[]): void {
    const intake = this.#intake.take(state, received);
    const mayHaveMore = received.length === HEADERS_COUNT_MAX || state.presync !== undefined;
    if (intake.type === "unconnected") this.#unconnected(state, intake.headers);
    if (intake.type === "keep") this.#keep(state, intake.headers, mayHaveMore);
    if (mayHaveMore) state.toldAllAt = undefined;
    else if (intake.type === "nothing") this.#slot.toldAll(state);
  }

  #keep(state: HeaderPeer, headers: readonly BlockHeader[], mayHaveMore: boolean): void {
    const { chain } = this.#ports;
    const wasKnown = chain.headers.find((headers.at(-1) as BlockHeader).hash) !== undefined;
    const verdict = chain.addHeaders(headers);
    if (verdict.type === "invalid") {
      this.#intake.abandon(state);
      this.#punish(state.peer, verdict.violation);
    }
    if (verdict.type === "accepted") this.#accepted(state, verdict.last, mayHaveMore, !wasKnown);
    if (!mayHaveMore) this.#slot.toldAll(state);
    // What was known already changes nothing for others, and is cheap to say again and again.
    if (!wasKnown) this.#slot.wakeAll();
  }

  /** An announcement with a gap before it: asks for what lies between. */
  #unconnected(state: HeaderPeer, headers: readonly BlockHeader[]): void {
    const { chain, logger, views } = this.#ports;
    const first = headers[0] as BlockHeader;
    if (this.#requests.ask(state, chain.bestHeader)) {
      const height = chain.headers.height(chain.bestHeader);
      logger.debug("net", () => {
        const gap = `missing prev block ${displayHash(first.previous)}`;
        const asking = `sending getheaders (${height}) to end (peer=${state.peer.id})`;
        return `received header ${displayHash(first.hash)}: ${gap}, ${asking}`;
      });
    }
    views.announced(state.peer, (headers.at(-1) as BlockHeader).hash);
  }

  #punish(peer: Peer, violation: RuleViolation): void {
    const { outbox, logger } = this.#ports;
    const { rule } = violation;
    if (rule === "high-hash") return outbox.misbehaving(peer, "header with invalid proof of work");
    if (rule === "duplicate-invalid" && !peer.isInbound) {
      const hint = "If this happens with all peers, consider database corruption (that -reindex may fix) " +
        "or a potential consensus incompatibility.";
      logger.warning(`${describeViolation(violation)} (received from peer=${peer.id}). ${hint}`);
    }
    // Whose clock is wrong is not known; and an inbound peer may just follow its own rules.
    const isForgiven = rule === "time-too-new" || (rule === "duplicate-invalid" && peer.isInbound);
    if (!isForgiven) return outbox.misbehaving(peer, "invalid header received");
    logger.debug("net", () => `peer=${peer.id}: invalid header received`);
  }

  #accepted(state: HeaderPeer, last: BlockId, mayHaveMore: boolean, isNew: boolean): void {
    const { chain, clock, logger, views } = this.#ports;
    const { headers } = chain;
    const { peer } = state;
    const { bestKnown } = views.of(peer);
    const leadsOn = bestKnown === undefined || headers.compareWork(last, bestKnown) > 0;
    if (mayHaveMore && !leadsOn && !this.#intake.spend(state, HEADERS_COUNT_MAX)) return;
    // A sync that is under way has asked already.
    if (mayHaveMore && state.presync === undefined && this.#requests.ask(state, last)) {
      logger.debug("net", () => `more getheaders (${headers.height(last)}) to end to peer=${peer.id}`);
    }
    views.announced(peer, headers.hash(last));
    if (isNew && headers.compareWork(last, chain.tip) > 0) state.lastAnnouncement = clock.now();
    if (!mayHaveMore && this.#watch.dropIfUseless(state)) return;
    this.#watch.protect(state);
    this.#ports.headersReceived(peer, last, isNew);
  }

  #inv(state: HeaderPeer, items: readonly InventoryItem[]): void {
    const { chain, logger, views } = this.#ports;
    const { peer } = state;
    let unknown: BlockHash | undefined;
    for (const item of items) {
      if (item.type !== MSG_BLOCK) continue;
      const hash = item.hash as BlockHash;
      const isKnown = chain.headers.find(hash) !== undefined;
      const news = isKnown ? "have" : "new";
      logger.debug("net", () => `got inv: ${inventoryText(item)} ${news} peer=${peer.id}`);
      views.announced(peer, hash);
      if (!isKnown) unknown = hash;
    }
    if (unknown !== undefined) this.#askForInv(state, unknown);
  }

  /** The last block of an `inv` should be the highest: its headers lead to all the others. */
  #askForInv(state: HeaderPeer, hash: BlockHash): void {
    const { chain, logger, views } = this.#ports;
    const { isSyncing } = views.of(state.peer);
    const isNewBlock = this.#lastInvAsked === undefined || !equalBytes(this.#lastInvAsked, hash);
    if (!isSyncing && (state.wasAskedForAnInv || !isNewBlock)) return;
    if (this.#requests.ask(state, chain.bestHeader)) {
      const height = chain.headers.height(chain.bestHeader);
      logger.debug("net", () => `getheaders (${height}) ${displayHash(hash)} to peer=${state.peer.id}`);
    }
    if (isSyncing) return;
    state.wasAskedForAnInv = true;
    this.#lastInvAsked = hash;
  }

  /** BIP130, once its chain is seen to be a good one: announcements in the middle of a sync confuse it. */
  #tellSendHeaders(state: HeaderPeer): void {
    const { chain, outbox, views } = this.#ports;
    if (state.wasToldSendHeaders) return;
    const { bestKnown } = views.of(state.peer);
    if (bestKnown === undefined || chain.headers.chainWork(bestKnown) <= this.#minimumChainWork) return;
    outbox.send(state.peer, { type: "sendheaders", value: null });
    state.wasToldSendHeaders = true;
  }
}
