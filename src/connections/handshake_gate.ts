/**
 * Bounds what whoever connects costs us before it has said who it is: a handshake takes memory, a place,
 * and with the encrypted transport a multiplication on the curve.
 *
 * Of one neighbourhood (an IPv4 /24, an IPv6 /64) and of one network group (a /16 or /32, or an
 * autonomous system) so many handshakes may be under way, and so many may begin in a second. Who is
 * above that is refused before anything is made for it. Of all together so many may be under way; then
 * the one that has taken longest goes, since an honest peer needs a moment only.
 *
 * Addresses that are not public say nothing of who is behind them: all that come over Tor, or by way of
 * a container's gateway, have the same one. They are in no neighbourhood, nor are those of I2P and CJDNS,
 * which are free to make: for them the bound on all together must do.
 *
 * @module
 */
import type { NetGroups } from "../addrbook/net_groups.ts";
import type { Clock, Instant } from "../base/time.ts";
import { type BucketRate, TokenBucket } from "../base/token_bucket.ts";
import { Tally } from "../base/tally.ts";
import type { PeerId } from "../peer/peer.ts";
import { isRoutable, type NetworkAddress } from "../primitives/network_address.ts";

interface GroupLimit {
  /** Handshakes under way. */
  readonly pending: number;
  readonly rate: BucketRate;
}

/** What one machine, or a small office behind one address, needs at most. */
const NEIGHBOURHOOD: GroupLimit = { pending: 8, rate: { burst: 8, perSecond: 2 } };
/** Somebody with many IPv6 prefixes has many neighbourhoods, but few of these. */
const NET_GROUP: GroupLimit = { pending: 32, rate: { burst: 32, perSecond: 8 } };

/** Of all peers together, at least so many, or half of the inbound places. */
const PENDING_MIN = 32;

export function pendingHandshakesMax(inboundPlaces: number): number {
  return Math.max(PENDING_MIN, Math.floor(inboundPlaces / 2));
}

/** Groups whose rate is remembered, about 1 MB; beyond this those that were seen first are forgotten. */
const BUCKETS_MAX = 4096;

/** Why a handshake may not begin. */
export type GateRefusal = "too many handshakes under way" | "too many handshakes a second";

interface Group {
  readonly key: string;
  readonly limit: GroupLimit;
}

export class HandshakeGate {
  readonly #clock: Clock;
  readonly #netGroups: Pick<NetGroups, "group">;
  readonly #pendingMax: number;
  readonly #pendingOf = new Tally<string>();
  /** In the order in which they began. */
  readonly #pending = new Map<PeerId, readonly Group[]>();
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock, netGroups: Pick<NetGroups, "group">, pendingMax: number) {
    this.#clock = clock;
    this.#netGroups = netGroups;
    this.#pendingMax = pendingMax;
  }

  /** Handshakes under way. */
  get size(): number {
    return this.#pending.size;
  }

  /** Groups whose rate is remembered. */
  get rememberedGroups(): number {
    return this.#buckets.size;
  }

  /** Whether one from `address` may begin: `undefined` if so, and then it is counted in its rate. */
  refusal(address: NetworkAddress): GateRefusal | undefined {
    const now = this.#clock.now();
    const groups = this.#groupsOf(address);
    if (groups.some(({ key, limit }) => this.#pendingOf.count(key) >= limit.pending)) {
      return "too many handshakes under way";
    }
    for (const group of groups) {
      if (!this.#bucketOf(group, now).take(now)) return "too many handshakes a second";
    }
    return undefined;
  }

  /** Who has to go for one more, when as many are under way as may be. */
  get longestPending(): PeerId | undefined {
    if (this.#pending.size < this.#pendingMax) return undefined;
    for (const id of this.#pending.keys()) return id;
    return undefined;
  }

  began(id: PeerId, address: NetworkAddress): void {
    const groups = this.#groupsOf(address);
    this.#pending.set(id, groups);
    for (const { key } of groups) this.#pendingOf.add(key);
  }

  /** Completed, or given up. */
  ended(id: PeerId): void {
    for (const { key } of this.#pending.get(id) ?? []) this.#pendingOf.remove(key);
    this.#pending.delete(id);
  }

  #groupsOf(address: NetworkAddress): readonly Group[] {
    const neighbourhood = neighbourhoodOf(address);
    if (neighbourhood === undefined) return [];
    return [
      { key: neighbourhood, limit: NEIGHBOURHOOD },
      { key: `group ${this.#netGroups.group(address)}`, limit: NET_GROUP },
    ];
  }

  #bucketOf({ key, limit }: Group, now: Instant): TokenBucket {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    if (this.#buckets.size >= BUCKETS_MAX) this.#forgetBuckets(now);
    const fresh = new TokenBucket(limit.rate, now);
    this.#buckets.set(key, fresh);
    return fresh;
  }

  /** Those that say nothing any more; and the oldest, up to an eighth, so that it is done seldom. */
  #forgetBuckets(now: Instant): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(key);
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= (BUCKETS_MAX * 7) / 8) return;
      this.#buckets.delete(key);
    }
  }
}

/** Addresses that one hand holds for next to nothing; `undefined` where an address says nothing of that. */
function neighbourhoodOf(address: NetworkAddress): string | undefined {
  const { network, bytes } = address;
  if (!isRoutable(address)) return undefined;
  if (network === "ipv4") return `ipv4 ${String.fromCharCode(...bytes.subarray(0, 3))}`;
  return network === "ipv6" ? `ipv6 ${String.fromCharCode(...bytes.subarray(0, 8))}` : undefined;
}
