/**
 * Decides which of the headers that a peer sends may be kept.
 *
 * ```text
 *   not proof of work, or in no order ─────▶ misbehaviour
 *   of a sync under way ───────────────────▶ what it says is ready
 *   on nothing that we know ───────────────▶ unconnected
 *   of a chain with enough work ───────────▶ kept
 *   of one with little, and there is more ─▶ a sync is begun (header_presync.ts)
 *   of one with little, and that is all ───▶ forgotten
 * ```
 *
 * Source: Bitcoin Core, net_processing.cpp, ProcessHeadersMessage.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import type { Clock } from "../base/time.ts";
import type { ChainState } from "../chain/chain_state.ts";
import { hashHeaders } from "../chain/header_acceptance.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { PeerId } from "../peer/peer.ts";
import { displayHash } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import { HEADERS_COUNT_MAX } from "../wire/messages/headers.ts";
import { spendAllowance } from "./header_allowance.ts";
import { areContinuous, claimedWork, haveWork } from "./header_batch.ts";
import type { HeaderPeer } from "./header_peer.ts";
import { HeaderPresync } from "./header_presync.ts";
import type { HeaderRequests } from "./header_requests.ts";
import { PresyncProgress } from "./presync_progress.ts";
import type { Outbox } from "./protocol.ts";
import { antiDosWork } from "./work_threshold.ts";

/**
 * Inbound peers whose chains are synced twice at the same time. Each may take a megabyte and a half; our
 * outbound peers, which are few, always may. One that does not answer makes room for the next.
 */
export const INBOUND_PRESYNCS_MAX = 32;

export type HeaderIntakeChain = Pick<
  ChainState,
  "params" | "headers" | "tip" | "bestHeader" | "isInitialBlockDownload" | "isActive" | "isLoadingBlocks"
>;

export interface HeaderIntakePorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly chain: HeaderIntakeChain;
  readonly requests: HeaderRequests;
  /** Headers up to this height were checked and not kept. */
  presynced(peer: PeerId, height: number): void;
  readonly without?: Without;
}

export type Intake =
  | { readonly type: "nothing" }
  /** Their chain's last header that we know is not to be seen. */
  | { readonly type: "unconnected"; readonly headers: readonly BlockHeader[] }
  | { readonly type: "keep"; readonly headers: readonly BlockHeader[] };

export interface Release {
  readonly state: HeaderPeer;
  readonly headers: readonly BlockHeader[];
  readonly mayHaveMore: boolean;
}

const NOTHING: Intake = { type: "nothing" };

/** `isTrusted`: their chain has shown its work. */
interface Candidates {
  readonly headers: readonly BlockHeader[];
  readonly isTrusted: boolean;
}

export class HeaderIntake {
  readonly #ports: HeaderIntakePorts;
  readonly #minimumChainWork: bigint;
  /** The block in our index on which each sync that is under way builds. */
  readonly #presyncs = new Map<HeaderPeer, BlockId>();
  /** Syncs that give out the headers to be kept; whether the peer may have more after those. */
  readonly #releasing = new Map<HeaderPeer, boolean>();
  readonly #progress: PresyncProgress;

  constructor(ports: HeaderIntakePorts, minimumChainWork: bigint) {
    this.#ports = ports;
    this.#minimumChainWork = minimumChainWork;
    this.#progress = new PresyncProgress({ ...ports, minimumChainWork });
  }

