/**
 * Fetches the blocks of the best header's chain, from all peers at once.
 *
 * Each peer is asked for at most 16 at a time, within a window of 1,024 past what we have: one that
 * holds up the window is dropped after 2 s, a time that doubles with each such drop, up to 64 s,
 * and shrinks with each block connected. A block that was announced while we are near the tip is
 * fetched at once from who announced it.
 *
 * A request belongs to the peer it was made of: what anyone else sends clears it only if it is the block, and
 * is kept. An idle peer is asked beside those that take long (block_requests.ts).
 *
 * Needs from the node: `blockConnected()`, `backgroundConnected()` and `blockChecked(event)`, for each such
 * event of the chain; `headersReceived` is called by header sync, which must come before it in the node's
 * list.
 *
 * Source: Bitcoin Core, net_processing.cpp, FindNextBlocksToDownload, HeadersDirectFetchBlocks,
 * SendMessages, and the handling of `block`.
 *
 * @module
 */
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import { addDuration, type Clock, type Duration, earlier, type Instant, seconds } from "../base/time.ts";
import type { BlockVerdict, ChainEvent } from "../chain/chain_ports.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import { blockWork } from "../primitives/target.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import type { Block } from "../primitives/block.ts";
import { displayHash, type HashKey, hashKey } from "../primitives/hash.ts";
import type { Message } from "../wire/message.ts";
import { MSG_BLOCK, MSG_WITNESS_BLOCK } from "../wire/messages/inventory.ts";
import {
  type BlockQuestion, BLOCKS_IN_FLIGHT_MAX, chooseBlocks, chooseHistoricalBlocks,
} from "./choose_blocks.ts";
import { BlockRequests } from "./block_requests.ts";
import type { ProtocolDisconnect } from "./disconnect_reason.ts";
import type { PeerChainViews } from "./peer_chain_view.ts";
import { canServeBlocks, canServeWitnesses, isLimitedPeer, LIMITED_BLOCKS_MIN } from "./peer_services.ts";
import type { Outbox, Protocol } from "./protocol.ts";
import { antiDosWork } from "./work_threshold.ts";

const STALL_TIMEOUT = seconds(2);
const STALL_TIMEOUT_MAX = seconds(64);
const STALL_TIMEOUT_SHRINK = 0.85;
/** A block may take one block interval, and half of one for each other peer that shares our line. */
const BLOCK_TIMEOUT_INTERVALS = 1;
const BLOCK_TIMEOUT_INTERVALS_PER_PEER = 0.5;
/** A tip younger than this many block intervals means that announced blocks are fetched at once. */
const DIRECT_FETCH_INTERVALS = 20;
/**
 * In the initial download a peer is not parked while a block of its is checked that we asked for, when
 * we are this far behind: the checks are then best kept fed, and nothing it says hangs on the outcome.
 * One that lets more blocks than this be connected gives the checks enough to do.
 */
const CATCHING_UP_BLOCKS = BLOCKS_IN_FLIGHT_MAX;

export type BlockDownloadChain = Pick<
  ChainState,
  | "params" | "headers" | "tip" | "bestHeader" | "isInitialBlockDownload" | "isActive"
  | "historicalRange" | "addBlock"
>;

export interface BlockDownloadPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly chain: BlockDownloadChain;
  readonly views: PeerChainViews;
  readonly without?: Without;
}

type Accepted = Extract<BlockVerdict, { readonly type: "accepted" }>;

interface PeerState {
  readonly peer: Peer;
  /** What it was asked for and has not sent, oldest first. */
  readonly requests: Set<BlockId>;
  /** Since when the first of `requests` is awaited. */
  downloadingSince: Instant;
  /** Since when it alone keeps the window from moving. */
  stallingSince: Instant | undefined;
  /** Its block that is being checked, and whose verdict it has to wait for. */
  awaiting: HashKey | undefined;
  isParked: boolean;
}

