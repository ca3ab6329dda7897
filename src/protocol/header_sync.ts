/**
 * Learns the headers of every peer's chain, before any of its blocks (headers-first).
 *
 * While our best header is old, one peer is asked, and each block that is announced by another
 * adds at most one more; once it is recent, every peer is. What comes back is checked and kept by
 * `chain/`; what a peer is then known to have stands in its `PeerChainView`.
 *
 * Needs from the node: nothing but the calls of `Protocol`. It calls `headersReceived` for the
 * block download, which must come after it in the node's list of protocols.
 *
 * Source: Bitcoin Core, net_processing.cpp, ProcessHeadersMessage and SendMessages. Its two-phase
 * sync of chains with little work (headerssync.h) is not here: see `#isTooLittleWork`.
 *
 * @module
 */
import { equalBytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import {
  addDuration, type Clock, type Duration, elapsed, type Instant, milliseconds, minutes,
} from "../base/time.ts";
import { TimerTable } from "../base/timer_table.ts";
import type { ChainState } from "../chain/chain_state.ts";
import { hashHeaders } from "../chain/header_acceptance.ts";
import type { BlockId } from "../chain/header_index.ts";
import { blockWork, meetsTarget } from "../primitives/target.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import { type BlockHash, displayHash, ZERO_HASH } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import type { Message } from "../wire/message.ts";
import { HEADERS_COUNT_MAX } from "../wire/messages/headers.ts";
import { type InventoryItem, MSG_BLOCK } from "../wire/messages/inventory.ts";
import { type ChainSyncState, IN_STEP, stepChainSync } from "./chain_sync_timeout.ts";
import type { ProtocolDisconnect } from "./disconnect_reason.ts";
import { areContinuous, countByBits } from "./header_batch.ts";
import { inventoryText } from "./inventory_text.ts";
import type { PeerChainViews } from "./peer_chain_view.ts";
import { canServeBlocks, isAutomaticOutbound, isPreferred } from "./peer_services.ts";
import type { Outbox, Protocol } from "./protocol.ts";
import { antiDosWork } from "./work_threshold.ts";

/** A second `getheaders` waits this long for the answer to the first. */
const ANSWER_TIMEOUT = minutes(2);
/** How long the first peer asked has, and how much more for each header that there should be. */
const SYNC_TIMEOUT = minutes(15);
const SYNC_TIMEOUT_PER_HEADER_MS = 1;
/** A best header younger than this, in seconds, means that we are nearly in step: all peers are asked. */
const RECENT_SECONDS = 24 * 60 * 60;
/** So many outbound peers with a good chain are never dropped for falling behind. */
const PROTECTED_PEERS_MAX = 4;
/** Written into `getheaders`; nobody reads it. */
const LOCATOR_VERSION = 70_016;

export type HeaderSyncChain = Pick<
  ChainState,
  | "params" | "headers" | "tip" | "bestHeader" | "isInitialBlockDownload" | "isActive" | "locator"
  | "addHeaders"
>;

export interface HeaderSyncPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly chain: HeaderSyncChain;
  readonly views: PeerChainViews;
  /** `peer` has a chain that ends in `last`; some of its headers may be new. */
  headersReceived(peer: Peer, last: BlockId): void;
}

interface PeerState {
  readonly peer: Peer;
  /** When `getheaders` was sent and not yet answered. */
  askedAt: Instant | undefined;
  /** When the initial sync with it must be over; `undefined` when none is on, or it is over. */
  deadline: Instant | undefined;
  wasAskedForAnInv: boolean;
  wasToldSendHeaders: boolean;
  isProtected: boolean;
  chainSync: ChainSyncState;
  /** When it last told of a block with more work than our tip. */
  lastAnnouncement: Instant | undefined;
}

export class HeaderSync implements Protocol {
  readonly #ports: HeaderSyncPorts;
  readonly #minimumChainWork: bigint;
  readonly #peers = new Map<PeerId, PeerState>();
  readonly #timers = new TimerTable<PeerId | "all">();
  /** Peers of which `isSyncing` is set. */
  #syncing = 0;
  #lastInvAsked: BlockHash | undefined;

  constructor(ports: HeaderSyncPorts, options: { readonly minimumChainWork: bigint }) {
    this.#ports = ports;
    this.#minimumChainWork = options.minimumChainWork;
  }

