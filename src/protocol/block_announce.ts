/**
 * Tells peers of new blocks on our chain: by header to those that asked for it (BIP130) and have
 * the parent, by `inv` to the others.
 *
 * Needs from the node: `tipChanged(event)`, for each such event of the chain, followed by a `pass`
 * over all peers. `PeerChainViews` are header sync's, which must come before it in the node's list.
 *
 * Source: Bitcoin Core, net_processing.cpp, UpdatedBlockTip and SendMessages.
 *
 * @module
 */
import type { Logger } from "../base/logger.ts";
import type { Clock, Instant } from "../base/time.ts";
import type { ChainEvent } from "../chain/chain_ports.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import { displayHash } from "../primitives/hash.ts";
import type { Message, MessageType } from "../wire/message.ts";
import { MSG_BLOCK } from "../wire/messages/inventory.ts";
import type { PeerChainViews } from "./peer_chain_view.ts";
import type { Outbox, Protocol } from "./protocol.ts";

/** A peer that missed more than this does better to ask for headers. */
export const ANNOUNCED_BLOCKS_MAX = 8;
/** A peer that takes nothing for so long that it has this many waiting is told of the last ones only. */
const PENDING_MAX = 4 * ANNOUNCED_BLOCKS_MAX;

export type BlockAnnounceChain = Pick<ChainState, "headers" | "isActive" | "isInitialBlockDownload">;

export interface BlockAnnouncePorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly chain: BlockAnnounceChain;
  readonly views: PeerChainViews;
}

interface PeerState {
  prefersHeaders: boolean;
  /** To be announced, lowest first. */
  pending: BlockId[];
}

export class BlockAnnounce implements Protocol {
  readonly takes: readonly MessageType[] = ["sendheaders"];
  readonly #ports: BlockAnnouncePorts;
  readonly #peers = new Map<PeerId, PeerState>();
  #isDue = false;

  constructor(ports: BlockAnnouncePorts) {
    this.#ports = ports;
  }

  ready(peer: Peer): void {
    this.#peers.set(peer.id, { prefersHeaders: peer.features.sendHeaders, pending: [] });
  }

  closed(peer: Peer): void {
    this.#peers.delete(peer.id);
  }

  received(peer: Peer, message: Message): void {
    const state = this.#peers.get(peer.id);
    if (state !== undefined && message.type === "sendheaders") state.prefersHeaders = true;
  }

  pass(peer: Peer): void {
    const state = this.#peers.get(peer.id);
    if (state === undefined || state.pending.length === 0) return;
    const { pending } = state;
    state.pending = [];
    const isByHeader = state.prefersHeaders || peer.features.sendHeaders;
    const headers = isByHeader ? this.#headersFor(peer, pending) : undefined;
    if (headers === undefined) this.#sendInv(peer, pending.at(-1) as BlockId);
    else if (headers.length > 0) this.#sendHeaders(peer, headers);
  }

  woken(): void {
    this.#isDue = false;
  }

  wakeAt(): Instant | undefined {
    return this.#isDue ? this.#ports.clock.now() : undefined;
  }

  tipChanged({ to, fork }: Extract<ChainEvent, { readonly type: "tip-changed" }>): void {
    const { chain } = this.#ports;
    if (chain.isInitialBlockDownload) return;
    const added: BlockId[] = [];
    let walk: BlockId | undefined = to;
    while (walk !== undefined && walk !== fork && added.length < ANNOUNCED_BLOCKS_MAX) {
      added.push(walk);
      walk = chain.headers.previous(walk);
    }
    added.reverse();
    for (const state of this.#peers.values()) {
      state.pending = [...state.pending, ...added].slice(-PENDING_MAX);
    }
    this.#isDue = added.length > 0;
  }

  /** Of `blocks`, those that it has not, when it can connect them; `undefined` when an `inv` must do. */
  #headersFor(peer: Peer, blocks: readonly BlockId[]): readonly BlockId[] | undefined {
    const { chain, views } = this.#ports;
    if (blocks.length > ANNOUNCED_BLOCKS_MAX) return undefined;
    const wanted: BlockId[] = [];
    let last: BlockId | undefined;
    for (const id of blocks) {
      const parent = chain.headers.previous(id);
      // It was reorganised away meanwhile, or the list is not one chain.
      if (!chain.isActive(id) || (last !== undefined && parent !== last)) return undefined;
      last = id;
      if (wanted.length > 0) wanted.push(id);
      else if (views.hasHeader(peer, id)) continue;
      else if (parent === undefined || views.hasHeader(peer, parent)) wanted.push(id);
      else return undefined;
    }
    return wanted;
  }

  #sendHeaders(peer: Peer, blocks: readonly BlockId[]): void {
    const { chain, logger, outbox, views } = this.#ports;
    logger.debug("net", () => {
      const hashes = blocks.map((id) => displayHash(chain.headers.hash(id)));
      const [first] = hashes;
      if (blocks.length === 1) return `SendMessages: sending header ${first} to peer=${peer.id}`;
      return `SendMessages: ${blocks.length} headers, range (${first}, ${hashes.at(-1)}), to peer=${peer.id}`;
    });
    outbox.send(peer, { type: "headers", value: { headers: blocks.map((id) => chain.headers.header(id)) } });
    views.of(peer).bestHeaderSent = blocks.at(-1);
  }

  /** The last one only: it leads to the others. */
  #sendInv(peer: Peer, id: BlockId): void {
    const { chain, logger, outbox, views } = this.#ports;
    if (views.hasHeader(peer, id)) return;
    const hash = chain.headers.hash(id);
    logger.debug("net", () => `SendMessages: sending inv peer=${peer.id} hash=${displayHash(hash)}`);
    outbox.send(peer, { type: "inv", value: { items: [{ type: MSG_BLOCK, hash }] } });
  }
}
