/**
 * Real blocks for tests: solved, with real merkle roots and commitments, on any parent.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { HeaderContext } from "../../src/consensus/header_context.ts";
import { MEDIAN_TIME_SPAN } from "../../src/consensus/limits.ts";
import { buildBlock } from "../../src/mining/template.ts";
import { solve } from "../../src/mining/solve.ts";
import type { ChainParams } from "../../src/params/chain_params.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { Block } from "../../src/primitives/block.ts";
import type { BlockHash } from "../../src/primitives/hash.ts";
import { BlockHeader, type HeaderFields } from "../../src/primitives/header.ts";
import { type OutPoint, SEQUENCE_FINAL, Transaction } from "../../src/primitives/transaction.ts";

/** OP_TRUE: anyone can spend it, without a signature. */
export const ANYONE = Uint8Array.of(0x51);

/** Regtest on which a coinbase can be spent by the next block but one. */
export const QUICK_MATURITY: ChainParams = { ...REGTEST, money: { ...REGTEST.money, coinbaseMaturity: 2 } };

/** A block and the blocks before it. */
export interface BlockNode {
  readonly block: Block;
  readonly parent: BlockNode | undefined;
  readonly height: number;
  readonly context: HeaderContext;
}

export interface Extension {
  readonly transactions?: readonly Transaction[];
  /** What the coinbase may collect above the subsidy. */
  readonly fees?: number;
  /** Unix seconds; ten minutes after its parent by default. */
  readonly time?: number;
  /** What the coinbase pays to; by default anyone can spend it, and no two blocks are alike. */
  readonly script?: Uint8Array;
}

/** Blocks that build on each other, from genesis on; no two are alike. */
export class BlockTree {
  readonly params: ChainParams;
  readonly genesis: BlockNode;
  #count = 0;

  constructor(params: ChainParams = REGTEST) {
    this.params = params;
    this.genesis = nodeOf(params.genesis, undefined);
  }

  extend(parent: BlockNode, { transactions = [], fees = 0, time, script }: Extension = {}): BlockNode {
    const request = {
      params: this.params,
      previous: parent.context,
      previousHash: parent.block.hash,
      // Anyone can spend it as well, and each block has another one.
      script: script ?? Uint8Array.of(0x04, ...numberBytes(++this.#count), 0x75, 0x51),
      time: time ?? parent.context.time + 600,
    };
    return nodeOf(solved(buildBlock(request, transactions, fees as Sats)), parent);
  }

  /** `count` empty blocks on top of `parent`, the lowest first. */
  grow(parent: BlockNode, count: number): readonly BlockNode[] {
    const nodes: BlockNode[] = [];
    for (let i = 0; i < count; i++) nodes.push(this.extend(nodes.at(-1) ?? parent));
    return nodes;
  }
}

/** The same block with another header or other transactions, solved anew: for breaking rules. */
export function alteredBlock(
  block: Block,
  header: Partial<HeaderFields>,
  transactions: readonly Transaction[] = block.transactions,
): Block {
  const { version, previous, merkleRoot, time, bits, nonce } = block.header;
  const fields = { version, previous, merkleRoot, time, bits, nonce, ...header };
  return solved(Block.of(BlockHeader.of(fields), transactions));
}

/** Spends outputs that anyone can spend, paying all but `fee` to anyone again, in `count` equal outputs. */
export function spendAnyone(
  spent: readonly { readonly outPoint: OutPoint; readonly value: number }[],
  fee = 0,
  count = 1,
): Transaction {
  const total = spent.reduce((sum, { value }) => sum + value, 0) - fee;
  const inputs = spent.map(({ outPoint }) => {
    return { prevout: outPoint, scriptSig: new Uint8Array(0), sequence: SEQUENCE_FINAL, witness: [] };
  });
  const value = Math.floor(total / count) as Sats;
  const outputs = Array.from({ length: count }, () => ({ value, script: ANYONE }));
  return Transaction.of({ version: 2, inputs, outputs, locktime: 0 });
}

/** The first output of a block's coinbase, as `spendAnyone` takes it. */
export function coinbaseOf({ block }: BlockNode): { readonly outPoint: OutPoint; readonly value: number } {
  const [coinbase] = block.transactions;
  assert.ok(coinbase?.outputs[0] !== undefined);
  return { outPoint: { txid: coinbase.txid, index: 0 }, value: coinbase.outputs[0].value };
}

function solved(block: Block): Block {
  return solve(block, 1_000_000)?.block ?? assert.fail("no nonce below a million: is the target easy?");
}

function nodeOf(block: Block, parent: BlockNode | undefined): BlockNode {
  const height = parent === undefined ? 0 : parent.height + 1;
  const node: BlockNode = {
    block,
    parent,
    height,
    context: {
      height,
      time: block.header.time,
      bits: block.header.bits,
      version: block.header.version,
      get medianTimePast() {
        const times: number[] = [];
        for (let at: BlockNode | undefined = node; at && times.length < MEDIAN_TIME_SPAN; at = at.parent) {
          times.push(at.context.time);
        }
        return times.sort((a, b) => a - b)[times.length >>> 1] as number;
      },
      ancestor(target) {
        let at: BlockNode | undefined = node;
        while (at !== undefined && at.height > target) at = at.parent;
        return at?.context ?? assert.fail(`no block at height ${target}`);
      },
    },
  };
  return node;
}

function numberBytes(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** The hash of a node's block. */
export function hashOf(node: BlockNode): BlockHash {
  return node.block.hash;
}
