import { addDuration, type Instant, seconds } from "../base/time.ts";
import { TimerTable } from "../base/timer_table.ts";
import type { BlockId } from "../chain/header_index.ts";

/**
 * A block that does not come for so long may be asked of one more peer: a full one takes that long on a line
 * of 6 Mbit/s. Whoever announces a block first and then keeps it to itself delays it by no more than this.
 */
const PATIENCE = seconds(5);
/** So many are asked for one block at most; the last of them is one that we chose ourselves. */
const PEERS_PER_BLOCK_MAX = 3;

/** Who could be asked. */
export interface BlockSource {
  readonly peer: { readonly isInbound: boolean };
  /** What it sends is not read just now: that a block does not come is our doing. */
  readonly isParked: boolean;
}

interface Request<S> {
  readonly sources: Set<S>;
  /** When the last of them was asked. */
  askedAt: Instant;
}

/** Which peers were asked for which blocks, and have not answered. */
export class BlockRequests<S extends BlockSource> {
  readonly #requests = new Map<BlockId, Request<S>>();
  readonly #timers = new TimerTable<BlockId>();

  get size(): number {
    return this.#requests.size;
  }

  has(id: BlockId): boolean {
    return this.#requests.has(id);
  }

  isOf(id: BlockId, source: S): boolean {
    return this.#requests.get(id)?.sources.has(source) ?? false;
  }

  /** Those that were asked, the first foremost. */
  sourcesOf(id: BlockId): readonly S[] {
    return [...(this.#requests.get(id)?.sources ?? [])];
  }

  add(id: BlockId, source: S, now: Instant): void {
    const request = this.#requests.get(id) ?? { sources: new Set(), askedAt: now };
    request.sources.add(source);
    request.askedAt = now;
    this.#requests.set(id, request);
    this.#timers.set(id, addDuration(now, PATIENCE));
  }

  delete(id: BlockId, source: S): void {
    const request = this.#requests.get(id);
    if (request === undefined || !request.sources.delete(source) || request.sources.size > 0) return;
    this.#requests.delete(id);
    this.#timers.cancel(id);
  }

  /** Whether `source` may be asked as well, since those that were are taking long. */
  mayAskToo(id: BlockId, source: S, now: Instant): boolean {
    const request = this.#requests.get(id);
    if (request === undefined || request.sources.has(source)) return false;
    const { sources, askedAt } = request;
    if (now < addDuration(askedAt, PATIENCE) || sources.size >= PEERS_PER_BLOCK_MAX) return false;
    const asked = [...sources];
    if (asked.some(({ isParked }) => isParked)) return false;
    const isLast = asked.length === PEERS_PER_BLOCK_MAX - 1;
    return !isLast || !source.peer.isInbound || asked.some(({ peer }) => !peer.isInbound);
  }

  /** When some block will have taken long. */
  wakeAt(): Instant | undefined {
    return this.#timers.next();
  }

  woken(now: Instant): void {
    while (this.#timers.take(now) !== undefined);
  }
}
