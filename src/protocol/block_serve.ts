/**
 * Answers `getheaders` and `getblocks` from our active chain.
 *
 * Needs from the node: nothing but the calls of `Protocol`. `GetData` tells it
 * of each block that goes out (`blockSent`), so that it can invite the next `getblocks`.
 *
 * Source: Bitcoin Core, net_processing.cpp, the handling of `getheaders` and `getblocks`.
 *
 * @module
 */
import { equalBytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { Instant } from "../base/time.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import { type BlockHash, displayHash, ZERO_HASH } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import type { Message, MessageType } from "../wire/message.ts";
import type { GetHeaders } from "../wire/messages/get_headers.ts";
import { HEADERS_COUNT_MAX } from "../wire/messages/headers.ts";
import { MSG_BLOCK } from "../wire/messages/inventory.ts";
import { isServable } from "./block_access.ts";
import type { PeerChainViews } from "./peer_chain_view.ts";
import { LIMITED_BLOCKS_MIN } from "./peer_services.ts";
import type { Outbox, Protocol } from "./protocol.ts";

/** Blocks that one `getblocks` is answered with. */
export const GETBLOCKS_MAX = 500;
/** A block that we may prune within this many seconds is not offered. */
const PRUNE_NOTICE_SECONDS = 60 * 60;

export type BlockServeChain = Pick<
  ChainState, "params" | "headers" | "tip" | "bestHeader" | "isActive" | "activeAt" | "findFork"
>;

export interface BlockServePorts {
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly chain: BlockServeChain;
  readonly views: PeerChainViews;
}

export interface BlockServeOptions {
  readonly minimumChainWork: bigint;
  readonly isPruned: boolean;
}

export class BlockServe implements Protocol {
  readonly takes: readonly MessageType[] = ["getheaders", "getblocks"];
  readonly #ports: BlockServePorts;
  readonly #options: BlockServeOptions;
  /** The last block that `getblocks` of a peer was answered with, when there were more. */
  readonly #continuations = new Map<PeerId, BlockHash>();

  constructor(ports: BlockServePorts, options: BlockServeOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  ready(): void {}

  closed(peer: Peer): void {
    this.#continuations.delete(peer.id);
  }

  received(peer: Peer, message: Message): void {
    if (message.type === "getheaders") this.#getHeaders(peer, message.value);
    else if (message.type === "getblocks") this.#getBlocks(peer, message.value);
  }

  pass(): void {}

  woken(): void {}

  wakeAt(): Instant | undefined {
    return undefined;
  }

  /** `hash` was sent to `peer`: after the last one named to it, our tip invites it to ask for more. */
  blockSent(peer: Peer, hash: BlockHash): void {
    const continuation = this.#continuations.get(peer.id);
    if (continuation === undefined || !equalBytes(continuation, hash)) return;
    this.#continuations.delete(peer.id);
    const { chain, outbox } = this.#ports;
    const tip = { type: MSG_BLOCK, hash: chain.headers.hash(chain.tip) };
    outbox.send(peer, { type: "inv", value: { items: [tip] } });
  }

  #getHeaders(peer: Peer, { locator, stop }: GetHeaders): void {
    const { chain, logger, outbox, views } = this.#ports;
    const isWeak = chain.headers.chainWork(chain.tip) < this.#options.minimumChainWork;
    if (isWeak && !peer.permissions.has("download")) {
      logger.debug("net", () => {
        const why = "because active chain has too little work";
        return `Ignoring getheaders from peer=${peer.id} ${why}; sending empty response`;
      });
      // An empty answer says that we are there, and have nothing.
      outbox.send(peer, { type: "headers", value: { headers: [] } });
      return;
    }
    const start = this.#startOf(peer, locator, stop);
    if (start === "refused") return;
    logger.debug("net", () => {
      return `getheaders ${this.#heightOf(start)} to ${stopText(stop)} from peer=${peer.id}`;
    });
    const headers: BlockHeader[] = [];
    let last: BlockId | undefined;
    for (let id = start; id !== undefined; id = this.#next(id)) {
      headers.push(chain.headers.header(id));
      last = id;
      if (headers.length === HEADERS_COUNT_MAX || equalBytes(chain.headers.hash(id), stop)) break;
    }
    // Set, not raised: a tip announced a moment ago and not among these is announced again.
    const isToTheTip = last === undefined || this.#next(last) === undefined;
    views.of(peer).bestHeaderSent = isToTheTip ? chain.tip : last;
    outbox.send(peer, { type: "headers", value: { headers } });
  }

  /** The first header to send; without a locator, the one block that is asked for. */
  #startOf(peer: Peer, locator: readonly BlockHash[], stop: BlockHash): BlockId | undefined | "refused" {
    const { chain, logger } = this.#ports;
    if (locator.length > 0) return this.#next(chain.findFork(locator));
    const id = chain.headers.find(stop);
    if (id === undefined) return "refused";
    if (isServable(chain, id)) return id;
    logger.debug("net", () => {
      const what = "old block header that isn't in the main chain";
      return `ProcessMessage: ignoring request from peer=${peer.id} for ${what}`;
    });
    return "refused";
  }

  #getBlocks(peer: Peer, { locator, stop }: GetHeaders): void {
    const { chain, logger, outbox } = this.#ports;
    let id = this.#next(chain.findFork(locator));
    logger.debug("net", () => {
      const range = `${this.#heightOf(id)} to ${stopText(stop)}`;
      return `getblocks ${range} limit ${GETBLOCKS_MAX} from peer=${peer.id}`;
    });
    const items: { readonly type: number; readonly hash: BlockHash }[] = [];
    for (; id !== undefined; id = this.#next(id)) {
      const hash = chain.headers.hash(id);
      if (equalBytes(hash, stop) || this.#maySoonBePruned(id)) break;
      items.push({ type: MSG_BLOCK, hash });
      if (items.length === GETBLOCKS_MAX) {
        this.#continuations.set(peer.id, hash);
        break;
      }
    }
    if (items.length > 0) outbox.send(peer, { type: "inv", value: { items } });
  }

  #maySoonBePruned(id: BlockId): boolean {
    const { headers, params, tip } = this.#ports.chain;
    if (!this.#options.isPruned) return false;
    const kept = LIMITED_BLOCKS_MIN - PRUNE_NOTICE_SECONDS / params.work.targetSpacing;
    return !headers.hasBlock(id) || headers.height(id) <= headers.height(tip) - kept;
  }

  /** The block after `id` on our chain; `undefined` after the tip, and after a block that is not on it. */
  #next(id: BlockId): BlockId | undefined {
    const { chain } = this.#ports;
    return chain.isActive(id) ? chain.activeAt(chain.headers.height(id) + 1) : undefined;
  }

  #heightOf(id: BlockId | undefined): number {
    return id === undefined ? -1 : this.#ports.chain.headers.height(id);
  }
}

function stopText(stop: BlockHash): string {
  return equalBytes(stop, ZERO_HASH) ? "end" : displayHash(stop);
}
