/**
 * Fetches the blocks of the best header's chain, from all peers at once.
 *
 * Each peer is asked for at most 16 at a time, within a window of 1,024 past what we have; one that
 * takes too long is dropped (block_timeouts.ts). A block that was announced while we are near the tip
 * is fetched at once from who announced it.
 *
 * A request belongs to the peer it was made of: what anyone else sends clears it only if it is the block, and
 * is kept. An idle peer is asked beside those that take long (block_requests.ts).
 *
 * Needs from the node: `blockConnected()`, `backgroundConnected()` and `blockChecked(event)`, for each such
 * event of the chain; `headersReceived` is called by header sync, which must come before it in the node's
 * list.
 *
 * Source: Bitcoin Core, net_processing.cpp, FindNextBlocksToDownload, HeadersDirectFetchBlocks,
 * and SendMessages.
 *
 * @module
 */
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import { type Clock, earlier, type Instant } from "../base/time.ts";
import type { ChainEvent } from "../chain/chain_ports.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import { isTipWithin } from "../chain/tip_age.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import type { Block } from "../primitives/block.ts";
import { displayHash } from "../primitives/hash.ts";
import type { Message, MessageType } from "../wire/message.ts";
import { MSG_BLOCK, MSG_WITNESS_BLOCK } from "../wire/messages/inventory.ts";
import { BlockIntake, type BlockSender } from "./block_intake.ts";
import { BlockRequests } from "./block_requests.ts";
import { BlockTimeouts } from "./block_timeouts.ts";
import {
  type BlockQuestion, BLOCKS_IN_FLIGHT_MAX, chooseBlocks, chooseDirectFetch, chooseHistoricalBlocks,
} from "./choose_blocks.ts";
import type { PeerChainViews } from "./peer_chain_view.ts";
import {
  canServeBlocks, canServeWitnesses, isLimitedPeer, isPreferred, LIMITED_BLOCKS_MIN,
} from "./peer_services.ts";
import type { Outbox, Protocol } from "./protocol.ts";

/** A tip younger than this many block intervals means that announced blocks are fetched at once. */
const DIRECT_FETCH_INTERVALS = 20;

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

interface PeerState extends BlockSender {
  /** What it was asked for and has not sent, oldest first. */
  readonly requests: Set<BlockId>;
  /** Since when the first of `requests` is awaited. */
  downloadingSince: Instant;
  /** Since when it alone keeps the window from moving. */
  stallingSince: Instant | undefined;
}

export class BlockDownload implements Protocol {
  readonly takes: readonly MessageType[] = ["block"];
  readonly #ports: BlockDownloadPorts;
  readonly #minimumChainWork: bigint;
  readonly #peers = new Map<PeerId, PeerState>();
  readonly #requests = new BlockRequests<PeerState>();
  readonly #downloading = new Set<PeerState>();
  readonly #timeouts: BlockTimeouts;
  readonly #intake: BlockIntake;
  /** Something happened to one peer that may let us ask others. */
  #isOthersTurn = false;
  readonly #hasTimeouts: boolean;

  constructor(ports: BlockDownloadPorts, options: { readonly minimumChainWork: bigint }) {
    this.#ports = ports;
    this.#minimumChainWork = options.minimumChainWork;
    this.#timeouts = new BlockTimeouts(ports, this.#downloading);
    this.#intake = new BlockIntake(ports, options);
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
    // Who leaves nothing behind changes nothing, and a round over all peers is not to be had for that.
    if (state.requests.size > 0 || isPreferred(peer)) this.#isOthersTurn = true;
    for (const id of [...state.requests]) this.#clear(state, id);
    this.#peers.delete(peer.id);
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
    const at = this.#isOthersTurn ? this.#ports.clock.now() : undefined;
    if (!this.#hasTimeouts) return at;
    return earlier(at, earlier(this.#requests.wakeAt(), this.#timeouts.wakeAt()));
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

  /**
   * `peer` has a chain that ends in `last`, which we did not know when it `isNew`: near the tip, what is
   * missing of it is fetched at once.
   */
  headersReceived(peer: Peer, last: BlockId, isNew: boolean): void {
    const { chain, clock, logger } = this.#ports;
    // What one peer tells, others may have announced before.
    if (isNew) this.#isOthersTurn = true;
    const state = this.#peers.get(peer.id);
    if (state === undefined || !isTipWithin(chain, clock, DIRECT_FETCH_INTERVALS)) return;
    if (chain.headers.isInvalid(last)) return;
    if (chain.headers.compareWork(chain.tip, last) > 0) return;
    const hashText = (id: BlockId): string => displayHash(chain.headers.hash(id));
    const tip = (): string => `${hashText(last)} (${chain.headers.height(last)})`;
    const wanted = chooseDirectFetch({
      chain, count: BLOCKS_IN_FLIGHT_MAX - state.requests.size,
      canSend: (id) => canSend(peer, chain, id),
      isRequested: (id) => this.#requests.has(id),
    }, last);
    if (wanted === undefined) {
      logger.debug("net", () => `Large reorg, won't direct fetch to ${tip()}`);
      return;
    }
    for (const id of wanted) {
      logger.debug("net", () => `Requesting block ${hashText(id)} from peer=${peer.id}`);
    }
    if (wanted.length > 1) {
      logger.debug("net", () => `Downloading blocks toward ${tip()} via headers direct fetch`);
    }
    this.#ask(state, wanted);
  }

  /** A block was connected to the active chain. */
  blockConnected(): void {
    this.#timeouts.blockConnected();
  }

  /** The same below a snapshot: the window of old blocks has moved on. */
  backgroundConnected(): void {
    this.#isOthersTurn = true;
  }

  /** The chain has judged a block, whoever it came from. */
  blockChecked(event: Extract<ChainEvent, { readonly type: "block-checked" }>): void {
    this.#intake.blockChecked(event, this.#peers);
    this.#isOthersTurn = true;
  }

  #block(state: PeerState, block: Block): void {
    const { chain, logger } = this.#ports;
    logger.debug("net", () => `received block ${displayHash(block.hash)} peer=${state.peer.id}`);
    const known = chain.headers.find(block.hash);
    const requested = known !== undefined && this.#requests.has(known);
    if (known !== undefined) this.#settle(state, known);
    // Others may be asked for what it was asked for; and for nothing else when it was not.
    if (requested) this.#isOthersTurn = true;
    const stored = this.#intake.take(state, block, requested);
    if (stored === undefined) return;
    this.#isOthersTurn = true;
    this.#clearAll(stored);
  }

  /** `state` has sent it, or what pretends to be it: whoever else was asked for it is still awaited. */
  #settle(state: PeerState, id: BlockId): void {
    if (this.#ports.without?.has("block-request-owner")) this.#clearAll(id);
    else this.#clear(state, id);
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
    const { chain, logger, outbox } = this.#ports;
    const verdict = this.#timeouts.verdict(state);
    if (verdict === undefined) return false;
    const { peer, requests: [first] } = state;
    const block = first === undefined ? "" : displayHash(chain.headers.hash(first));
    const isStalling = verdict === "block-stalling";
    const what = isStalling ? "Peer is stalling block download" : `Timeout downloading block ${block}`;
    logger.info(`${what}, disconnecting peer=${peer.id}`);
    outbox.disconnect(peer, verdict);
    if (isStalling) this.#timeouts.stalled();
    return true;
  }
}

/** A peer without witnesses is of no use from segwit on. */
function canSend(peer: Peer, { headers, params }: BlockDownloadChain, id: BlockId): boolean {
  return canServeWitnesses(peer) || headers.height(id) < params.deployments.segwitHeight;
}
