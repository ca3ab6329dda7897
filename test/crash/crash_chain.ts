/**
 * Blocks with many coins and many forks, and what coins there are after each of them: told by the
 * simplest means, without a line of the node's own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Bytes } from "../../src/base/bytes.ts";
import { below, type Rng } from "../../src/base/rng.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import type { OutPoint, Transaction } from "../../src/primitives/transaction.ts";
import { type BlockNode, BlockTree, coinbaseOf, spendAnyone } from "../support/blocks.ts";

/** Until the first coinbase can be spent. */
const EMPTY_BLOCKS = 102;
const SPENT_PER_BLOCK = 30;
const MADE_PER_BLOCK = 120;
const FORK_INTERVAL = 12;
const FORK_DEPTH_MAX = 8;

export interface CrashChain {
  /** In the order in which they are handed to a node: a fork first, then the chain that overtakes it. */
  readonly blocks: readonly BlockNode[];
  readonly tip: BlockNode;
  /** Places in `blocks` of those that make a node leave a fork. */
  readonly overtakings: readonly number[];
}

export function makeCrashChain(length: number, rng: Rng): CrashChain {
  const tree = new BlockTree(REGTEST);
  const main = [...tree.grow(tree.genesis, EMPTY_BLOCKS)];
  const blocks = [...main];
  const overtakings: number[] = [];
  let coins = [coinbaseOf(main[0] as BlockNode)];
  while (main.length < length) {
    const parent = main.at(-1) as BlockNode;
    const depth = main.length % FORK_INTERVAL === 0 ? 1 + below(rng, FORK_DEPTH_MAX) : 0;
    // A fork spends other coins than the chain that overtakes it.
    let side = parent;
    let sideCoins = coins;
    for (let i = 0; i < depth; i++) {
      const made = extend(tree, side, sideCoins, rng, main);
      [side, sideCoins] = [made.node, made.coins];
      blocks.push(side);
    }
    for (let i = 0; i <= depth; i++) {
      const made = extend(tree, main.at(-1) as BlockNode, coins, rng, main);
      main.push(made.node);
      coins = made.coins;
      if (depth > 0 && i === depth) overtakings.push(blocks.length);
      blocks.push(made.node);
    }
  }
  return { blocks, tip: main.at(-1) as BlockNode, overtakings };
}

type Spendable = ReturnType<typeof coinbaseOf>;

function extend(
  tree: BlockTree, parent: BlockNode, coins: readonly Spendable[], rng: Rng, main: readonly BlockNode[],
): { readonly node: BlockNode; readonly coins: Spendable[] } {
  const rest = [...coins];
  const spent: Spendable[] = [];
  while (spent.length < SPENT_PER_BLOCK && rest.length > 0) {
    const at = below(rng, rest.length);
    spent.push(rest[at] as Spendable);
    rest[at] = rest.at(-1) as Spendable;
    rest.pop();
  }
  const mature = main[parent.height - 101];
  if (mature !== undefined && mature.height > 1) spent.push(coinbaseOf(mature));
  const transaction = spendAnyone(spent, 0, MADE_PER_BLOCK);
  return { node: tree.extend(parent, { transactions: [transaction] }),
    coins: [...rest, ...outputsOf(transaction)] };
}

function outputsOf({ txid, outputs }: Transaction): Spendable[] {
  return outputs.map(({ value }, index) => ({ outPoint: { txid, index }, value }));
}

interface TwinCoin {
  readonly outPoint: OutPoint;
  readonly height: number;
  readonly isCoinbase: boolean;
  readonly value: number;
  readonly script: Bytes;
}

/** `hash_serialized_3` of Bitcoin Core's gettxoutsetinfo (kernel/coinstats.cpp), from the blocks alone. */
export function coinHashAt(tip: BlockNode): string {
  const coins = new Map<string, TwinCoin>();
  const path: BlockNode[] = [];
  for (let at = tip; at.parent !== undefined; at = at.parent) path.push(at);
  for (const { block, height } of path.reverse()) {
    for (const [at, { txid, inputs, outputs }] of block.transactions.entries()) {
      if (at > 0) for (const { prevout } of inputs) assert.ok(coins.delete(nameOf(prevout)));
      for (const [index, { value, script }] of outputs.entries()) {
        if (script[0] === 0x6a) continue;
        const outPoint = { txid, index };
        coins.set(nameOf(outPoint), { outPoint, height, isCoinbase: at === 0, value, script });
      }
    }
  }
  const hash = createHash("sha256");
  for (const name of [...coins.keys()].sort()) hash.update(serialised(coins.get(name) ?? assert.fail()));
  return displayHash(createHash("sha256").update(hash.digest()).digest() as Uint8Array as never);
}

/** Sorts as Bitcoin Core's database does. */
function nameOf({ txid, index }: OutPoint): string {
  return Buffer.from(txid).toString("latin1") + String(index).padStart(6, "0");
}

function serialised({ outPoint, height, isCoinbase, value, script }: TwinCoin): Buffer {
  assert.ok(script.length < 0xfd);
  const bytes = Buffer.alloc(49 + script.length);
  bytes.set(outPoint.txid);
  bytes.writeUInt32LE(outPoint.index, 32);
  bytes.writeUInt32LE(2 * height + (isCoinbase ? 1 : 0), 36);
  bytes.writeBigInt64LE(BigInt(value), 40);
  bytes[48] = script.length;
  bytes.set(script, 49);
  return bytes;
}
