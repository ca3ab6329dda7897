import type { Without } from "../base/defences.ts";
import { addDuration, type Clock, elapsed, type Instant, milliseconds, minutes } from "../base/time.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import { type BlockHash, ZERO_HASH } from "../primitives/hash.ts";
import type { HeaderPeer } from "./header_peer.ts";
import type { Outbox } from "./protocol.ts";

/** A second `getheaders` waits this long for the answer to the first. */
const ANSWER_TIMEOUT = minutes(2);
/** Written into `getheaders`; nobody reads it. */
const LOCATOR_VERSION = 70_016;

export interface HeaderRequestPorts {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly chain: Pick<ChainState, "locator">;
  readonly without?: Without;
}

/**
 * Sends `getheaders`, one a peer at a time: whatever it says, there is never more than one that it has not
 * answered within the time for an answer.
 */
export class HeaderRequests {
  readonly #ports: HeaderRequestPorts;

  constructor(ports: HeaderRequestPorts) {
    this.#ports = ports;
  }

  /** Asks for what follows `from`. False while an earlier request may still be answered. */
  ask(state: HeaderPeer, from: BlockId): boolean {
    return this.#send(state, () => this.#ports.chain.locator(from));
  }

  /** Asks for what follows `first`, a header that is not in our index and builds on `from`. */
  askAfter(state: HeaderPeer, first: BlockHash, from: BlockId): boolean {
    return this.#send(state, () => [first, ...this.#ports.chain.locator(from)]);
  }

  /** An answer is waited for, and may still come in time. */
  isAwaiting(state: HeaderPeer): boolean {
    return state.askedAt !== undefined && elapsed(state.askedAt, this.#ports.clock.now()) <= ANSWER_TIMEOUT;
  }

  /** Asked, it has said nothing for so long that it is not to be counted on. */
  isOverdue(state: HeaderPeer): boolean {
    return state.askedAt !== undefined && !this.isAwaiting(state);
  }

  /** From when on what was asked at `askedAt` is overdue. */
  overdueAt(askedAt: Instant): Instant {
    return addDuration(askedAt, milliseconds(ANSWER_TIMEOUT + 1));
  }

  #send(state: HeaderPeer, locator: () => readonly BlockHash[]): boolean {
    const { clock, outbox, without } = this.#ports;
    if (this.isAwaiting(state) && !without?.has("one-getheaders")) return false;
    const value = { version: LOCATOR_VERSION, locator: locator(), stop: ZERO_HASH as BlockHash };
    outbox.send(state.peer, { type: "getheaders", value });
    state.askedAt = clock.now();
    return true;
  }
}
