/**
 * Transactions with the outputs that they spend, to measure the checking of scripts on: the end of a
 * chain file (`BENCH_CHAIN`), a real block beside the repository, or what the wallet makes.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { type Bytes, concatBytes } from "../../src/base/bytes.ts";
import { seededRng } from "../../src/base/rng.ts";
import { ByteReader } from "../../src/codec/byte_reader.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import { packSpentOutputs } from "../../src/consensus/packed_outputs.ts";
import type { VerifyJob } from "../../src/consensus/verify_job.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { type Block, blockCodec } from "../../src/primitives/block.ts";
import { type HashKey, hashKey, type Txid } from "../../src/primitives/hash.ts";
import { type Output, SEQUENCE_FINAL, type Transaction } from "../../src/primitives/transaction.ts";
import { MANDATORY_VERIFY_FLAGS } from "../../src/script/flags.ts";
import { KEYS_OF_KIND, ownScript, SCRIPT_KINDS } from "../../src/wallet/owned_script.ts";
import { type OwnedOutput, signTransaction } from "../../src/wallet/sign_transaction.ts";
import { testSecretKey } from "../../src/wallet/test_keys.ts";
import { sharedPath } from "../../test/support/paths.ts";

export interface VerifySample {
  readonly name: string;
  readonly transactions: readonly Transaction[];
  /** For each transaction, in the order of its inputs. */
  readonly spent: readonly (readonly Output[])[];
}

const REAL_BLOCK = "mainnet-866342";

/** Magic and length. */
const FRAME_BYTES = 8;

/** Of a made transaction: one of each kind, so that what they share is shared as often as on chains. */
const MADE_INPUTS = SCRIPT_KINDS.length;

/** About `inputs` of them; the whole block, when there is one. */
export function loadSample(inputs: number): VerifySample {
  const chain = process.env["BENCH_CHAIN"];
  if (chain !== undefined) return chainSample(chain, inputs);
  return existsSync(sharedPath("blocks")) ? blockSample(REAL_BLOCK) : madeSample(inputs);
}

/** As the chain hands it to a worker. */
export function jobOf({ transactions, spent }: VerifySample): VerifyJob {
  const outputs = spent.flat();
  return {
    kind: "transactions",
    bytes: concatBytes(...transactions.map(({ bytes }) => bytes)),
    spentOutputs: packSpentOutputs(outputs),
    flags: MANDATORY_VERIFY_FLAGS,
    inputCount: outputs.length,
  };
}

function chainSample(path: string, inputs: number): VerifySample {
  const made = new Map<HashKey, readonly Output[]>();
  const blocks: Block[] = [];
  for (const bytes of framedBlocks(path)) {
    const block = decodeWith(blockCodec, bytes);
    for (const { txid, outputs } of block.transactions) made.set(hashKey(txid), outputs);
    blocks.push(block);
  }
  const transactions: Transaction[] = [];
  for (let count = 0; count < inputs && blocks.length > 0;) {
    const spends = (blocks.pop() as Block).transactions.slice(1);
    transactions.push(...spends);
    for (const spend of spends) count += spend.inputs.length;
  }
  const spent = transactions.map((transaction) => transaction.inputs.map(({ prevout }) => {
    return made.get(hashKey(prevout.txid))?.[prevout.index] as Output;
  }));
  return { name: basename(path), transactions, spent };
}

function* framedBlocks(path: string): Generator<Bytes> {
  const bytes = readPlain(path);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + FRAME_BYTES < bytes.length;) {
    const start = at + FRAME_BYTES;
    at = start + view.getUint32(at + 4, true);
    yield bytes.subarray(start, at);
  }
}

/** Its `.spent` file is described in the README beside it. */
function blockSample(name: string): VerifySample {
  const block = decodeWith(blockCodec, readPlain(sharedPath("blocks", `${name}.block`)));
  const reader = new ByteReader(readPlain(sharedPath("blocks", `${name}.spent`)));
  const transactions = block.transactions.slice(1);
  const spent = transactions.map(({ inputs }) => inputs.map(() => {
    const value = reader.i64AsNumber() as Sats;
    reader.skip(5);
    return { value, script: reader.varBytes("script") };
  }));
  return { name, transactions, spent };
}

function readPlain(path: string): Bytes {
  return new Uint8Array(readFileSync(path));
}

function madeSample(inputs: number): VerifySample {
  const rng = seededRng(1);
  const transactions: Transaction[] = [];
  const spent: OwnedOutput[][] = [];
  for (let number = 0; number * MADE_INPUTS < inputs; number++) {
    const outputs = SCRIPT_KINDS.map((kind) => {
      const keys = Array.from({ length: KEYS_OF_KIND[kind].total }, (_, i) => {
        return testSecretKey("bench", `${number}/${kind}/${i}`);
      });
      const owner = ownScript(kind, keys);
      return { value: 1_000 as Sats, script: owner.script, owner };
    });
    const unsigned = {
      version: 2,
      inputs: outputs.map((_, index) => {
        const prevout = { txid: new Uint8Array(32).fill(number) as Bytes as Txid, index };
        return { prevout, scriptSig: new Uint8Array(0), sequence: SEQUENCE_FINAL, witness: [] };
      }),
      outputs: outputs.slice(0, 2),
      locktime: 0,
    };
    transactions.push(signTransaction(unsigned, outputs, rng));
    spent.push(outputs);
  }
  return { name: "made", transactions, spent };
}
