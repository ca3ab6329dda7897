/**
 * Chooses whom to ask for all headers: one peer while our best header is old, every peer once it is recent.
 *
 * The one must get somewhere, or it would hold us up: it is dropped when it takes too long over it and there
 * is another of whom to ask; and already when it has said nothing for two minutes, or come to the end of its
 * headers while our best one is still old, the next peer that we chose gets its turn beside it. Where there is
 * none of those, it is one that connected to us, two minutes later.
 *
 * Source: Bitcoin Core, net_processing.cpp, SendMessages, which has no such next turn.
 *
 * @module
 */
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import {
  addDuration, type Clock, type Duration, earlier, type Instant, milliseconds, minutes,
} from "../base/time.ts";
import { TimerTable } from "../base/timer_table.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import type { HeaderPeer } from "./header_peer.ts";
import type { HeaderRequests } from "./header_requests.ts";
import type { PeerChainViews } from "./peer_chain_view.ts";
import { canServeBlocks, isPreferred } from "./peer_services.ts";
import type { Outbox } from "./protocol.ts";

/** How long the first peer asked has, and how much more for each header that there should be. */
const SYNC_TIMEOUT = minutes(15);
const SYNC_TIMEOUT_PER_HEADER_MS = 1;
/** A best header younger than this, in seconds, means that we are nearly in step: all peers are asked. */
const RECENT_SECONDS = 24 * 60 * 60;
/** Until then, a peer that can be expected to tell no more keeps all those waiting that we did not choose. */
const STRANGERS_WAIT = minutes(2);

export interface SyncSlotPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly chain: Pick<ChainState, "params" | "headers" | "bestHeader" | "isLoadingBlocks">;
  readonly views: PeerChainViews;
  readonly requests: HeaderRequests;
  readonly without?: Without;
}

export class SyncSlot {
  readonly #ports: SyncSlotPorts;
  /** Those of which `isSyncing` is set. */
  readonly #asked = new Set<HeaderPeer>();
  readonly #timers = new TimerTable<PeerId | "all">();

  constructor(ports: SyncSlotPorts) {
    this.#ports = ports;
  }

  closed(state: HeaderPeer): void {
    this.#timers.cancel(state.peer.id);
    if (this.#asked.delete(state)) this.wakeAll();
  }

  /** Asks it for its headers, if it is its turn. */
  start(state: HeaderPeer): void {
    const { chain, clock, logger, requests, views } = this.#ports;
    const { peer } = state;
    const view = views.of(peer);
    if (view.isSyncing || !canServeBlocks(peer) || chain.isLoadingBlocks || !this.#isItsTurn(peer)) return;
    // From the block before our best one, so that a peer in step has a header to answer with.
    const start = chain.headers.previous(chain.bestHeader) ?? chain.bestHeader;
    if (!requests.ask(state, start)) return;
    logger.debug("net", () => `initial getheaders (${chain.headers.height(start)}) to peer=${peer.id}`);
    view.isSyncing = true;
    this.#asked.add(state);
    state.toldAllAt = undefined;
    state.deadline = addDuration(clock.now(), this.#timeout());
  }

  /** Its headers have come to an end. */
  toldAll(state: HeaderPeer): void {
    if (!this.#asked.has(state) || state.toldAllAt !== undefined || this.#isRecent()) return;
    state.toldAllAt = this.#ports.clock.now();
    this.wakeAll();
  }

  /** Drops the one peer that we sync from when it takes too long and another could do it. */
  dropIfSlow(state: HeaderPeer): boolean {
    const { clock, logger, outbox, views, without } = this.#ports;
    const { peer } = state;
    if (state.deadline === undefined || without?.has("stall-timeouts")) return false;
    if (this.#isRecent()) {
      state.deadline = undefined;
      this.#timers.cancel(peer.id);
      return false;
    }
    const now = clock.now();
    this.#setTimer(state, now);
    const others = views.preferredCount - (isPreferred(peer) ? 1 : 0);
    if (now < state.deadline || others === 0 || !this.#isInTheWay(state)) return false;
    if (!peer.permissions.has("noban")) {
      logger.info(`Timeout downloading headers, disconnecting peer=${peer.id}`);
      outbox.disconnect(peer, "headers-timeout");
      return true;
    }
    logger.info(`Timeout downloading headers from noban peer, not disconnecting peer=${peer.id}`);
    views.of(peer).isSyncing = false;
    state.deadline = undefined;
    this.#asked.delete(state);
    this.wakeAll();
    return false;
  }

  /** Something changed that may let us ask peers which have not just said something. */
  wakeAll(): void {
    this.#timers.set("all", this.#ports.clock.now());
  }

  woken(): void {
    const now = this.#ports.clock.now();
    while (this.#timers.take(now) !== undefined);
  }

  wakeAt(): Instant | undefined {
    return this.#timers.next();
  }

  #isItsTurn(peer: Peer): boolean {
    if (this.#isRecent()) return true;
    const { clock, views, without } = this.#ports;
    if (this.#asked.size === 0) return views.mayDownloadFrom(peer);
    if (without?.has("stall-timeouts") || !views.mayDownloadFrom(peer)) return false;
    const now = clock.now();
    const wait = isPreferred(peer) ? milliseconds(0) : STRANGERS_WAIT;
    return [...this.#asked].every((each) => {
      const since = this.#spentAt(each);
      return since !== undefined && now >= addDuration(since, wait);
    });
  }

  /** From when on no more headers are to be expected of it soon. May lie ahead. */
  #spentAt({ askedAt, toldAllAt }: HeaderPeer): Instant | undefined {
    return askedAt === undefined ? toldAllAt : this.#ports.requests.overdueAt(askedAt);
  }

  #isInTheWay(state: HeaderPeer): boolean {
    return this.#asked.size === 1 || this.#ports.requests.isOverdue(state);
  }

  /** When its time is over, and when it no longer keeps others waiting. */
  #setTimer(state: HeaderPeer, now: Instant): void {
    const spentAt = this.#spentAt(state);
    const strangersAt = spentAt === undefined ? undefined : addDuration(spentAt, STRANGERS_WAIT);
    let at: Instant | undefined;
    for (const each of [state.deadline, spentAt, strangersAt]) {
      if (each !== undefined && each > now) at = earlier(at, each);
    }
    if (at === undefined) this.#timers.cancel(state.peer.id);
    else if (this.#timers.at(state.peer.id) !== at) this.#timers.set(state.peer.id, at);
  }

  #timeout(): Duration {
    const { chain, clock } = this.#ports;
    const age = clock.unixTime() - chain.headers.time(chain.bestHeader);
    const expected = Math.max(0, age / chain.params.work.targetSpacing);
    return (SYNC_TIMEOUT + expected * SYNC_TIMEOUT_PER_HEADER_MS) as Duration;
  }

  #isRecent(): boolean {
    const { chain, clock } = this.#ports;
    return chain.headers.time(chain.bestHeader) > clock.unixTime() - RECENT_SECONDS;
  }
}
