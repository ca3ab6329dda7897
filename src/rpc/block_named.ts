import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import { jsonInteger, readHash } from "./arguments.ts";
import { JsonNumber, type JsonValue } from "./json.ts";
import { blockAt, findBlock, tipHeight } from "./lookup.ts";
import { readText } from "./object_fields.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";

/** The block with a hash, or at a height of the active chain. @throws {RpcError} when there is none */
export function blockNamed(chain: ChainState, value: JsonValue): BlockId {
  if (!(value instanceof JsonNumber)) return findBlock(chain, readHash(readText(value), "hash_or_height"));
  const height = Number(jsonInteger(value, 31n));
  if (height < 0) throw new RpcError(RPC_CODE.invalidParameter, `Target block height ${height} is negative`);
  const tip = tipHeight(chain);
  if (height > tip) {
    throw new RpcError(RPC_CODE.invalidParameter, `Target block height ${height} after current tip ${tip}`);
  }
  return blockAt(chain, height);
}
