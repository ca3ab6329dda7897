import { type Bytes, concatBytes } from "../base/bytes.ts";
import { COINBASE_SCRIPT_BYTES_MIN } from "../consensus/limits.ts";
import { commitmentIndex, commitmentScript } from "../consensus/merkle.ts";
import type { Sats } from "../primitives/amount.ts";
import { Block } from "../primitives/block.ts";
import { ZERO_HASH } from "../primitives/hash.ts";
import { NULL_OUT_POINT, type Output, Transaction } from "../primitives/transaction.ts";
import { OP_0 } from "../script/opcodes.ts";
import { pushNumber } from "../script/script.ts";

/** So that the locktime counts: no coinbase of ours is valid before its own height. */
const SEQUENCE_NONFINAL = 0xffff_fffe;

export interface CoinbaseFields {
  readonly height: number;
  readonly reward: Sats;
  /** Output script that the reward goes to. */
  readonly script: Bytes;
  /** BIP141 commitment; none before the block's other transactions are known. */
  readonly commitment: Bytes | undefined;
  /** Whether the block may carry witnesses, the coinbase's reserved value among them. */
  readonly hasWitness: boolean;
}

/** The first transaction of a block of ours, byte for byte as Bitcoin Core 31 makes it. */
export function makeCoinbase(fields: CoinbaseFields): Transaction {
  const { height, reward, script, commitment, hasWitness } = fields;
  const outputs: Output[] = [{ value: reward, script }];
  if (commitment !== undefined) outputs.push({ value: 0 as Sats, script: commitmentScript(commitment) });
  const input = {
    prevout: NULL_OUT_POINT,
    scriptSig: coinbaseScriptSig(height),
    sequence: SEQUENCE_NONFINAL,
    witness: hasWitness ? [ZERO_HASH] : [],
  };
  return Transaction.of({ version: 2, inputs: [input], outputs, locktime: height - 1 });
}

/**
 * With zeros for the reserved value that BIP141 wants beside a commitment, where a miner has left it
 * out (Bitcoin Core: validation.cpp, UpdateUncommittedBlockStructures).
 */
export function withReservedValue(block: Block): Block {
  const [coinbase, ...others] = block.transactions;
  const [input, ...inputs] = coinbase?.inputs ?? [];
  if (coinbase === undefined || input === undefined) return block;
  if (coinbase.hasWitness || commitmentIndex(block) < 0) return block;
  const { version, outputs, locktime } = coinbase;
  const filled = { version, outputs, locktime, inputs: [{ ...input, witness: [ZERO_HASH] }, ...inputs] };
  return Block.of(block.header, [Transaction.of(filled), ...others]);
}

/** BIP34's push; up to height 16 that is a single byte, one less than the rules ask for. */
function coinbaseScriptSig(height: number): Bytes {
  const push = pushNumber(height);
  return push.length < COINBASE_SCRIPT_BYTES_MIN ? concatBytes(push, Uint8Array.of(OP_0)) : push;
}
