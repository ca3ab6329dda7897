/**
 * Signed blocks (BIP325): on a signet, work alone makes no block.
 *
 * The signature stands in the coinbase, behind the witness commitment, as the spend of an output
 * that no chain has: `toSpend` commits to the block as it was before it was signed, and pays to the
 * network's challenge; `toSign` spends that. So any script can be a challenge.
 *
 * @module
 */
import { type Bytes, concatBytes, equalBytes, fromHex, NO_BYTES } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { ByteWriter } from "../codec/byte_writer.ts";
import { decoded } from "../codec/decode_error.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import { type Input, NULL_OUT_POINT, type Output, Transaction } from "../primitives/transaction.ts";
import { VERIFY_DERSIG, VERIFY_NULLDUMMY, VERIFY_P2SH, VERIFY_WITNESS } from "../script/flags.ts";
import { TransactionChecker } from "../script/interpreter/transaction_checker.ts";
import { verifyScript } from "../script/interpreter/verify_script.ts";
import { OP_0, OP_RETURN } from "../script/opcodes.ts";
import { operations, pushBytes } from "../script/script.ts";
import { SighashContext } from "../script/sighash.ts";
import { commitmentIndex, transactionsMerkleRoot } from "./merkle.ts";

/** Heads the push that holds the solution. */
const SOLUTION_HEAD = fromHex("ecc7daa2");

const SOLUTION_FLAGS = VERIFY_P2SH | VERIFY_WITNESS | VERIFY_DERSIG | VERIFY_NULLDUMMY;

/** Version, hash of the block before, merkle root and time: what is signed of the header. */
const SIGNED_HEADER_BYTES = 4 + 32 + 32 + 4;

interface Solution {
  readonly scriptSig: Bytes;
  readonly witness: readonly Bytes[];
}

/** Whether `block` carries a solution of `challenge`; one that needs no signature needs no solution. */
export function isSignetSolution(block: Block, challenge: Bytes): boolean {
  const { coinbase } = block;
  const index = commitmentIndex(block);
  const output = coinbase?.outputs[index];
  if (coinbase === undefined || output === undefined) return false;
  const { script, data } = withoutSolution(output.script);
  const solution = readSolution(data);
  if (solution === undefined) return false;
  const outputs = coinbase.outputs.map((each, at) => (at === index ? { ...each, script } : each));
  const unsigned = Transaction.of({ ...coinbase, outputs });
  const root = transactionsMerkleRoot([unsigned, ...block.transactions.slice(1)]);
  return solves(solution, challenge, signedHeader(block, root));
}

/** The commitment's script as it was before it was signed, and what was put in; empty for nothing. */
function withoutSolution(script: Bytes): { readonly script: Bytes; readonly data: Bytes } {
  const parts: Bytes[] = [];
  let solution: Bytes | undefined;
  for (const { opcode, data = NO_BYTES } of operations(script)) {
    if (opcode < 0) break;
    const isHeaded = data.length > SOLUTION_HEAD.length && startsWith(data, SOLUTION_HEAD);
    const isSolution = solution === undefined && isHeaded;
    if (isSolution) solution = data.subarray(SOLUTION_HEAD.length);
    const kept = isSolution ? SOLUTION_HEAD : data;
    parts.push(kept.length > 0 ? pushBytes(kept) : Uint8Array.of(opcode));
  }
  if (solution === undefined) return { script, data: NO_BYTES };
  return { script: concatBytes(...parts), data: solution };
}

function startsWith(bytes: Bytes, head: Bytes): boolean {
  return equalBytes(bytes.subarray(0, head.length), head);
}

/** `undefined` when `data` is not a scriptSig and a witness, and nothing more. */
function readSolution(data: Bytes): Solution | undefined {
  if (data.length === 0) return { scriptSig: NO_BYTES, witness: [] };
  return decoded(() => {
    const reader = new ByteReader(data);
    const scriptSig = reader.varBytes("scriptSig");
    const witness: Bytes[] = [];
    // Each item takes a byte at least.
    for (let count = reader.count("witness items", reader.remaining); count > 0; count--) {
      witness.push(reader.varBytes("witness item"));
    }
    reader.end();
    return { scriptSig, witness };
  });
}

function signedHeader({ header }: Block, merkleRoot: Bytes): Bytes {
  const writer = new ByteWriter(SIGNED_HEADER_BYTES).i32(header.version).bytes(header.previous);
  return writer.bytes(merkleRoot).u32(header.time).finish();
}

function solves({ scriptSig, witness }: Solution, challenge: Bytes, signed: Bytes): boolean {
  const question = concatBytes(Uint8Array.of(OP_0), pushBytes(signed));
  const toSpend = lone({ prevout: NULL_OUT_POINT, scriptSig: question, sequence: 0, witness: [] }, challenge);
  const prevout = { txid: toSpend.txid, index: 0 };
  const toSign = lone({ prevout, scriptSig, sequence: 0, witness }, Uint8Array.of(OP_RETURN));
  const checker = new TransactionChecker(new SighashContext(toSign, toSpend.outputs), 0);
  const spend = { scriptSig, witness, script: challenge, flags: SOLUTION_FLAGS, checker };
  return verifyScript(spend) === undefined;
}

/** A transaction of one input and one worthless output. */
function lone(input: Input, script: Bytes): Transaction {
  const outputs: Output[] = [{ value: 0 as Sats, script }];
  return Transaction.of({ version: 0, inputs: [input], outputs, locktime: 0 });
}
