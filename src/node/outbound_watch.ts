/**
 * Looks from time to time whether outbound peers still serve us well: whether a block should have come
 * by now, and whether there are more peers than there should be.
 *
 * Source: Bitcoin Core, net_processing.cpp (CheckForStaleTipAndEvictPeers, TipMayBeStale).
 *
 * @module
 */
import type { Logger } from "../base/logger.ts";
import {
  addDuration, type Clock, type Duration, elapsed, type Instant, minutes, seconds, toUnixSeconds,
} from "../base/time.ts";
import type { ChainState } from "../chain/chain_state.ts";
import { isTipWithin } from "../chain/tip_age.ts";
import type { ConnectionManager } from "../connections/connection_manager.ts";
import {
  chooseExtraBlockRelay, chooseExtraFullRelay, type ExtraChoice, type OutboundPeer,
} from "../connections/extra_outbound.ts";
import type { Connection } from "../peer/connection.ts";
import type { Conversations } from "./conversations.ts";
import type { Peering } from "./peering.ts";

const CHECK_INTERVAL: Duration = seconds(45);
const STALE_CHECK_INTERVAL: Duration = minutes(10);
/** A tip is stale when no block has come for as long as so many take on average. */
const STALE_BLOCKS = 3;
/** We have caught up when our tip is no more than so many blocks' time old (CanDirectFetch). */
const CAUGHT_UP_BLOCKS = 20;

export interface OutboundWatchPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly chain: Pick<ChainState, "params" | "headers" | "tip" | "isLoadingBlocks">;
  readonly manager: ConnectionManager;
  readonly peering: Peering;
  readonly conversations: Pick<Conversations, "outboundFacts" | "hasBlocksInFlight">;
}

export class OutboundWatch {
  readonly #ports: OutboundWatchPorts;
  #checkAt: Instant;
  #staleCheckAt: Instant;
  #lastTipAt: Instant;
  #hasCaughtUp = false;

  constructor(ports: OutboundWatchPorts) {
    const now = ports.clock.now();
    this.#ports = ports;
    this.#checkAt = addDuration(now, CHECK_INTERVAL);
    this.#staleCheckAt = addDuration(now, STALE_CHECK_INTERVAL);
    this.#lastTipAt = now;
  }

  tipChanged(): void {
    this.#lastTipAt = this.#ports.clock.now();
  }

  wakeAt(): Instant | undefined {
    return this.#ports.manager.limits.automaticOutbound === 0 ? undefined : this.#checkAt;
  }

  work(): void {
    const now = this.#ports.clock.now();
    if (now < this.#checkAt) return;
    this.#checkAt = addDuration(now, CHECK_INTERVAL);
    this.#dropExtra(now);
    if (now >= this.#staleCheckAt) this.#checkTip(now);
    if (!this.#hasCaughtUp && this.#isTipNew()) {
      this.#hasCaughtUp = true;
      this.#ports.manager.caughtUp();
    }
  }

  #dropExtra(now: Instant): void {
    const { peering, manager } = this.#ports;
    const blockRelay: OutboundPeer[] = [];
    const fullRelay: OutboundPeer[] = [];
    for (const connection of peering.all()) {
      if (!connection.isReady) continue;
      if (connection.type === "block-relay-only") blockRelay.push(this.#factsOf(connection));
      else if (connection.type === "outbound-full-relay") fullRelay.push(this.#factsOf(connection));
    }
    const { limits } = manager;
    if (blockRelay.length > limits.blockRelay) this.#dropBlockRelay(chooseExtraBlockRelay(blockRelay, now));
    if (fullRelay.length > limits.fullRelay) this.#dropFullRelay(chooseExtraFullRelay(fullRelay, now));
  }

  #dropBlockRelay(choice: ExtraChoice | undefined): void {
    if (choice === undefined) return;
    const { id, lastBlockAt } = choice.peer;
    if (!choice.goes) return this.#keep("block-relay-only", choice.peer);
    this.#ports.logger.debug("net", () => {
      const at = lastBlockAt === undefined ? 0 : toUnixSeconds(lastBlockAt);
      return `disconnecting extra block-relay-only peer=${id} (last block received at time ${at})`;
    });
    this.#drop(choice.peer);
  }

  #dropFullRelay(choice: ExtraChoice | undefined): void {
    if (choice === undefined) return;
    const { id, lastAnnouncement } = choice.peer;
    if (!choice.goes) return this.#keep("outbound", choice.peer);
    this.#ports.logger.debug("net", () => {
      const at = lastAnnouncement === undefined ? 0 : toUnixSeconds(lastAnnouncement);
      return `disconnecting extra outbound peer=${id} (last block announcement received at time ${at})`;
    });
    this.#drop(choice.peer);
    // We did find somebody: no more are tried until the tip is found stale again.
    this.#ports.manager.wantsExtraFullRelay = false;
  }

  #keep(kind: string, { id, connectedAt, inFlight }: OutboundPeer): void {
    this.#ports.logger.debug("net", () => {
      const why = `(connect time: ${toUnixSeconds(connectedAt)}, blocks_in_flight: ${inFlight})`;
      return `keeping ${kind} peer=${id} chosen for eviction ${why}`;
    });
  }

  #drop({ id }: OutboundPeer): void {
    const connection = this.#ports.peering.get(id);
    if (connection !== undefined) this.#ports.peering.disconnect(connection, "extra-outbound");
  }

  #factsOf(connection: Connection): OutboundPeer {
    const { id, stats, address } = connection;
    const { manager, conversations } = this.#ports;
    return {
      id,
      connectedAt: stats.connectedAt,
      lastBlockAt: stats.lastBlockAt,
      ...conversations.outboundFacts(connection),
      isOnlyOfNetwork: manager.countOfNetwork(address.network) < 2,
    };
  }

  #checkTip(now: Instant): void {
    const { manager, logger } = this.#ports;
    this.#staleCheckAt = addDuration(now, STALE_CHECK_INTERVAL);
    const isStale = this.#isTipStale(now);
    if (isStale) {
      const age = Math.trunc(elapsed(this.#lastTipAt, now) / 1000);
      logger.info("Potential stale tip detected, will try using extra outbound peer " +
        `(last tip update: ${age} seconds ago)`);
    }
    manager.wantsExtraFullRelay = isStale;
  }

  /** Nothing has come for so long that our peers may not tell us. */
  #isTipStale(now: Instant): boolean {
    const { chain, manager, conversations } = this.#ports;
    const mayTell = !chain.isLoadingBlocks && manager.isNetworkActive && manager.choosesPeers;
    const limit = seconds(STALE_BLOCKS * chain.params.work.targetSpacing);
    return mayTell && elapsed(this.#lastTipAt, now) > limit && !conversations.hasBlocksInFlight;
  }

  #isTipNew(): boolean {
    return isTipWithin(this.#ports.chain, this.#ports.clock, CAUGHT_UP_BLOCKS);
  }
}
