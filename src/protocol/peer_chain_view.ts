import type { BlockId, HeaderIndex } from "../chain/header_index.ts";
import type { Peer } from "../peer/peer.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { canServeBlocks, isPreferred } from "./peer_services.ts";

/** What we know of one peer's chain: shared by all that is about headers and blocks. */
export interface PeerChainView {
  /** The block with most work that it is known to have. */
  bestKnown: BlockId | undefined;
  /** The last block it told of that we had no header for; it may get one later. */
  lastUnknown: BlockHash | undefined;
  /** An ancestor of `bestKnown` up to which we have all blocks. */
  lastCommon: BlockId | undefined;
  /** The last header that we sent it. */
  bestHeaderSent: BlockId | undefined;
  /** We have asked it for its headers from our best one on. */
  isSyncing: boolean;
}

/** The views of all peers that have completed a handshake, and what is counted over them. */
export class PeerChainViews {
  readonly #headers: HeaderIndex;
  /** An entry goes with its peer. */
  readonly #views = new WeakMap<Peer, PeerChainView>();
  readonly #preferred = new Set<Peer>();
  /** Blocks asked for and not yet here; kept by block download. */
  blocksInFlight = 0;

  constructor(headers: HeaderIndex) {
    this.#headers = headers;
  }

  /** Ready peers that headers and blocks are best asked of. */
  get preferredCount(): number {
    return this.#preferred.size;
  }

  opened(peer: Peer): void {
    if (isPreferred(peer)) this.#preferred.add(peer);
  }

  closed(peer: Peer): void {
    this.#preferred.delete(peer);
    this.#views.delete(peer);
  }

  /** The view of `peer`, with a block that was unknown looked up again. */
  of(peer: Peer): PeerChainView {
    let view = this.#views.get(peer);
    if (view === undefined) {
      view = {
        bestKnown: undefined, lastUnknown: undefined, lastCommon: undefined, bestHeaderSent: undefined,
        isSyncing: false,
      };
      this.#views.set(peer, view);
    }
    const { lastUnknown } = view;
    if (lastUnknown !== undefined && this.#noteKnown(view, lastUnknown)) view.lastUnknown = undefined;
    return view;
  }

  /** It has told us that it has `hash`. */
  announced(peer: Peer, hash: BlockHash): void {
    const view = this.of(peer);
    // Of several unknown ones, the latest is likely the best.
    if (!this.#noteKnown(view, hash)) view.lastUnknown = hash;
  }

  /** It has this block, or has it after we sent it the header. */
  hasHeader(peer: Peer, id: BlockId): boolean {
    const { bestKnown, bestHeaderSent } = this.of(peer);
    return this.#isInChainOf(id, bestKnown) || this.#isInChainOf(id, bestHeaderSent);
  }

  /**
   * Whether to ask it for headers and blocks while we are catching up: those of whom much is
   * asked are preferred peers; others only while there is no other source.
   */
  mayDownloadFrom(peer: Peer): boolean {
    if (isPreferred(peer)) return true;
    if (!canServeBlocks(peer) || peer.type === "addr-fetch") return false;
    return this.preferredCount === 0 || this.blocksInFlight === 0;
  }

  /** Whether there is a header for `hash`; if so, it counts. */
  #noteKnown(view: PeerChainView, hash: BlockHash): boolean {
    const id = this.#headers.find(hash);
    if (id === undefined) return false;
    const { bestKnown } = view;
    if (bestKnown === undefined || this.#headers.compareWork(id, bestKnown) >= 0) view.bestKnown = id;
    return true;
  }

  #isInChainOf(id: BlockId, tip: BlockId | undefined): boolean {
    return tip !== undefined && this.#headers.ancestor(tip, this.#headers.height(id)) === id;
  }
}
