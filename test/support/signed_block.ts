import assert from "node:assert/strict";
import { seededRng } from "../../src/base/rng.ts";
import type { UnixSeconds } from "../../src/base/time.ts";
import type { ChainParams } from "../../src/params/chain_params.ts";
import { makeChainFile } from "../../src/params/make_chain_file.ts";
import { type Sats, SATS_PER_COIN } from "../../src/primitives/amount.ts";
import type { Block } from "../../src/primitives/block.ts";
import type { Coin } from "../../src/primitives/coin.ts";
import { Transaction } from "../../src/primitives/transaction.ts";
import { SCRIPT_KINDS, type ScriptKind } from "../../src/wallet/owned_script.ts";
import { Wallet } from "../../src/wallet/wallet.ts";
import { type BlockNode, BlockTree, coinbaseOf, spendAnyone } from "./blocks.ts";
import "./portable_curve.ts";

/** A block with really signed payments, and the coins that it spends. */
export interface SignedBlock {
  readonly params: ChainParams;
  readonly block: Block;
  readonly height: number;
  readonly spent: readonly Coin[];
  /** From the first on, to the block's parent. */
  readonly below: readonly BlockNode[];
}

/**
 * A block of regtest with payments from each kind of script that the wallet has, each followed by
 * one that spends what it made, and one that spends a coinbase. The same for every run.
 */
export function signedBlock(): SignedBlock {
  const params = hardChain();
  const tree = new BlockTree(params);
  const wallet = new Wallet({ seed: "signed block", params });
  const below = [tree.extend(tree.genesis)];
  below.push(tree.extend(below[0] as BlockNode, { script: wallet.script("p2pkh") }));
  below.push(...tree.grow(below[1] as BlockNode, 4));
  const rng = seededRng(26);
  const funding = fundingOf(wallet, below[0] as BlockNode);
  below.push(tree.extend(below.at(-1) as BlockNode, { transactions: [funding] }));
  for (const [at, { block }] of below.entries()) wallet.blockConnected(block, at + 1);
  const pay = (kind: ScriptKind, coins: number, spendsPending: boolean) => {
    const outputs = [{ value: (coins * SATS_PER_COIN) as Sats, script: wallet.script(kind) }];
    const payment = wallet.pay({ outputs, feeRate: 3, rng, from: [kind], changeKind: kind, spendsPending });
    return payment.ok ? payment : assert.fail(`no ${kind} coin`);
  };
  // More than the wallet was given of that kind: it spends the coinbase.
  const payments = [pay("p2pkh", 49, false)];
  for (const kind of SCRIPT_KINDS) payments.push(pay(kind, 1, kind === "p2pkh"), pay(kind, 1, true));
  const transactions = payments.map(({ transaction }) => transaction);
  const fees = payments.reduce((sum, { fee }) => sum + fee, 0);
  const { block, height } = tree.extend(below.at(-1) as BlockNode, { transactions, fees });
  return { params, block, height, spent: spentBy(block, height, below), below };
}

/** So hard that a changed header does not pass by luck, and quick to mine; coinbases mature at once. */
function hardChain(): ChainParams {
  const options = { time: 1_700_000_000 as UnixSeconds, message: "signed", limit: (1n << 244n) - 1n,
    coinbaseMaturity: 2 };
  const made = makeChainFile("signed", options, seededRng(1));
  return made.ok ? made.params : assert.fail(made.errors.join());
}

/** Pays a coinbase's money to the wallet's first scripts, two outputs each. */
function fundingOf(wallet: Wallet, node: BlockNode): Transaction {
  const { inputs, ...rest } = spendAnyone([coinbaseOf(node)], 0, 2 * SCRIPT_KINDS.length);
  const outputs = rest.outputs.map(({ value }, at) => {
    const kind = SCRIPT_KINDS[at % SCRIPT_KINDS.length] ?? assert.fail();
    return { value, script: wallet.script(kind) };
  });
  return Transaction.of({ version: rest.version, locktime: rest.locktime, inputs, outputs });
}

function spentBy(block: Block, height: number, below: readonly BlockNode[]): readonly Coin[] {
  const places = [...below.map((node) => [node.block, node.height] as const), [block, height] as const];
  return block.transactions.slice(1).flatMap(({ inputs }) => inputs.map(({ prevout }): Coin => {
    for (const [holder, at] of places) {
      const maker = holder.transactions.find(({ txid }) => Buffer.compare(txid, prevout.txid) === 0);
      const output = maker?.outputs[prevout.index];
      if (output !== undefined) return { ...output, height: at, isCoinbase: maker?.isCoinbase === true };
    }
    return assert.fail("what it spends was made");
  }));
}
