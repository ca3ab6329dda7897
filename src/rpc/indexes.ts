/** What methods ask of the indexes beside the chain. @module */
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { IndexKind } from "../chain/indexes/index_kinds.ts";
import type { TransactionPlace } from "../chain/indexes/transaction_place.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { decoded } from "../codec/decode_error.ts";
import { type Transaction, transactionCodec } from "../primitives/transaction.ts";
import { runCommand } from "./command_fault.ts";
import type { RpcHost } from "./rpc_host.ts";

/** Waits for an index that is a few blocks behind; false when it is being built, or has stopped. */
export async function isIndexCurrent(host: RpcHost, index: IndexKind): Promise<boolean> {
  const { isCurrent } = await runCommand(host, { type: "await-index", index }, "index-state");
  return isCurrent;
}

export interface PlacedTransaction {
  readonly transaction: Transaction;
  readonly block: BlockId;
}

/** What stands there; `undefined` when the block cannot be read, or has no transaction there. */
export function readPlaced(
  chain: ChainState, { block, offset }: TransactionPlace,
): PlacedTransaction | undefined {
  const bytes = block < chain.headers.size ? chain.readBlock(block) : undefined;
  if (bytes === undefined || offset >= bytes.length) return undefined;
  return decoded(() => ({ transaction: transactionCodec.decode(new ByteReader(bytes, offset)), block }));
}
