/**
 * Which transactions of the mempool go into a block.
 *
 * A transaction is worth what it pays together with those of its ancestors that are not yet in,
 * by weight of all of them: so a child can pay for its parent. The best such package goes in
 * whole, what it brought along is taken off its descendants, and so on until nothing fits.
 *
 * @module
 */
import { Heap } from "../base/heap.ts";
import { BLOCK_SIGOP_COST_MAX, BLOCK_WEIGHT_MAX } from "../consensus/limits.ts";
import { isFinal } from "../consensus/locktime.ts";
import type { MempoolEntry } from "../mempool/mempool.ts";
import { hashKey, type HashKey } from "../primitives/hash.ts";

/** What a block of ours is made within; `DEFAULT_BLOCK_LIMITS` has Bitcoin Core's own. */
export interface BlockLimits {
  /** `-blockmaxweight` */
  readonly weightMax: number;
  /** Kept free for the header, the count and the coinbase (`-blockreservedweight`). */
  readonly reservedWeight: number;
  /** Satoshi per 1,000 virtual bytes below which we leave space empty (`-blockmintxfee`). */
  readonly minFeeRate: number;
  /** Instead of the version that deployments ask for (`-blockversion`, on regtest). */
  readonly version: number | undefined;
}

export const DEFAULT_BLOCK_LIMITS: BlockLimits = {
  weightMax: BLOCK_WEIGHT_MAX,
  reservedWeight: 8_000,
  minFeeRate: 1,
  version: undefined,
};

/** Kept free for the coinbase's outputs. */
const RESERVED_SIGOP_COST = 400;

/** Packages in a row that do not fit before we call a nearly full block full. */
const MISSES_MAX = 1_000;
const NEARLY_FULL_ROOM = 4_000;

export interface BlockPlace {
  readonly height: number;
  /** Median time past of the block before: what locktimes are held against (BIP113). */
  readonly medianTimePast: number;
}

/** An entry, and the sums over it and those of its ancestors that are not yet chosen. */
interface Candidate {
  readonly entry: MempoolEntry;
  readonly parents: Candidate[];
  readonly children: Candidate[];
  isChosen: boolean;
  packageFee: number;
  packageWeight: number;
  packageVsize: number;
  packageSigopCost: number;
}

/** A candidate as it stood when it was put into the heap; stale once its sums have changed. */
interface Offer {
  readonly candidate: Candidate;
  readonly fee: number;
  readonly weight: number;
}

/** In an order that a block may have them: parents first. */
export function selectTransactions(
  entries: Iterable<MempoolEntry>,
  place: BlockPlace,
  { weightMax, reservedWeight, minFeeRate }: BlockLimits = DEFAULT_BLOCK_LIMITS,
): readonly MempoolEntry[] {
  const chosen: MempoolEntry[] = [];
  let weight = reservedWeight;
  let sigopCost = RESERVED_SIGOP_COST;
  let misses = 0;
  const heap = new Heap<Offer>(isBetter);
  for (const candidate of linkedCandidates(entries)) heap.push(offer(candidate));
  for (let best = heap.pop(); best !== undefined; best = heap.pop()) {
    const { candidate } = best;
    if (!isLive(best)) continue;
    if (candidate.packageFee * 1_000 < minFeeRate * candidate.packageVsize) break;
    const members = unchosenAncestry(candidate);
    const fits = weight + candidate.packageWeight < weightMax &&
      sigopCost + candidate.packageSigopCost < BLOCK_SIGOP_COST_MAX &&
      members.every(({ entry }) => isFinal(entry.transaction, place.height, place.medianTimePast));
    if (!fits) {
      if (++misses > MISSES_MAX && weight > weightMax - NEARLY_FULL_ROOM) break;
      continue;
    }
    misses = 0;
    weight += candidate.packageWeight;
    sigopCost += candidate.packageSigopCost;
    for (const member of members) chosen.push(member.entry);
    for (const changed of choose(members)) heap.push(offer(changed));
  }
  return chosen;
}

/** More per weight first; among equals the earlier admission, so that the choice is the same everywhere. */
function isBetter(a: Offer, b: Offer): boolean {
  const difference = a.fee * b.weight - b.fee * a.weight;
  return difference !== 0 ? difference > 0 : a.candidate.entry.sequence < b.candidate.entry.sequence;
}

/** Unless it was chosen meanwhile, or some of its package was and another offer stands for it. */
function isLive({ candidate, fee, weight }: Offer): boolean {
  return !candidate.isChosen && fee === candidate.packageFee && weight === candidate.packageWeight;
}

function offer(candidate: Candidate): Offer {
  return { candidate, fee: candidate.packageFee, weight: candidate.packageWeight };
}

/** All entries with links to their parents and children among them. Entries come parents first. */
function linkedCandidates(entries: Iterable<MempoolEntry>): readonly Candidate[] {
  const known = new Map<HashKey, Candidate>();
  for (const entry of entries) {
    const parents = new Set<Candidate>();
    for (const { prevout } of entry.transaction.inputs) {
      const parent = known.get(hashKey(prevout.txid));
      if (parent !== undefined) parents.add(parent);
    }
    const candidate = freshCandidate(entry, [...parents]);
    for (const parent of parents) parent.children.push(candidate);
    for (const member of unchosenAncestry(candidate)) count(candidate, member.entry, 1);
    known.set(hashKey(entry.transaction.txid), candidate);
  }
  return [...known.values()];
}

function freshCandidate(entry: MempoolEntry, parents: Candidate[]): Candidate {
  const nothing = { packageFee: 0, packageWeight: 0, packageVsize: 0, packageSigopCost: 0 };
  return { entry, parents, children: [], isChosen: false, ...nothing };
}

/** It and its ancestors that are not chosen yet, parents first. */
function unchosenAncestry(candidate: Candidate): readonly Candidate[] {
  const found = new Set([candidate]);
  for (const each of found) {
    for (const parent of each.parents) if (!parent.isChosen) found.add(parent);
  }
  return [...found].sort((a, b) => a.entry.sequence - b.entry.sequence);
}

/** Marks `members` as chosen and takes them off the sums of their descendants, which are returned. */
function choose(members: readonly Candidate[]): Iterable<Candidate> {
  const changed = new Set<Candidate>();
  for (const member of members) {
    member.isChosen = true;
    const descendants = new Set(member.children);
    for (const descendant of descendants) {
      for (const child of descendant.children) descendants.add(child);
      if (descendant.isChosen) continue;
      count(descendant, member.entry, -1);
      changed.add(descendant);
    }
  }
  return changed;
}

function count(candidate: Candidate, entry: MempoolEntry, sign: 1 | -1): void {
  const { modifiedFee, transaction, vsize, sigopCost } = entry;
  candidate.packageFee += sign * modifiedFee;
  candidate.packageWeight += sign * transaction.weight;
  candidate.packageVsize += sign * vsize;
  candidate.packageSigopCost += sign * sigopCost;
}
