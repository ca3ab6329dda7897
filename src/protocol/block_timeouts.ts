/**
 * How long a peer may take with blocks that it was asked for.
 *
 * One that alone holds up the window is given up on after 2 s, a time that doubles with each such
 * peer, up to 64 s, and shrinks with each block connected. Any other has a block interval for a block.
 *
 * Source: Bitcoin Core, net_processing.cpp, SendMessages and BlockConnected.
 *
 * @module
 */
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import { addDuration, type Clock, type Duration, earlier, type Instant, seconds } from "../base/time.ts";
import type { ChainState } from "../chain/chain_state.ts";

const STALL_TIMEOUT = seconds(2);
const STALL_TIMEOUT_MAX = seconds(64);
const STALL_TIMEOUT_SHRINK = 0.85;
/** A block may take one block interval, and half of one for each other peer that shares our line. */
const BLOCK_TIMEOUT_INTERVALS = 1;
const BLOCK_TIMEOUT_INTERVALS_PER_PEER = 0.5;

/** A peer's blocks, as the clock sees them. */
export interface BlockTiming {
  readonly requests: { readonly size: number };
  /** Since when the first of `requests` is awaited. */
  readonly downloadingSince: Instant;
  /** Since when it alone keeps the window from moving. */
  readonly stallingSince: Instant | undefined;
}

export interface BlockTimeoutsPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly chain: Pick<ChainState, "params">;
  readonly without?: Without;
}

export class BlockTimeouts {
  readonly #ports: BlockTimeoutsPorts;
  readonly #downloading: ReadonlySet<BlockTiming>;
  #stallTimeout = STALL_TIMEOUT;

  /** `downloading`: those of whom blocks are awaited, at any time. */
  constructor(ports: BlockTimeoutsPorts, downloading: ReadonlySet<BlockTiming>) {
    this.#ports = ports;
    this.#downloading = downloading;
  }

  /** Why to give up on it, if its time is over. */
  verdict(timing: BlockTiming): "block-stalling" | "block-timeout" | undefined {
    if (this.#isOff) return undefined;
    const now = this.#ports.clock.now();
    const stallDeadline = this.#stallDeadline(timing);
    if (stallDeadline !== undefined && now >= stallDeadline) return "block-stalling";
    return timing.requests.size > 0 && now >= this.#blockDeadline(timing) ? "block-timeout" : undefined;
  }

  /** When the first verdict is due. */
  wakeAt(): Instant | undefined {
    if (this.#isOff) return undefined;
    let at: Instant | undefined;
    for (const timing of this.#downloading) {
      at = earlier(at, earlier(this.#blockDeadline(timing), this.#stallDeadline(timing)));
    }
    return at;
  }

  /** One was given up on: the next is not to be when it is our own line that is slow. */
  stalled(): void {
    this.#stallTimeout = Math.min(this.#stallTimeout * 2, STALL_TIMEOUT_MAX) as Duration;
    this.#ports.logger.debug("net", () => {
      return `Increased stalling timeout temporarily to ${this.#stallTimeout / 1000} seconds`;
    });
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

  get #isOff(): boolean {
    return this.#ports.without?.has("stall-timeouts") ?? false;
  }

  #stallDeadline({ stallingSince }: BlockTiming): Instant | undefined {
    return stallingSince === undefined ? undefined : addDuration(stallingSince, this.#stallTimeout);
  }

  #blockDeadline({ downloadingSince }: BlockTiming): Instant {
    const others = this.#downloading.size - 1;
    const intervals = BLOCK_TIMEOUT_INTERVALS + BLOCK_TIMEOUT_INTERVALS_PER_PEER * others;
    return addDuration(downloadingSince, seconds(intervals * this.#ports.chain.params.work.targetSpacing));
  }
}
