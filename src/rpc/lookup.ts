/** Finding what a parameter names. @module */
import { defined } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import { decodeWith } from "../codec/codec.ts";
import { type Block, blockCodec } from "../primitives/block.ts";
import { displayHash } from "../primitives/hash.ts";
import type { Call } from "./method.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";

/** @throws {RpcError} when no header has this hash */
export function findBlock(chain: ChainState, hash: Bytes): BlockId {
  const id = chain.headers.find(hash);
  if (id === undefined) throw new RpcError(RPC_CODE.invalidAddressOrKey, "Block not found");
  return id;
}

/** @throws {RpcError} when its bytes are not here, or no longer */
export function readBlockBytes({ host }: Call, id: BlockId): Bytes {
  const { chain } = host.core;
  if (chain.headers.hasBlock(id)) {
    const bytes = chain.readBlock(id);
    if (bytes !== undefined) return bytes;
    throw new RpcError(RPC_CODE.misc, "Block not found on disk");
  }
  const wasHere = chain.headers.transactionCount(id) > 0;
  throw new RpcError(RPC_CODE.misc,
    `Block not available (${wasHere ? "pruned data" : "not fully downloaded"})`);
}

export function readBlock(call: Call, id: BlockId): Block {
  return decodeWith(blockCodec, readBlockBytes(call, id));
}

/** One more than the blocks on top of it; -1 off the active chain. */
export function confirmations(chain: ChainState, id: BlockId): number {
  return chain.isActive(id) ? tipHeight(chain) - chain.headers.height(id) + 1 : -1;
}

export function tipHeight(chain: ChainState): number {
  return chain.headers.height(chain.tip);
}

export function blockAt(chain: ChainState, height: number): BlockId {
  return defined(chain.activeAt(height), "the active chain has a block at every height up to its tip");
}

/** The hash of a block, as shown. */
export function hashText(chain: ChainState, id: BlockId): string {
  return displayHash(chain.headers.hash(id));
}
