/**
 * What of a block's scripts is left to check, as a job for a worker.
 *
 * Most transactions of a new block were in the mempool, where their scripts were checked under
 * rules at least as strict; whether scripts are good depends on the transaction, the outputs that
 * its inputs name, and the rules alone, so that a witness transaction id and flags are enough to
 * know them again (Bitcoin Core's script execution cache, validation.cpp).
 *
 * @module
 */
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { packSpentOutputs } from "../consensus/packed_outputs.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import type { Transaction } from "../primitives/transaction.ts";
import type { Connection } from "./connect_block.ts";

/** Whether this transaction's scripts were found good under all of `flags` before. */
export type ScriptsKnown = (transaction: Transaction, flags: number) => boolean;

/** `undefined` when nothing is left. `isKnown` is left out when nothing can be known. */
export function scriptJob(
  block: Block,
  connection: Pick<Connection, "spent" | "spentCount" | "spentOutputs" | "flags">,
  isKnown: ScriptsKnown | undefined,
): VerifyJob | undefined {
  const { flags, spentCount, spentOutputs } = connection;
  if (spentCount === 0) return undefined;
  if (isKnown === undefined) return wholeBlock(block, spentOutputs, flags, spentCount);
  const { spent } = connection;
  const left: Transaction[] = [];
  const outputs: Coin[] = [];
  let at = 0;
  for (const transaction of block.transactions) {
    if (transaction.isCoinbase) continue;
    const end = at + transaction.inputs.length;
    if (!isKnown(transaction, flags)) {
      left.push(transaction);
      for (let i = at; i < end; i++) outputs.push(spent[i] as Coin);
    }
    at = end;
  }
  if (outputs.length === 0) return undefined;
  if (outputs.length === spentCount) return wholeBlock(block, spentOutputs, flags, spentCount);
  const bytes = concatBytes(...left.map((each) => each.bytes));
  const packed = packSpentOutputs(outputs);
  return { kind: "transactions", bytes, spentOutputs: packed, flags, inputCount: outputs.length };
}

/** Nothing was known: the block itself, which need not be copied. */
function wholeBlock(block: Block, spentOutputs: Bytes, flags: number, inputCount: number): VerifyJob {
  return { kind: "block", bytes: block.bytes, spentOutputs, flags, inputCount };
}
