import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import { addDuration, type Clock, type Instant, milliseconds } from "../base/time.ts";
import { TimerTable } from "../base/timer_table.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { PeerId } from "../peer/peer.ts";
import { displayHash } from "../primitives/hash.ts";
import { stepChainSync } from "./chain_sync_timeout.ts";
import type { HeaderPeer } from "./header_peer.ts";
import type { HeaderRequests } from "./header_requests.ts";
import type { PeerChainViews } from "./peer_chain_view.ts";
import { isAutomaticOutbound } from "./peer_services.ts";
import type { Outbox } from "./protocol.ts";

/** So many outbound peers with a good chain are never dropped for falling behind. */
const PROTECTED_PEERS_MAX = 4;

export interface ChainSyncWatchPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly chain: Pick<ChainState, "headers" | "tip" | "isInitialBlockDownload">;
  readonly views: PeerChainViews;
  readonly requests: HeaderRequests;
  readonly without?: Without;
}

/** Sees to it that outbound places are held by peers whose chain is worth following. */
export class ChainSyncWatch {
  readonly #ports: ChainSyncWatchPorts;
  readonly #minimumChainWork: bigint;
  readonly #protected = new Set<HeaderPeer>();
  readonly #timers = new TimerTable<PeerId>();

  constructor(ports: ChainSyncWatchPorts, minimumChainWork: bigint) {
    this.#ports = ports;
    this.#minimumChainWork = minimumChainWork;
  }

  closed(state: HeaderPeer): void {
    this.#protected.delete(state);
    this.#timers.cancel(state.peer.id);
  }

  /** While we catch up, an outbound place is for a peer whose chain is worth catching up with. */
  dropIfUseless({ peer }: HeaderPeer): boolean {
    const { chain, logger, outbox, views } = this.#ports;
    const { bestKnown } = views.of(peer);
    if (!chain.isInitialBlockDownload || bestKnown === undefined || !isAutomaticOutbound(peer)) return false;
    if (chain.headers.chainWork(bestKnown) >= this.#minimumChainWork) return false;
    logger.info(`outbound peer headers chain has insufficient work, disconnecting peer=${peer.id}`);
    outbox.disconnect(peer, "insufficient-work");
    return true;
  }

  protect(state: HeaderPeer): void {
    const { chain, logger, views } = this.#ports;
    const { bestKnown } = views.of(state.peer);
    if (state.peer.type !== "outbound-full-relay" || state.isProtected || bestKnown === undefined) return;
    if (chain.headers.compareWork(bestKnown, chain.tip) < 0) return;
    if (this.#protected.size >= PROTECTED_PEERS_MAX) return;
    logger.debug("net", () => `Protecting outbound peer=${state.peer.id} from eviction`);
    state.isProtected = true;
    this.#protected.add(state);
  }

  /** Asks a peer that stays behind once more, and then lets it go. */
  check(state: HeaderPeer): void {
    const { chain, clock, views, without } = this.#ports;
    const { peer } = state;
    if (without?.has("chain-sync-timeout")) return;
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
    if (step.state.name === "in-step") this.#timers.cancel(peer.id);
    else if (step.state !== before) this.#timers.set(peer.id, addDuration(step.state.until, milliseconds(1)));
    if (step.action === "drop") this.#drop(state, bestKnown);
    else if (step.action === "ask" && step.state.name !== "in-step") {
      this.#ask(state, step.state.benchmark, bestKnown);
    }
  }

  woken(): void {
    const now = this.#ports.clock.now();
    while (this.#timers.take(now) !== undefined);
  }

  wakeAt(): Instant | undefined {
    return this.#timers.next();
  }

  #drop({ peer }: HeaderPeer, bestKnown: BlockId | undefined): void {
    const { logger, outbox } = this.#ports;
    const best = this.#hashText(bestKnown);
    logger.info(`Outbound peer has old chain, best known block = ${best}, disconnecting peer=${peer.id}`);
    outbox.disconnect(peer, "old-chain");
  }

  #ask(state: HeaderPeer, benchmark: BlockId, bestKnown: BlockId | undefined): void {
    const { chain, logger, requests } = this.#ports;
    requests.ask(state, chain.headers.previous(benchmark) ?? benchmark);
    logger.debug("net", () => {
      const best = `current best known block:${this.#hashText(bestKnown)}`;
      const blocks = `(${best}, benchmark blockhash: ${this.#hashText(benchmark)})`;
      return `sending getheaders to outbound peer=${state.peer.id} to verify chain work ${blocks}`;
    });
  }

  #hashText(id: BlockId | undefined): string {
    return id === undefined ? "<none>" : displayHash(this.#ports.chain.headers.hash(id));
  }
}
