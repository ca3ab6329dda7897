/**
 * A chain of full blocks on regtest, written to a file as fast as they can be made. Witnesses are
 * noise of the right size, so the chain is only good for a node that takes its scripts for checked.
 *
 * Each transaction of a full block spends the first output of one of the block before, and leaves a
 * second output for good, so that the set of coins grows with the chain.
 *
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { Bytes } from "../../src/base/bytes.ts";
import { randomBytes, seededRng } from "../../src/base/rng.ts";
import type { HeaderContext } from "../../src/consensus/header_context.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { buildBlock } from "../../src/mining/template.ts";
import { solve } from "../../src/mining/solve.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import type { Block } from "../../src/primitives/block.ts";
import type { BlockHash } from "../../src/primitives/hash.ts";
import { type Output, SEQUENCE_FINAL, Transaction } from "../../src/primitives/transaction.ts";

export interface BigBlocksRequest {
  readonly path: string;
  /** Full blocks. */
  readonly count: number;
}

export interface BigBlocks {
  /** All headers, the first at height one; there are more of them than blocks. */
  readonly headers: readonly Bytes[];
  /** Of the blocks in the file, which follow each other without framing. */
  readonly sizes: readonly number[];
}

/** Of one input and two outputs, 222 bytes each: a block of 1 MB. */
const TRANSACTIONS_PER_BLOCK = 4_500;
/** Empty blocks before the first coinbase can be spent. */
const MATURITY = 101;
/** Headers on top, so that what is below is buried as deep as assumevalid asks. */
const BURYING = 2_100;
const SPACING_SECONDS = 600;
/** What each transaction leaves behind. */
const LEFT = 300;

const rng = seededRng(1);
const script = Uint8Array.of(0x00, 0x14, ...randomBytes(rng, 20));
const witness = [randomBytes(rng, 72), randomBytes(rng, 33)];

function make({ path, count }: BigBlocksRequest): BigBlocks {
  const file = openSync(path, "w");
  const headers: Bytes[] = [];
  const sizes: number[] = [];
  let tip = REGTEST.genesis.hash;
  const extend = (transactions: readonly Transaction[]): Block => {
    const block = makeBlock(headers.length, tip, transactions);
    tip = block.hash;
    headers.push(block.header.bytes);
    return block;
  };
  const write = (block: Block): void => {
    writeSync(file, block.bytes);
    sizes.push(block.bytes.length);
  };
  const first = extend([]);
  write(first);
  for (let i = 1; i < MATURITY; i++) write(extend([]));
  let spendable: readonly Transaction[] = [fanOut(first)];
  write(extend(spendable));
  for (let i = 0; i < count; i++) {
    spendable = i === 0 ? spendEach(spendable[0] as Transaction) : spendable.map((from) => spend(from, 0));
    write(extend(spendable));
  }
  for (let i = 0; i < BURYING; i++) extend([]);
  closeSync(file);
  return { headers, sizes };
}

function makeBlock(previousHeight: number, previousHash: BlockHash, transactions: readonly Transaction[]): Block {
  const previous = contextAt(previousHeight);
  const time = previous.time + SPACING_SECONDS;
  const block = buildBlock({ params: REGTEST, previous, previousHash, script, time }, transactions, 0 as Sats);
  const solved = solve(block, 1_000_000);
  if (solved === undefined) throw new Error("The target of regtest is easy to meet");
  return solved.block;
}

/** Every block comes at its time. */
function contextAt(height: number): HeaderContext {
  const { time, bits, version } = REGTEST.genesis.header;
  const timeAt = (at: number): number => time + Math.max(0, at) * SPACING_SECONDS;
  return {
    height, bits, version,
    time: timeAt(height),
    medianTimePast: timeAt(height - Math.min(5, height >> 1)),
    ancestor: contextAt,
  };
}

function fanOut({ transactions: [coinbase] }: Block): Transaction {
  if (coinbase?.outputs[0] === undefined) throw new Error("A block has a coinbase");
  const value = Math.floor(coinbase.outputs[0].value / TRANSACTIONS_PER_BLOCK) as Sats;
  return transactionOf(coinbase, 0, Array.from({ length: TRANSACTIONS_PER_BLOCK }, () => ({ value, script })));
}

function spendEach(from: Transaction): readonly Transaction[] {
  return from.outputs.map((_, index) => spend(from, index));
}

function spend(from: Transaction, index: number): Transaction {
  const { value } = from.outputs[index] as Output;
  return transactionOf(from, index, [{ value: (value - LEFT) as Sats, script }, { value: LEFT as Sats, script }]);
}

function transactionOf({ txid }: Transaction, index: number, outputs: readonly Output[]): Transaction {
  const input = { prevout: { txid, index }, scriptSig: new Uint8Array(0), sequence: SEQUENCE_FINAL, witness };
  return Transaction.of({ version: 2, inputs: [input], outputs, locktime: 0 });
}

installNodeCrypto();
parentPort?.postMessage(make(workerData as BigBlocksRequest));