  ready(peer: Peer): void {
    this.#ports.views.opened(peer);
    this.#peers.set(peer.id, {
      peer, askedAt: undefined, deadline: undefined, wasAskedForAnInv: false, wasToldSendHeaders: false,
      isProtected: false, chainSync: IN_STEP, lastAnnouncement: undefined,
    });
  }

  closed(peer: Peer): void {
    if (!this.#peers.delete(peer.id)) return;
    this.#timers.cancel(peer.id);
    if (this.#ports.views.of(peer).isSyncing) {
      this.#syncing--;
      this.#wakeAll();
    }
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
    this.#startSync(state);
    if (!this.#dropIfSlow(state)) this.#checkChainSync(state);
  }

  woken(): void {
    const now = this.#ports.clock.now();
    while (this.#timers.take(now) !== undefined);
  }

  wakeAt(): Instant | undefined {
    return this.#timers.next();
  }

  /** Height of the best block that it is known to have, or -1: `synced_headers` of getpeerinfo. */
  syncedHeaders(peer: Peer): number {
    const { bestKnown } = this.#ports.views.of(peer);
    return bestKnown === undefined ? -1 : this.#ports.chain.headers.height(bestKnown);
  }

  /** Whether it keeps its place however far it falls behind. */
  isProtected(peer: Peer): boolean {
    return this.#peers.get(peer.id)?.isProtected ?? false;
  }

  /** When it last told of a block with more work than our tip. */
  lastAnnouncement(peer: Peer): Instant | undefined {
    return this.#peers.get(peer.id)?.lastAnnouncement;
  }

  #headers(state: PeerState, received: readonly BlockHeader[]): void {
    const { chain, outbox } = this.#ports;
    if (received.length === 0) {
      // No announcement is empty, so this answers what we asked.
      state.askedAt = undefined;
      return;
    }
    const headers = hashHeaders(received);
    if (!areContinuous(headers)) return outbox.misbehaving(state.peer, "non-continuous headers sequence");
    const parent = chain.headers.find((headers[0] as BlockHeader).previous);
    if (parent === undefined) return this.#unconnected(state, headers);
    state.askedAt = undefined;
    if (this.#isTooLittleWork(state.peer, parent, headers)) return;
    const wasKnown = chain.headers.find((headers.at(-1) as BlockHeader).hash) !== undefined;
    const verdict = chain.addHeaders(headers);
    if (verdict.type === "invalid") this.#punish(state.peer, verdict.violation);
    if (verdict.type === "accepted") this.#accepted(state, verdict.last, headers.length, !wasKnown);
    this.#wakeAll();
  }

  /** An announcement with a gap before it: asks for what lies between. */
  #unconnected(state: PeerState, headers: readonly BlockHeader[]): void {
    const { chain, logger, outbox, views } = this.#ports;
    const { limit } = chain.params.work;
    if (headers.some(({ hash, bits }) => !meetsTarget(hash, bits, limit))) {
      return outbox.misbehaving(state.peer, "header with invalid proof of work");
    }
    const first = headers[0] as BlockHeader;
    if (this.#ask(state, chain.bestHeader)) {
      const height = chain.headers.height(chain.bestHeader);
      logger.debug("net", () => {
        const gap = `missing prev block ${displayHash(first.previous)}`;
        const asking = `sending getheaders (${height}) to end (peer=${state.peer.id})`;
        return `received header ${displayHash(first.hash)}: ${gap}, ${asking}`;
      });
    }
    views.announced(state.peer, (headers.at(-1) as BlockHeader).hash);
  }

  /**
   * Whether these headers are not worth keeping, since their chain has less work than one that we
   * would follow. Part of a long chain (a full message) is taken on the way up, when it has more
   * work than our best header: whoever fills our memory that way pays for it in work.
   */
  #isTooLittleWork(peer: Peer, parent: BlockId, headers: readonly BlockHeader[]): boolean {
    const { chain, logger } = this.#ports;
    const last = chain.headers.find((headers.at(-1) as BlockHeader).hash);
    if (peer.permissions.has("noban") || this.#isOnBestChain(last)) return false;
    let work = chain.headers.chainWork(parent);
    for (const [bits, count] of countByBits(headers)) work += blockWork(bits) * BigInt(count);
    if (work >= antiDosWork(chain, this.#minimumChainWork)) return false;
    const mayGrow = headers.length === HEADERS_COUNT_MAX && work > chain.headers.chainWork(chain.bestHeader);
    if (mayGrow) return false;
    const height = chain.headers.height(parent) + headers.length;
    logger.debug("net", () => `Ignoring low-work chain (height=${height}) from peer=${peer.id}`);
    return true;
  }

  #isOnBestChain(id: BlockId | undefined): boolean {
    const { chain } = this.#ports;
    if (id === undefined) return false;
    return chain.isActive(id) || chain.headers.ancestor(chain.bestHeader, chain.headers.height(id)) === id;
  }

  #punish(peer: Peer, { rule }: RuleViolation): void {
    const { outbox, logger } = this.#ports;
    if (rule === "high-hash") return outbox.misbehaving(peer, "header with invalid proof of work");
    // Whose clock is wrong is not known; and an inbound peer may just follow its own rules.
    const isForgiven = rule === "time-too-new" || (rule === "duplicate-invalid" && peer.isInbound);
    if (!isForgiven) return outbox.misbehaving(peer, "invalid header received");
    logger.debug("net", () => `peer=${peer.id}: invalid header received`);
  }

  #accepted(state: PeerState, last: BlockId, count: number, isNew: boolean): void {
    const { chain, clock, logger, views } = this.#ports;
    const { headers } = chain;
    const { peer } = state;
    const height = headers.height(last);
    const mayHaveMore = count === HEADERS_COUNT_MAX;
    if (mayHaveMore && this.#ask(state, last)) {
      logger.debug("net", () => `more getheaders (${height}) to end to peer=${peer.id}`);
    }
    views.announced(peer, headers.hash(last));
    if (isNew && headers.compareWork(last, chain.tip) > 0) state.lastAnnouncement = clock.now();
    if (!mayHaveMore && this.#dropIfUseless(peer)) return;
    this.#protect(state);
    this.#ports.headersReceived(peer, last);
  }

  /** While we catch up, an outbound place is for a peer whose chain is worth catching up with. */
  #dropIfUseless(peer: Peer): boolean {
    const { chain, logger, outbox, views } = this.#ports;
    const { bestKnown } = views.of(peer);
    if (!chain.isInitialBlockDownload || bestKnown === undefined || !isAutomaticOutbound(peer)) return false;
    if (chain.headers.chainWork(bestKnown) >= this.#minimumChainWork) return false;
    logger.info(`outbound peer headers chain has insufficient work, disconnecting peer=${peer.id}`);
    outbox.disconnect(peer, "insufficient-work" satisfies ProtocolDisconnect);
    return true;
  }

  #protect(state: PeerState): void {
    const { chain, logger, views } = this.#ports;
    const { bestKnown } = views.of(state.peer);
    if (state.peer.type !== "outbound-full-relay" || state.isProtected || bestKnown === undefined) return;
    if (chain.headers.compareWork(bestKnown, chain.tip) < 0) return;
    let protectedCount = 0;
    for (const each of this.#peers.values()) if (each.isProtected) protectedCount++;
    if (protectedCount >= PROTECTED_PEERS_MAX) return;
    logger.debug("net", () => `Protecting outbound peer=${state.peer.id} from eviction`);
    state.isProtected = true;
  }

  #inv(state: PeerState, items: readonly InventoryItem[]): void {
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
  #askForInv(state: PeerState, hash: BlockHash): void {
    const { chain, logger, views } = this.#ports;
    const { isSyncing } = views.of(state.peer);
    const isNewBlock = this.#lastInvAsked === undefined || !equalBytes(this.#lastInvAsked, hash);
    if (!isSyncing && (state.wasAskedForAnInv || !isNewBlock)) return;
    if (this.#ask(state, chain.bestHeader)) {
      const height = chain.headers.height(chain.bestHeader);
      logger.debug("net", () => `getheaders (${height}) ${displayHash(hash)} to peer=${state.peer.id}`);
    }
    if (isSyncing) return;
    state.wasAskedForAnInv = true;
    this.#lastInvAsked = hash;
  }

  /** Sends `getheaders` from `from` on, unless an earlier one may still be answered. */
  #ask(state: PeerState, from: BlockId): boolean {
    const { chain, clock, outbox } = this.#ports;
    const now = clock.now();
    if (state.askedAt !== undefined && elapsed(state.askedAt, now) <= ANSWER_TIMEOUT) return false;
    const value = { version: LOCATOR_VERSION, locator: chain.locator(from), stop: ZERO_HASH as BlockHash };
    outbox.send(state.peer, { type: "getheaders", value });
    state.askedAt = now;
    return true;
  }

  /** BIP130, once its chain is seen to be a good one: announcements in the middle of a sync confuse it. */
  #tellSendHeaders(state: PeerState): void {
    const { chain, outbox, views } = this.#ports;
    if (state.wasToldSendHeaders) return;
    const { bestKnown } = views.of(state.peer);
    if (bestKnown === undefined || chain.headers.chainWork(bestKnown) <= this.#minimumChainWork) return;
    outbox.send(state.peer, { type: "sendheaders", value: null });
    state.wasToldSendHeaders = true;
  }

  #startSync(state: PeerState): void {
    const { chain, clock, logger, views } = this.#ports;
    const { peer } = state;
    const view = views.of(peer);
    if (view.isSyncing || !canServeBlocks(peer)) return;
    const isFirst = this.#syncing === 0 && views.mayDownloadFrom(peer);
    if (!isFirst && !this.#isRecent()) return;
    // From the block before our best one, so that a peer in step has a header to answer with.
    const start = chain.headers.previous(chain.bestHeader) ?? chain.bestHeader;
    if (!this.#ask(state, start)) return;
    logger.debug("net", () => `initial getheaders (${chain.headers.height(start)}) to peer=${peer.id}`);
    view.isSyncing = true;
    this.#syncing++;
    state.deadline = addDuration(clock.now(), this.#syncTimeout());
    this.#timers.set(peer.id, state.deadline);
  }

  #syncTimeout(): Duration {
    const { chain, clock } = this.#ports;
    const age = clock.unixTime() - chain.headers.time(chain.bestHeader);
    const expected = Math.max(0, age / chain.params.work.targetSpacing);
    return (SYNC_TIMEOUT + expected * SYNC_TIMEOUT_PER_HEADER_MS) as Duration;
  }

  #isRecent(): boolean {
    const { chain, clock } = this.#ports;
    return chain.headers.time(chain.bestHeader) > clock.unixTime() - RECENT_SECONDS;
  }

  /** Drops the one peer that we sync from when it takes too long and another could do it. */
  #dropIfSlow(state: PeerState): boolean {
    const { clock, logger, outbox, views } = this.#ports;
    const { peer } = state;
    if (state.deadline === undefined) return false;
    if (this.#isRecent()) {
      state.deadline = undefined;
      return false;
    }
    const others = views.preferredCount - (isPreferred(peer) ? 1 : 0);
    if (clock.now() < state.deadline || this.#syncing !== 1 || others === 0) return false;
    if (!peer.permissions.has("noban")) {
      logger.info(`Timeout downloading headers, disconnecting peer=${peer.id}`);
      outbox.disconnect(peer, "headers-timeout" satisfies ProtocolDisconnect);
      return true;
    }
    logger.info(`Timeout downloading headers from noban peer, not disconnecting peer=${peer.id}`);
    views.of(peer).isSyncing = false;
    state.deadline = undefined;
    this.#syncing--;
    this.#wakeAll();
    return false;
  }

  #checkChainSync(state: PeerState): void {
    const { chain, clock, logger, outbox, views } = this.#ports;
    const { peer } = state;
    const { bestKnown, isSyncing } = views.of(peer);
    if (state.isProtected || !isSyncing || !isAutomaticOutbound(peer)) return;
    const before = state.chainSync;
    const step = stepChainSync(before, {
      now: clock.now(),
      peerWork: bestKnown === undefined ? undefined : chain.headers.chainWork(bestKnown),
      tip: chain.tip,
      tipWork: chain.headers.chainWork(chain.tip),
    });
    state.chainSync = step.state;
    if (step.state !== before && step.state.name !== "in-step") {
      this.#timers.set(peer.id, addDuration(step.state.until, milliseconds(1)));
    }
    const hashText = (id: BlockId): string => displayHash(chain.headers.hash(id));
    const best = (): string => (bestKnown === undefined ? "<none>" : hashText(bestKnown));
    if (step.action === "drop") {
      logger.info(`Outbound peer has old chain, best known block = ${best()}, disconnecting peer=${peer.id}`);
      outbox.disconnect(peer, "old-chain" satisfies ProtocolDisconnect);
    } else if (step.action === "ask" && step.state.name !== "in-step") {
      const { benchmark } = step.state;
      this.#ask(state, chain.headers.previous(benchmark) ?? benchmark);
      logger.debug("net", () => {
        const blocks = `(current best known block:${best()}, benchmark blockhash: ${hashText(benchmark)})`;
        return `sending getheaders to outbound peer=${peer.id} to verify chain work ${blocks}`;
      });
    }
  }

  /** Something changed that may let us ask peers which have not just said something. */
  #wakeAll(): void {
    this.#timers.set("all", this.#ports.clock.now());
  }
}
