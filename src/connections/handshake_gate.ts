/**
 * Bounds what whoever connects costs us before it has said who it is: a handshake takes memory, a place,
 * and with the encrypted transport a multiplication on the curve.
 *
 * Of one neighbourhood (an IPv4 /24, an IPv6 /64), of one network group (a /16 or /32, or an autonomous
 * system), and of all together, so many handshakes may be under way. For one more, the one that has
 * taken longest goes: of its own neighbourhood or group when these are full, else of the group that has
 * most. So who leaves handshakes open pushes out its own, and an honest peer needs a moment only.
 *
 * In one neighbourhood or group so many may begin in a second: above that they are refused, before
 * anything is made for them.
 *
 * Addresses that are not public say nothing of who is behind them: all that come over Tor, or by way of
 * a container's gateway, have the same one. Those of I2P and CJDNS are free to make. They are in no
 * neighbourhood, and all of a kind are one group without limits of its own.
 *
 * @module
 */
import type { NetGroups } from "../addrbook/net_groups.ts";
import type { Clock, Instant } from "../base/time.ts";
import { type BucketRate, TokenBucket } from "../base/token_bucket.ts";
import type { PeerId } from "../peer/peer.ts";
import { isRoutable, type NetworkAddress } from "../primitives/network_address.ts";

interface GroupLimit {
  /** Handshakes under way. */
  readonly pending: number;
  readonly rate: BucketRate;
}

/** What one machine, or a small office behind one address, needs at most. */
const NEIGHBOURHOOD: GroupLimit = { pending: 8, rate: { burst: 8, perSecond: 2 } };
/**
 * Somebody with many IPv6 prefixes has many neighbourhoods, but few of these. A large host has many
 * honest nodes in one: what a few machines there can do must not keep the others out.
 */
const NET_GROUP: GroupLimit = { pending: 32, rate: { burst: 128, perSecond: 32 } };

/** Of all peers together, at least so many, or half of the inbound places. */
const PENDING_MIN = 32;

export function pendingHandshakesMax(inboundPlaces: number): number {
  return Math.max(PENDING_MIN, Math.floor(inboundPlaces / 2));
}

/** Groups whose rate is remembered, about 1 MB; beyond this those that were seen first are forgotten. */
const BUCKETS_MAX = 4096;

/** Why a handshake may not begin. */
export type GateRefusal = "too many handshakes a second";

interface Group {
  readonly key: string;
  /** `undefined`: it has none of its own. */
  readonly limit: GroupLimit | undefined;
}

/** The larger one last. */
type Groups = readonly [Group, ...Group[]];

export class HandshakeGate {
  readonly #clock: Clock;
  readonly #netGroups: Pick<NetGroups, "group">;
  readonly #pendingMax: number;
  /** By group, in the order in which they began. */
  readonly #pendingOf = new Map<string, Set<PeerId>>();
  /** All of them, with their groups. */
  readonly #pending = new Map<PeerId, Groups>();
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: Clock, netGroups: Pick<NetGroups, "group">, pendingMax: number) {
    this.#clock = clock;
    this.#netGroups = netGroups;
    this.#pendingMax = pendingMax;
  }

  /** Whether one from `address` may begin: `undefined` if so, and then it is counted in its rate. */
  refusal(address: NetworkAddress): GateRefusal | undefined {
    const now = this.#clock.now();
    for (const { key, limit } of this.#groupsOf(address)) {
      if (limit !== undefined && !this.#bucketOf(key, limit, now).take(now)) return "too many handshakes a second";
    }
    return undefined;
  }

  /** Whose handshake is given up for one more from `address`, when as many are under way as may be. */
  mustGoFor(address: NetworkAddress): PeerId | undefined {
    for (const { key, limit } of this.#groupsOf(address)) {
      const pending = this.#pendingOf.get(key);
      if (limit !== undefined && pending !== undefined && pending.size >= limit.pending) return oldest(pending);
    }
    return this.#pending.size < this.#pendingMax ? undefined : oldest(this.#largestGroup());
  }

  began(id: PeerId, address: NetworkAddress): void {
    const groups = this.#groupsOf(address);
    this.#pending.set(id, groups);
    for (const { key } of groups) {
      const pending = this.#pendingOf.get(key);
      if (pending === undefined) this.#pendingOf.set(key, new Set([id]));
      else pending.add(id);
    }
  }

  /** Completed, or given up. */
  ended(id: PeerId): void {
    for (const { key } of this.#pending.get(id) ?? []) {
      const pending = this.#pendingOf.get(key);
      pending?.delete(id);
      if (pending?.size === 0) this.#pendingOf.delete(key);
    }
    this.#pending.delete(id);
  }

  /** Of several of one size, the one with the oldest handshake. */
  #largestGroup(): ReadonlySet<PeerId> {
    let largest: ReadonlySet<PeerId> = new Set();
    for (const groups of this.#pending.values()) {
      const pending = this.#pendingOf.get(groups[groups.length - 1]?.key ?? "");
      if (pending !== undefined && pending.size > largest.size) largest = pending;
    }
    return largest;
  }

  #groupsOf(address: NetworkAddress): Groups {
    const neighbourhood = neighbourhoodOf(address);
    if (neighbourhood === undefined) {
      return [{ key: `any ${isRoutable(address) ? address.network : "local"}`, limit: undefined }];
    }
    return [
      { key: neighbourhood, limit: NEIGHBOURHOOD },
      { key: `group ${this.#netGroups.group(address)}`, limit: NET_GROUP },
    ];
  }

  #bucketOf(key: string, limit: GroupLimit, now: Instant): TokenBucket {
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

function oldest(pending: ReadonlySet<PeerId>): PeerId | undefined {
  for (const id of pending) return id;
  return undefined;
}

/** Addresses that one hand holds for next to nothing; `undefined` where an address says nothing of that. */
function neighbourhoodOf(address: NetworkAddress): string | undefined {
  const { network, bytes } = address;
  if (!isRoutable(address)) return undefined;
  if (network === "ipv4") return `ipv4 ${String.fromCharCode(...bytes.subarray(0, 3))}`;
  return network === "ipv6" ? `ipv6 ${String.fromCharCode(...bytes.subarray(0, 8))}` : undefined;
}
