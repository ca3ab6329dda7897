/**
 * Who has to go when another wants to come in and there is no room.
 *
 * An attacker who opens many connections should not be able to push out those who serve us. So the
 * best by each of several measures are kept, none of which can be met for all by one hand: place
 * in the network, round trip, transactions and blocks brought, age. Of the rest, the youngest of
 * the largest group goes. Measures, order and numbers are Bitcoin Core's (node/eviction.cpp).
 *
 * @module
 */
import { lastOf } from "../base/last_of.ts";
import type { Duration, Instant } from "../base/time.ts";
import type { PeerId } from "../peer/peer.ts";
import type { NetworkName } from "../primitives/network_address.ts";

export interface EvictionCandidate {
  readonly id: PeerId;
  readonly connectedAt: Instant;
  readonly minPing: Duration | undefined;
  readonly lastBlockAt: Instant | undefined;
  readonly lastTransactionAt: Instant | undefined;
  /** It offers what we would want of a peer of our own choice. */
  readonly isFullNode: boolean;
  /** It wants transactions announced. */
  readonly relay: boolean;
  /** Keyed by a secret, so that nobody can tell which group comes first. */
  readonly groupKey: number;
  readonly isLocal: boolean;
  /** `undefined` for one that is not publicly routable. */
  readonly network: NetworkName | undefined;
  /** It came from an address that misbehaved before. */
  readonly isDiscouraged: boolean;
}

/** Negative when `a` is to go before `b`. */
type Order = (a: EvictionCandidate, b: EvictionCandidate) => number;

type Test = (candidate: EvictionCandidate) => boolean;

const youngestFirst: Order = (a, b) => b.connectedAt - a.connectedAt;
const byGroup: Order = (a, b) => a.groupKey - b.groupKey;
const slowestFirst: Order = (a, b) => compare(b.minPing ?? Infinity, a.minPing ?? Infinity);
const byBlocks: Order = (a, b) =>
  (a.lastBlockAt ?? 0) - (b.lastBlockAt ?? 0)
  || Number(a.isFullNode) - Number(b.isFullNode)
  || youngestFirst(a, b);
const byTransactions: Order = (a, b) =>
  (a.lastTransactionAt ?? 0) - (b.lastTransactionAt ?? 0)
  || Number(a.relay) - Number(b.relay)
  || youngestFirst(a, b);
const byBlocksOfBlockRelay: Order = (a, b) => Number(b.relay) - Number(a.relay) || byBlocks(a, b);

/** Peers on networks with long round trips, which the other measures treat badly. */
const DISADVANTAGED: readonly Test[] = [
  ({ network }) => network === "cjdns",
  ({ network }) => network === "i2p",
  ({ isLocal }) => isLocal,
  ({ network }) => network === "onion",
];

/** Of inbound peers without the `noban` permission, the one to drop; `undefined` when all deserve to stay. */
export function selectEviction(candidates: readonly EvictionCandidate[]): PeerId | undefined {
  let left = protect(candidates, byGroup, 4);
  left = protect(left, slowestFirst, 8);
  left = protect(left, byTransactions, 4);
  left = protect(left, byBlocksOfBlockRelay, 8, ({ relay, isFullNode }) => !relay && isFullNode);
  left = protect(left, byBlocks, 4);
  left = protectByRatio(left);
  // Whoever is the best by a measure stays, discouraged or not; of the others these are the first to go.
  const discouraged = left.filter(({ isDiscouraged }) => isDiscouraged);
  return youngestOfLargestGroup(discouraged.length > 0 ? discouraged : left);
}

/** Without those of the last `count` in `order` that `isWorthy`. */
function protect(
  candidates: readonly EvictionCandidate[],
  order: Order,
  count: number,
  isWorthy: Test = () => true,
): readonly EvictionCandidate[] {
  const last = new Set(lastOf(candidates, order, count));
  return candidates.filter((candidate) => !last.has(candidate) || !isWorthy(candidate));
}

/** Without half of them: the oldest, but up to half of that half from disadvantaged networks. */
function protectByRatio(candidates: readonly EvictionCandidate[]): readonly EvictionCandidate[] {
  const total = Math.trunc(candidates.length / 2);
  const afterNetworks = protectDisadvantaged(candidates, Math.trunc(total / 2));
  const alreadyProtected = candidates.length - afterNetworks.length;
  return protect(afterNetworks, youngestFirst, total - alreadyProtected);
}

/** Shares `places` out among the disadvantaged networks; what the small ones leave goes to the others. */
function protectDisadvantaged(
  candidates: readonly EvictionCandidate[],
  places: number,
): readonly EvictionCandidate[] {
  const countOf = (isOfIt: Test): number => candidates.filter(isOfIt).length;
  const networks = [...DISADVANTAGED].sort((a, b) => countOf(a) - countOf(b));
  let left = candidates;
  for (let free = places; free > 0; free = places - (candidates.length - left.length)) {
    const alive = networks.filter((isOfIt) => left.some(isOfIt));
    if (alive.length === 0) break;
    left = protectShares(left, alive, free);
  }
  return left;
}

/** One round: each network's share of `free` places to its oldest. */
function protectShares(
  candidates: readonly EvictionCandidate[],
  networks: readonly Test[],
  free: number,
): readonly EvictionCandidate[] {
  const share = Math.max(1, Math.trunc(free / networks.length));
  let left = candidates;
  for (const isOfIt of networks) {
    const places = Math.min(share, free - (candidates.length - left.length));
    const oldest = new Set(lastOf(left.filter(isOfIt), youngestFirst, places));
    left = left.filter((candidate) => !oldest.has(candidate));
  }
  return left;
}

function youngestOfLargestGroup(candidates: readonly EvictionCandidate[]): PeerId | undefined {
  const groups = new Map<number, EvictionCandidate[]>();
  for (const candidate of [...candidates].sort(youngestFirst)) {
    const group = groups.get(candidate.groupKey);
    if (group === undefined) groups.set(candidate.groupKey, [candidate]);
    else group.push(candidate);
  }
  let largest: readonly EvictionCandidate[] = [];
  // Groups come in the order of their youngest, so the first of a size is the youngest.
  for (const group of groups.values()) if (group.length > largest.length) largest = group;
  return largest[0]?.id;
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