  /** Memory taken by chains that have not shown their work. */
  get bytes(): number {
    let bytes = 0;
    for (const { presync } of this.#presyncs.keys()) bytes += presync?.bytes ?? 0;
    return bytes;
  }

  /** Nothing more is to come of a sync that is under way with this peer. */
  abandon(state: HeaderPeer): void {
    this.#endPresync(state);
  }

  get isReleasing(): boolean {
    return this.#releasing.size > 0;
  }

  /** Further headers to keep of a sync that has come to its end: a few in each turn, since they are many. */
  release(): Release | undefined {
    const [next] = this.#releasing;
    if (next === undefined) return undefined;
    const [state, mayHaveMore] = next;
    const { presync } = state;
    assert(presync !== undefined, "a sync is there until it is over");
    const headers = presync.release();
    if (presync.phase !== "over") return { state, headers, mayHaveMore: true };
    this.#endPresync(state);
    return { state, headers, mayHaveMore };
  }

  take(state: HeaderPeer, received: readonly BlockHeader[]): Intake {
    const { chain, logger, outbox } = this.#ports;
    const { peer } = state;
    if (chain.isLoadingBlocks) {
      logger.debug("net", () => `Unexpected headers message received from peer ${peer.id}`);
      return NOTHING;
    }
    if (received.length === 0) {
      // No announcement is empty, so this answers what we asked: it has no more.
      this.#endPresync(state);
      state.askedAt = undefined;
      return NOTHING;
    }
    if (state.askedAt === undefined && !this.spend(state, received.length)) return NOTHING;
    const headers = hashHeaders(received);
    if (!haveWork(headers, chain.params.work.limit)) {
      outbox.misbehaving(peer, "header with invalid proof of work");
    } else if (!areContinuous(headers)) {
      outbox.misbehaving(peer, "non-continuous headers sequence");
    } else {
      return this.#sift(state, this.#continuePresync(state, headers));
    }
    return NOTHING;
  }

  /** Counts useless headers of a peer. False when there were too many: it is dropped, if it may be. */
  spend(state: HeaderPeer, count: number): boolean {
    const { peer } = state;
    if (peer.permissions.has("noban") || spendAllowance(state, count, this.#ports.clock.now())) return true;
    this.#ports.outbox.misbehaving(peer, "headers flood");
    return false;
  }

  #sift(state: HeaderPeer, { headers, isTrusted }: Candidates): Intake {
    const { chain } = this.#ports;
    const [first, last] = [headers[0], headers.at(-1)];
    if (first === undefined || last === undefined) return NOTHING;
    const parent = chain.headers.find(first.previous);
    if (parent === undefined) return { type: "unconnected", headers };
    // Only what connects can be an answer. What a sync has just asked for is another question.
    if (state.presync === undefined) state.askedAt = undefined;
    const mayBeKept = isTrusted || state.peer.permissions.has("noban") ||
      this.#isOnBestChain(chain.headers.find(last.hash)) || this.#hasEnoughWork(state, parent, headers);
    return mayBeKept ? { type: "keep", headers } : NOTHING;
  }

  /** Begins to sync a chain that has too little work, if it may have more. */
  #hasEnoughWork(state: HeaderPeer, parent: BlockId, headers: readonly BlockHeader[]): boolean {
    const { chain, logger, without } = this.#ports;
    const minimumWork = antiDosWork(chain, this.#minimumChainWork);
    if (chain.headers.chainWork(parent) + claimedWork(headers) >= minimumWork) return true;
    if (without?.has("low-work-headers") || this.#isKnownBad(parent, headers)) return true;
    if (headers.length === HEADERS_COUNT_MAX) {
      this.#startPresync(state, parent, minimumWork);
      if (state.presync !== undefined) this.#continuePresync(state, headers);
      return false;
    }
    const height = chain.headers.height(parent) + headers.length;
    logger.debug("net", () => `Ignoring low-work chain (height=${height}) from peer=${state.peer.id}`);
    return false;
  }

  /** What builds on a bad block is refused at once, rather than synced twice first; what is before it we have. */
  #isKnownBad(parent: BlockId, headers: readonly BlockHeader[]): boolean {
    const index = this.#ports.chain.headers;
    return index.isInvalid(parent) || headers.some(({ hash }) => {
      const known = index.find(hash);
      return known !== undefined && index.isInvalid(known);
    });
  }

  #startPresync(state: HeaderPeer, from: BlockId, minimumWork: bigint): void {
    const { chain, clock, logger } = this.#ports;
    const { peer } = state;
    this.#endPresync(state);
    if (peer.isInbound && !this.#makeRoom()) {
      logger.debug("net", () => `Too many low-work chains are synced, ignoring that of peer=${peer.id}`);
      return;
    }
    const { headers, params } = chain;
    const start = {
      hash: headers.hash(from), height: headers.height(from), bits: headers.bits(from),
      chainWork: headers.chainWork(from), medianTimePast: headers.medianTimePast(from),
    };
    const goal = { peer: peer.id, start, minimumWork, now: clock.unixTime() };
    state.presync = new HeaderPresync(this.#ports, params, goal);
    this.#presyncs.set(state, from);
  }

  /** Whether one more inbound peer's chain may be synced; those that keep us waiting make room for it. */
  #makeRoom(): boolean {
    const inbound = [...this.#presyncs.keys()].filter(({ peer }) => peer.isInbound);
    if (inbound.length < INBOUND_PRESYNCS_MAX || this.#ports.without?.has("presync-places")) return true;
    const overdue = inbound.filter((each) => this.#ports.requests.isOverdue(each));
    for (const each of overdue) this.#endPresync(each);
    return overdue.length > 0;
  }

  #endPresync(state: HeaderPeer): void {
    if (this.#releasing.delete(state)) this.#ports.outbox.unpark(state.peer);
    state.presync = undefined;
    this.#presyncs.delete(state);
    this.#progress.forget(state.peer.id);
  }

  /** Has the sync that is under way take its headers, and asks for the next. */
  #continuePresync(state: HeaderPeer, headers: readonly BlockHeader[]): Candidates {
    const { presync } = state;
    const from = this.#presyncs.get(state);
    const isUnderWay = presync !== undefined && from !== undefined && !this.#releasing.has(state);
    if (!isUnderWay) return { headers, isTrusted: false };
    const isFull = headers.length === HEADERS_COUNT_MAX;
    const step = presync.take(headers, isFull);
    if (step.type === "failed") {
      this.#endPresync(state);
      return { headers: this.spend(state, headers.length) ? headers : [], isTrusted: false };
    }
    state.askedAt = undefined;
    if (step.type === "more") this.#askOn(state, presync, from);
    else if (presync.phase === "over") this.#endPresync(state);
    else this.#startRelease(state, isFull);
    return { headers: step.ready, isTrusted: true };
  }

  /** What the peer says meanwhile would build on headers that are not kept yet. */
  #startRelease(state: HeaderPeer, mayHaveMore: boolean): void {
    this.#progress.forget(state.peer.id);
    this.#releasing.set(state, mayHaveMore);
    this.#ports.outbox.park(state.peer);
  }

  #askOn(state: HeaderPeer, presync: HeaderPresync, from: BlockId): void {
    const { logger, requests } = this.#ports;
    const { peer } = state;
    requests.askAfter(state, presync.next, from);
    logger.debug("net", () => `more getheaders (from ${displayHash(presync.next)}) to peer=${peer.id}`);
    if (presync.progress === undefined) this.#progress.forget(peer.id);
    else this.#progress.reached(peer.id, presync.progress);
  }

  #isOnBestChain(id: BlockId | undefined): boolean {
    const { chain } = this.#ports;
    if (id === undefined) return false;
    return chain.isActive(id) || chain.headers.ancestor(chain.bestHeader, chain.headers.height(id)) === id;
  }
}