export class BlockDownload implements Protocol {
  readonly #ports: BlockDownloadPorts;
  readonly #minimumChainWork: bigint;
  readonly #peers = new Map<PeerId, PeerState>();
  readonly #requests = new BlockRequests<PeerState>();
  readonly #downloading = new Set<PeerState>();
  #stallTimeout = STALL_TIMEOUT;
  /** Something happened to one peer that may let us ask others. */
  #isOthersTurn = false;
  readonly #hasTimeouts: boolean;

  constructor(ports: BlockDownloadPorts, options: { readonly minimumChainWork: bigint }) {
    this.#ports = ports;
    this.#minimumChainWork = options.minimumChainWork;
    this.#hasTimeouts = !ports.without?.has("stall-timeouts");
  }

  ready(peer: Peer): void {
    this.#peers.set(peer.id, {
      peer, requests: new Set(), downloadingSince: 0 as Instant, stallingSince: undefined,
      awaiting: undefined, isParked: false,
    });
  }

  closed(peer: Peer): void {
    const state = this.#peers.get(peer.id);
    if (state === undefined) return;
    for (const id of [...state.requests]) this.#clear(state, id);
    this.#peers.delete(peer.id);
    this.#isOthersTurn = true;
  }

  received(peer: Peer, message: Message): void {
    const state = this.#peers.get(peer.id);
    if (state !== undefined && message.type === "block") this.#block(state, message.value.block);
  }

  pass(peer: Peer): void {
    const state = this.#peers.get(peer.id);
    if (state === undefined) return;
    if (this.#dropIfSlow(state)) return;
    this.#request(state);
  }

  woken(): void {
    this.#isOthersTurn = false;
    this.#requests.woken(this.#ports.clock.now());
  }

  wakeAt(): Instant | undefined {
    let at = this.#isOthersTurn ? this.#ports.clock.now() : undefined;
    if (!this.#hasTimeouts) return at;
    at = earlier(at, this.#requests.wakeAt());
    for (const state of this.#downloading) {
      const { stallingSince } = state;
      at = earlier(at, this.#blockDeadline(state));
      if (stallingSince !== undefined) at = earlier(at, addDuration(stallingSince, this.#stallTimeout));
    }
    return at;
  }

  /** Heights of the blocks it was asked for and has not sent: `inflight` of getpeerinfo. */
  inFlight(peer: PeerId): readonly number[] {
    const { headers } = this.#ports.chain;
    return Array.from(this.#peers.get(peer)?.requests ?? [], (id) => headers.height(id));
  }

  /** Height of the last block that we have in common with it, or -1: `synced_blocks` of getpeerinfo. */
  syncedBlocks(peer: Peer): number {
    const { lastCommon } = this.#ports.views.of(peer);
    return lastCommon === undefined ? -1 : this.#ports.chain.headers.height(lastCommon);
  }

  /** Whether any peer was asked for a block that it has not sent. */
  get hasRequests(): boolean {
    return this.#requests.size > 0;
  }

  /** Whether any peer was asked for it and may yet send it. */
  isRequested(id: BlockId): boolean {
    return this.#requests.has(id);
  }

  /**
   * Asks `peer` for one block, whoever was asked before (`getblockfrompeer`). Returns why not, in Bitcoin
   * Core's words.
   */
  fetch(peer: PeerId, id: BlockId): string | undefined {
    const state = this.#peers.get(peer);
    if (state === undefined) return "Peer does not exist";
    if (!canServeWitnesses(state.peer)) return "Pre-SegWit peer";
    if (this.#requests.isOf(id, state)) return "Already requested from this peer";
    this.#clearAll(id);
    this.#ask(state, [id]);
    return undefined;
  }

  /** `peer` has a chain that ends in `last`: near the tip, what is missing of it is fetched at once. */
  headersReceived(peer: Peer, last: BlockId): void {
    const { chain, logger } = this.#ports;
    // What one peer tells, others may have announced before.
    this.#isOthersTurn = true;
    const state = this.#peers.get(peer.id);
    if (state === undefined || !this.#isNearTip() || chain.headers.isInvalid(last)) return;
    if (chain.headers.compareWork(chain.tip, last) > 0) return;
    const missing: BlockId[] = [];
    let walk: BlockId | undefined = last;
    while (walk !== undefined && !chain.isActive(walk) && missing.length <= BLOCKS_IN_FLIGHT_MAX) {
      const isMissing = !chain.headers.hasBlock(walk) && !this.#requests.has(walk);
      if (isMissing && canSend(peer, chain, walk)) missing.push(walk);
      walk = chain.headers.previous(walk);
    }
    const hashText = (id: BlockId): string => displayHash(chain.headers.hash(id));
    const tip = (): string => `${hashText(last)} (${chain.headers.height(last)})`;
    if (walk === undefined || !chain.isActive(walk)) {
      logger.debug("net", () => `Large reorg, won't direct fetch to ${tip()}`);
      return;
    }
    const wanted = missing.reverse().slice(0, Math.max(0, BLOCKS_IN_FLIGHT_MAX - state.requests.size));
    for (const id of wanted) {
      logger.debug("net", () => `Requesting block ${hashText(id)} from peer=${peer.id}`);
    }
    if (wanted.length > 1) {
      logger.debug("net", () => `Downloading blocks toward ${tip()} via headers direct fetch`);
    }
    this.#ask(state, wanted);
  }

  /** A block was connected to the active chain: our own line keeps up. */
  blockConnected(): void {
    if (this.#stallTimeout === STALL_TIMEOUT) return;
    const shorter = seconds(Math.floor((this.#stallTimeout * STALL_TIMEOUT_SHRINK) / 1000));
    this.#stallTimeout = Math.max(shorter, STALL_TIMEOUT) as Duration;
    this.#ports.logger.debug("net", () => {
      return `Decreased stalling timeout to ${this.#stallTimeout / 1000} seconds`;
    });
  }

  /** The same below a snapshot: the window of old blocks has moved on. */
  backgroundConnected(): void {
    this.#isOthersTurn = true;
  }

  /** The chain has judged a block, whoever it came from. */
  blockChecked({ hash, violation, source }: Extract<ChainEvent, { readonly type: "block-checked" }>): void {
    const key = hashKey(hash);
    for (const state of this.#peers.values()) if (state.awaiting === key) this.#unpark(state);
    const state = source === undefined ? undefined : this.#peers.get(source as PeerId);
    // Whoever sent what builds on a bad block could not know that it is bad.
    const isOwnFault = violation !== undefined && violation.rule !== "bad-prevblk";
    if (state !== undefined && isOwnFault) this.#punish(state.peer, violation);
    this.#isOthersTurn = true;
  }

  #block(state: PeerState, block: Block): void {
    const { chain, clock, logger, outbox } = this.#ports;
    const { peer } = state;
    logger.debug("net", () => `received block ${displayHash(block.hash)} peer=${peer.id}`);
    const known = chain.headers.find(block.hash);
    const requested = known !== undefined && this.#requests.has(known);
    if (known !== undefined) this.#clear(state, known);
    this.#isOthersTurn = true;
    // The verdict on it may come before `addBlock` returns.
    state.awaiting = hashKey(block.hash);
    const hasEnoughWork = this.#hasEnoughWork(block);
    const verdict = chain.addBlock(block, { source: peer.id, requested, hasEnoughWork });
    if (verdict.type === "accepted") {
      this.#clearAll(verdict.id);
      peer.stats.lastBlockAt = clock.now();
      if (!this.#shouldPark(verdict, requested)) state.awaiting = undefined;
      if (state.awaiting !== undefined) this.#park(state);
      return;
    }
    state.awaiting = undefined;
    if (verdict.type === "unconnected") outbox.misbehaving(peer, "prev-blk-not-found");
    if (verdict.type !== "invalid") return;
    if (!verdict.mutated) return this.#punish(peer, verdict.violation);
    logger.debug("net", () => `Received mutated block from peer=${peer.id}`);
    outbox.misbehaving(peer, "mutated block");
  }

  /** A header that comes with a block must be worth its place, as one that comes alone. */
  #hasEnoughWork({ header }: Block): boolean {
    const { chain } = this.#ports;
    const parent = chain.headers.find(header.previous);
    if (parent === undefined) return false;
    const work = chain.headers.chainWork(parent) + blockWork(header.bits);
    return work >= antiDosWork(chain, this.#minimumChainWork);
  }

  /** Whether the verdict comes soon, and may bear on what else its sender says. */
  #shouldPark({ id, unlocks }: Accepted, requested: boolean): boolean {
    const { chain } = this.#ports;
    const behind = chain.headers.height(chain.bestHeader) - chain.headers.height(id);
    const isCatchingUp = requested && chain.isInitialBlockDownload && behind >= CATCHING_UP_BLOCKS;
    return unlocks > (isCatchingUp ? CATCHING_UP_BLOCKS : 0);
  }

  #punish(peer: Peer, { rule }: RuleViolation): void {
    // Whose clock is wrong is not known; an inbound peer may just not know what we know to be bad.
    const isPeersOwnView = rule === "duplicate-invalid" && peer.isInbound;
    const isForgiven = rule === "time-too-new" || rule === "too-little-chainwork" || isPeersOwnView;
    if (!isForgiven) this.#ports.outbox.misbehaving(peer, rule);
  }

  #park(state: PeerState): void {
    state.isParked = true;
    this.#ports.outbox.park(state.peer);
  }

  #unpark(state: PeerState): void {
    state.awaiting = undefined;
    if (!state.isParked) return;
    state.isParked = false;
    this.#ports.outbox.unpark(state.peer);
  }

  #request(state: PeerState): void {
    const { chain, clock, logger, views } = this.#ports;
    const { peer } = state;
    const room = BLOCKS_IN_FLIGHT_MAX - state.requests.size;
    if (room <= 0 || !canServeBlocks(peer)) return;
    const mayCatchUp = views.mayDownloadFrom(peer) && !isLimitedPeer(peer);
    if (!mayCatchUp && chain.isInitialBlockDownload) return;
    const question: BlockQuestion = {
      chain, view: views.of(peer), count: room, minimumChainWork: this.#minimumChainWork,
      // Two less than it keeps, for blocks that come while we ask.
      depth: isLimitedPeer(peer) ? LIMITED_BLOCKS_MIN - 2 : undefined,
      canSend: (id) => canSend(peer, chain, id),
      isRequested: (id) => this.#requests.has(id),
    };
    const { blocks: ahead, waitingFor } = chooseBlocks(question);
    const historical = isLimitedPeer(peer) ? [] : chooseHistoricalBlocks(question, room - ahead.length);
    const isIdle = ahead.length + historical.length + state.requests.size === 0 && waitingFor === undefined;
    const blocks = isIdle ? this.#takeOver(state, question) : [...ahead, ...historical];
    for (const id of blocks) {
      logger.debug("net", () => {
        const hash = displayHash(chain.headers.hash(id));
        return `Requesting block ${hash} (${chain.headers.height(id)}) peer=${peer.id}`;
      });
    }
    this.#ask(state, blocks);
    const [staller] = waitingFor === undefined ? [] : this.#requests.sourcesOf(waitingFor);
    if (state.requests.size > 0 || staller === undefined || staller === state) return;
    // What a parked peer sends is not read: that it does not come is our doing.
    if (staller.stallingSince !== undefined || staller.isParked) return;
    staller.stallingSince = clock.now();
    logger.debug("net", () => `Stall started peer=${staller.peer.id}`);
  }

  /** The first block that those who were asked for it keep us waiting for. */
  #takeOver(state: PeerState, question: BlockQuestion): readonly BlockId[] {
    if (!this.#hasTimeouts) return [];
    const now = this.#ports.clock.now();
    const isRequested = (id: BlockId): boolean => {
      return this.#requests.has(id) && !this.#requests.mayAskToo(id, state, now);
    };
    return chooseBlocks({ ...question, count: 1, isRequested }).blocks;
  }

  #ask(state: PeerState, blocks: readonly BlockId[]): void {
    const { chain, clock, outbox, views } = this.#ports;
    if (blocks.length === 0) return;
    if (state.requests.size === 0) state.downloadingSince = clock.now();
    this.#downloading.add(state);
    for (const id of blocks) {
      state.requests.add(id);
      this.#requests.add(id, state, clock.now());
    }
    views.blocksInFlight = this.#requests.size;
    const type = canServeWitnesses(state.peer) ? MSG_WITNESS_BLOCK : MSG_BLOCK;
    const items = blocks.map((id) => ({ type, hash: chain.headers.hash(id) }));
    outbox.send(state.peer, { type: "getdata", value: { items } });
  }

  /** Block `id` is no longer awaited of this peer; nothing changes when it was not. */
  #clear(state: PeerState, id: BlockId): void {
    if (!state.requests.has(id)) return;
    const [first] = state.requests;
    const now = this.#ports.clock.now();
    if (first === id) state.downloadingSince = Math.max(state.downloadingSince, now) as Instant;
    this.#requests.delete(id, state);
    state.requests.delete(id);
    state.stallingSince = undefined;
    if (state.requests.size === 0) this.#downloading.delete(state);
    this.#ports.views.blocksInFlight = this.#requests.size;
  }

  /** It is awaited of nobody. */
  #clearAll(id: BlockId): void {
    for (const state of this.#requests.sourcesOf(id)) this.#clear(state, id);
  }

  #dropIfSlow(state: PeerState): boolean {
    const { chain, clock, logger, outbox } = this.#ports;
    const { peer } = state;
    if (!this.#hasTimeouts) return false;
    const now = clock.now();
    if (state.stallingSince !== undefined && now >= addDuration(state.stallingSince, this.#stallTimeout)) {
      logger.info(`Peer is stalling block download, disconnecting peer=${peer.id}`);
      outbox.disconnect(peer, "block-stalling" satisfies ProtocolDisconnect);
      // So that the next is not dropped as well when it is our own line that is slow.
      this.#stallTimeout = Math.min(this.#stallTimeout * 2, STALL_TIMEOUT_MAX) as Duration;
      logger.debug("net", () => {
        return `Increased stalling timeout temporarily to ${this.#stallTimeout / 1000} seconds`;
      });
      return true;
    }
    const [first] = state.requests;
    if (first === undefined || now < this.#blockDeadline(state)) return false;
    const hash = displayHash(chain.headers.hash(first));
    logger.info(`Timeout downloading block ${hash}, disconnecting peer=${peer.id}`);
    outbox.disconnect(peer, "block-timeout" satisfies ProtocolDisconnect);
    return true;
  }

  #blockDeadline({ downloadingSince }: PeerState): Instant {
    const others = this.#downloading.size - 1;
    const intervals = BLOCK_TIMEOUT_INTERVALS + BLOCK_TIMEOUT_INTERVALS_PER_PEER * others;
    return addDuration(downloadingSince, seconds(intervals * this.#ports.chain.params.work.targetSpacing));
  }

  #isNearTip(): boolean {
    const { chain, clock } = this.#ports;
    const age = clock.unixTime() - chain.headers.time(chain.tip);
    return age < DIRECT_FETCH_INTERVALS * chain.params.work.targetSpacing;
  }
}

/** A peer without witnesses is of no use from segwit on. */
function canSend(peer: Peer, { headers, params }: BlockDownloadChain, id: BlockId): boolean {
  return canServeWitnesses(peer) || headers.height(id) < params.deployments.segwitHeight;
}
