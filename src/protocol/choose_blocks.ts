/**
 * Which blocks to ask a peer for next.
 *
 * ```text
 *   active tip      lastCommon        window: 1,024 from lastCommon       bestKnown
 *  ───●────────────────●──■──□──■──□──────────────────────────┤· · · · · · · ●
 *                         ■ here, or asked of someone   □ to be asked for
 * ```
 *
 * Source: Bitcoin Core, FindNextBlocksToDownload and FindNextBlocks.
 *
 * @module
 */
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { PeerChainView } from "./peer_chain_view.ts";

/** Enough to keep a line busy across a round trip, few enough that a bad peer costs little. */
export const BLOCKS_IN_FLIGHT_MAX = 16;
/** The wider it is, the more speeds of peers may differ, and the more disorder there is on disk. */
export const DOWNLOAD_WINDOW = 1024;

export interface BlockQuestion {
  readonly chain: Pick<ChainState, "headers" | "tip" | "isActive" | "historicalRange">;
  /** Its `lastCommon` is moved on to where it should be. */
  readonly view: PeerChainView;
  readonly count: number;
  readonly minimumChainWork: bigint;
  /** How far below its best block it has blocks; `undefined` when it has all. */
  readonly depth: number | undefined;
  canSend(id: BlockId): boolean;
  /** Asked of any peer. */
  isRequested(id: BlockId): boolean;
}

export interface BlockChoice {
  /** Lowest first. */
  readonly blocks: readonly BlockId[];
  /** The block that keeps the window from moving, when there would be something to ask for past its end. */
  readonly waitingFor: BlockId | undefined;
}

const NOTHING: BlockChoice = { blocks: [], waitingFor: undefined };

export function chooseBlocks(question: BlockQuestion): BlockChoice {
  const { chain, view } = question;
  const start = startOfSearch(question);
  if (start === undefined || view.bestKnown === undefined || start === view.bestKnown) return NOTHING;
  const { headers } = chain;
  const bestHeight = headers.height(view.bestKnown);
  const windowEnd = headers.height(start) + DOWNLOAD_WINDOW;
  const blocks: BlockId[] = [];
  let waitingFor: BlockId | undefined;
  let isContiguous = true;
  // One more than the window holds, to see whether it is the window that stops us.
  const lookEnd = Math.min(bestHeight, windowEnd + 1);
  for (const id of ascend(headers, view.bestKnown, headers.height(start) + 1, lookEnd)) {
    if (headers.isInvalid(id) || !question.canSend(id)) break;
    if (headers.hasBlock(id) || chain.isActive(id)) {
      if (isContiguous) view.lastCommon = id;
      continue;
    }
    isContiguous = false;
    if (question.isRequested(id)) {
      waitingFor ??= id;
      continue;
    }
    if (headers.height(id) > windowEnd) {
      return { blocks, waitingFor: blocks.length === 0 ? waitingFor : undefined };
    }
    if (question.depth !== undefined && bestHeight - headers.height(id) >= question.depth) continue;
    blocks.push(id);
    if (blocks.length === question.count) break;
  }
  return { blocks, waitingFor: undefined };
}

/**
 * The same for blocks below a snapshot of coins, which are only to be had from a peer whose chain has the
 * snapshot's block (Bitcoin Core: TryDownloadingHistoricalBlocks).
 */
export function chooseHistoricalBlocks(question: BlockQuestion, count: number): readonly BlockId[] {
  const { chain: { headers, historicalRange: range }, view: { bestKnown } } = question;
  if (range === undefined || bestKnown === undefined || !headers.descendsFrom(bestKnown, range.to)) return [];
  const from = headers.height(range.from);
  const blocks: BlockId[] = [];
  const windowEnd = Math.min(headers.height(range.to), from + DOWNLOAD_WINDOW);
  for (const id of ascend(headers, range.to, from + 1, windowEnd)) {
    if (blocks.length >= count || headers.isInvalid(id) || !question.canSend(id)) break;
    if (!headers.hasBlock(id) && !question.isRequested(id)) blocks.push(id);
  }
  return blocks;
}

/**
 * What is missing of the chain that ends in `last`, lowest first, when it leaves our own not too far below;
 * else `undefined` (Bitcoin Core: HeadersDirectFetchBlocks).
 */
export function chooseDirectFetch(
  { chain, count, canSend, isRequested }: Pick<BlockQuestion, "chain" | "count" | "canSend" | "isRequested">,
  last: BlockId,
): readonly BlockId[] | undefined {
  const missing: BlockId[] = [];
  let walk: BlockId | undefined = last;
  while (walk !== undefined && !chain.isActive(walk) && missing.length <= BLOCKS_IN_FLIGHT_MAX) {
    if (!chain.headers.hasBlock(walk) && !isRequested(walk) && canSend(walk)) missing.push(walk);
    walk = chain.headers.previous(walk);
  }
  if (walk === undefined || !chain.isActive(walk)) return undefined;
  return missing.reverse().slice(0, Math.max(0, count));
}

/** The last block in common with it, brought up to date; `undefined` when its chain has nothing for us. */
function startOfSearch({ chain, view, minimumChainWork }: BlockQuestion): BlockId | undefined {
  const { headers, tip } = chain;
  const { bestKnown } = view;
  if (bestKnown === undefined || view.lastCommon === bestKnown) return undefined;
  if (headers.compareWork(bestKnown, tip) < 0) return undefined;
  if (headers.chainWork(bestKnown) < minimumChainWork) return undefined;
  // Without the snapshot's block, what the chain spends is not known yet.
  const base = chain.historicalRange?.to;
  if (base !== undefined && !headers.descendsFrom(bestKnown, base)) return undefined;
  const fork = headers.lastCommonAncestor(bestKnown, tip);
  const { lastCommon } = view;
  const isGood =
    lastCommon !== undefined &&
    headers.height(lastCommon) >= headers.height(fork) &&
    headers.ancestor(bestKnown, headers.height(lastCommon)) === lastCommon;
  if (!isGood) view.lastCommon = fork;
  return view.lastCommon;
}

/** The ancestors of `tip` from one height to another, lowest first; in runs, since it is found from above. */
function* ascend(
  headers: ChainState["headers"], tip: BlockId, from: number, to: number,
): Generator<BlockId, void, undefined> {
  const runLength = 128;
  for (let low = from; low <= to; low += runLength) {
    const run: BlockId[] = [];
    let walk = headers.ancestor(tip, Math.min(to, low + runLength - 1));
    while (walk !== undefined && headers.height(walk) >= low) {
      run.push(walk);
      walk = headers.previous(walk);
    }
    yield* run.reverse();
  }
}
