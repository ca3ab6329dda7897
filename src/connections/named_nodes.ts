/**
 * Nodes that the operator has named (`-addnode`, `-connect`, `addnode`): to be connected at all times,
 * and dialled again when they are not, ever more seldom the more often that fails.
 *
 * @module
 */
import { type Clock, earlier, type Instant, milliseconds, seconds } from "../base/time.ts";
import type { Peer } from "../peer/peer.ts";
import { dialKey } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { DialBackoff, LOCAL_WAIT } from "./dial_backoff.ts";

/** Waits after failures; Bitcoin Core's `addnode` waits a minute. */
const ADDED_WAIT = { first: milliseconds(500), longest: seconds(60) };
/** `connect`: without these there is no network at all. */
const CONNECT_ONLY_WAIT = { first: milliseconds(500), longest: seconds(5) };

/** As they can be given by hand; far more than there are places for. */
const NAMED_MAX = 1000;

/** A node of `-addnode`. */
export interface AddedNode {
  readonly address: NetworkAddress;
  /** As the operator wrote it. @default as `formatAddress` does */
  readonly text?: string;
}

export interface NamedNode {
  readonly address: NetworkAddress;
  /** As the operator wrote it; `undefined` for those that are not listed (`-connect`, seeds, neighbours). */
  readonly text: string | undefined;
  /** Whether to try the encrypted transport; `undefined` leaves that to the node's option. */
  readonly wantsV2: boolean | undefined;
}

export class NamedNodes {
  readonly #clock: Clock;
  readonly #nodes = new Map<string, NamedNode>();
  readonly #backoff: DialBackoff;

  constructor(clock: Clock, settings: { readonly localPeers: boolean; readonly isOnly: boolean }) {
    this.#clock = clock;
    const wait = settings.isOnly ? CONNECT_ONLY_WAIT : ADDED_WAIT;
    this.#backoff = new DialBackoff(clock, settings.localPeers ? LOCAL_WAIT : wait);
  }

  [Symbol.iterator](): Iterator<NamedNode> {
    return this.#nodes.values();
  }

  has(address: NetworkAddress): boolean {
    return this.#nodes.has(dialKey(address));
  }

  /** False when it is there already, or there are too many. */
  add(address: NetworkAddress, text?: string, wantsV2?: boolean): boolean {
    if (this.has(address) || this.#nodes.size >= NAMED_MAX) return false;
    this.#nodes.set(dialKey(address), { address, text, wantsV2 });
    return true;
  }

  /** The one that is listed as `text`. False when there is none. */
  remove(text: string): boolean {
    for (const [key, node] of this.#nodes) if (node.text === text) return this.#nodes.delete(key);
    return false;
  }

  /** Those that were not tried too recently, and when to ask again for the others. */
  due(isBusy: (address: NetworkAddress) => boolean): {
    readonly nodes: readonly NamedNode[];
    readonly wakeAt: Instant | undefined;
  } {
    const now = this.#clock.now();
    const nodes: NamedNode[] = [];
    let wakeAt: Instant | undefined;
    for (const [key, node] of this.#nodes) {
      if (isBusy(node.address)) continue;
      const dueAt = this.#backoff.dueAt(key);
      if (dueAt !== undefined && dueAt > now) wakeAt = earlier(wakeAt, dueAt);
      else nodes.push(node);
    }
    return { nodes, wakeAt };
  }

  failed(address: NetworkAddress): void {
    this.#backoff.failed(dialKey(address));
  }

  closed({ address, stats }: Pick<Peer, "address" | "stats">): void {
    this.#backoff.ended(dialKey(address), stats.connectedAt);
  }

  /** All may be dialled at once. */
  forgetFailures(): void {
    this.#backoff.clear();
  }
}
