/**
 * Blocks at random, most of them good or nearly so, over a set of coins at random: for holding the
 * quick ways of reading and connecting a block against the plain ones.
 *
 * @module
 */
import { below, randomBytes, type Rng } from "../../src/base/rng.ts";
import { type Bytes, concatBytes, NO_BYTES } from "../../src/base/bytes.ts";
import { hash160 } from "../../src/crypto/crypto.ts";
import { MONEY_MAX, type Sats } from "../../src/primitives/amount.ts";
import { Block } from "../../src/primitives/block.ts";
import type { Coin } from "../../src/primitives/coin.ts";
import type { BlockHash, Txid } from "../../src/primitives/hash.ts";
import { BlockHeader } from "../../src/primitives/header.ts";
import {
  type Input, NULL_OUT_POINT, type OutPoint, type Output, Transaction,
} from "../../src/primitives/transaction.ts";
import { OP_CHECKMULTISIG, OP_CHECKSIG, OP_RETURN } from "../../src/script/opcodes.ts";
import { buildScript, pushBytes } from "../../src/script/script.ts";
import { payToScriptHash, payToWitnessKeyHash, payToWitnessScriptHash } from "../../src/script/templates.ts";

export const HEIGHT = 1_000;

export interface RandomCoin {
  readonly outPoint: OutPoint;
  readonly coin: Coin;
}

const KEY = new Uint8Array(33).fill(2);
const MULTISIG = buildScript(0x51, KEY, KEY, 0x52, OP_CHECKMULTISIG);

/** Coins of many kinds, some of them too young to be spent if a coinbase made them. */
export function randomCoins(rng: Rng, count: number): readonly RandomCoin[] {
  return Array.from({ length: count }, () => ({
    outPoint: { txid: randomBytes(rng, 32) as Txid,
      index: below(rng, 5) === 0 ? below(rng, 1 << 20) : below(rng, 4) },
    coin: {
      value: (below(rng, 1000) === 0 ? MONEY_MAX : 1 + below(rng, 1_000_000_000)) as Sats,
      script: randomScript(rng),
      height: HEIGHT - 1 - below(rng, 300),
      isCoinbase: below(rng, 300) === 0,
    },
  }));
}

/** A block at `HEIGHT`, unsolved; the odds of breaking some rule are about one in three. */
export function randomBlock(rng: Rng, coins: readonly RandomCoin[]): Block {
  const spendable: { readonly outPoint: OutPoint; readonly value: number; readonly script: Bytes }[] =
    coins.map(({ outPoint, coin }) => ({ outPoint, value: coin.value, script: coin.script }));
  const transactions: Transaction[] = [];
  let fees = 0;
  for (let left = below(rng, 12); left > 0; left--) {
    if (spendable.length === 0) break;
    const count = Math.min(1 + below(rng, below(rng, 20) === 0 ? 40 : 3), spendable.length);
    const spent = Array.from({ length: count }, () => {
      const at = below(rng, spendable.length);
      // Now and then the coin is spent again.
      return (below(rng, 60) === 0 ? spendable[at] : spendable.splice(at,
        1)[0]) as (typeof spendable)[number];
    });
    const total = spent.reduce((sum, { value }) => sum + value, 0);
    const fee = below(rng, 40) === 0 ? -1 : below(rng, 1_000);
    const transaction = randomTransaction(rng, spent, total - fee);
    fees += Math.max(0, total - transaction.outputs.reduce((sum, { value }) => sum + value, 0));
    transactions.push(transaction);
    transaction.outputs.forEach(({ value, script }, index) => {
      if (below(rng, 2) === 0) spendable.push({ outPoint: { txid: transaction.txid, index }, value, script });
    });
  }
  const paid = 50e8 / 2 ** Math.floor(HEIGHT / 150) + fees + (below(rng, 20) === 0 ? 1 : 0);
  const header = new BlockHeader(randomBytes(rng, 80), randomBytes(rng, 32) as BlockHash);
  return Block.of(header, [randomCoinbase(rng, Math.floor(paid)), ...transactions]);
}

function randomCoinbase(rng: Rng, paid: number): Transaction {
  const input = {
    prevout: below(rng, 60) === 0 ? { txid: randomBytes(rng, 32) as Txid, index: 0 } : NULL_OUT_POINT,
    scriptSig: randomBytes(rng, below(rng, 40) === 0 ? below(rng, 120) : 4),
    sequence: 0xffff_ffff,
    witness: [new Uint8Array(32)],
  };
  const output = { value: paid as Sats, script: randomScript(rng) };
  return Transaction.of({ version: 2, inputs: [input], outputs: [output], locktime: 0 });
}

function randomTransaction(
  rng: Rng, spent: readonly { readonly outPoint: OutPoint; readonly script: Bytes }[], total: number,
): Transaction {
  const hasWitness = below(rng, 3) > 0;
  const inputs = spent.map(({ outPoint, script }): Input => ({
    prevout: below(rng, 100) === 0 ? NULL_OUT_POINT : outPoint,
    scriptSig: randomScriptSig(rng, script),
    sequence: below(rng, 10) === 0 ? randomSequence(rng) : 0xffff_ffff,
    witness: hasWitness ? Array.from({ length: below(rng, 3) }, () => randomWitnessItem(rng)) : [],
  }));
  const count = 1 + below(rng, 3);
  const outputs = Array.from({ length: below(rng, 60) === 0 ? 0 : count }, (): Output => ({
    value: Math.max(0, Math.floor(total / count)) as Sats, script: randomScript(rng),
  }));
  const version = below(rng, 3) === 0 ? 1 : 2;
  return Transaction.of({ version, inputs, outputs,
    locktime: below(rng, 10) === 0 ? below(rng, 2 * HEIGHT) : 0 });
}

function randomSequence(rng: Rng): number {
  return ([0xffff_fffe, 0xffff_fffd, below(rng, 400), 0x0040_0000 +
    below(rng, 400)] as const)[below(rng, 4)] ?? 0;
}

function randomScript(rng: Rng): Bytes {
  switch (below(rng, 9)) {
    case 0:
      return NO_BYTES;
    case 1:
      return concatBytes(Uint8Array.of(OP_RETURN), randomBytes(rng, below(rng, 90)));
    case 2:
      return payToScriptHash(hash160(MULTISIG));
    case 3:
      return payToWitnessKeyHash(randomBytes(rng, 20));
    case 4:
      return payToWitnessScriptHash(randomBytes(rng, 32));
    case 5:
      return randomBytes(rng, below(rng, 60));
    case 6:
      return buildScript(0x51, OP_CHECKSIG, OP_CHECKMULTISIG);
    case 7:
      return below(rng, 30) === 0 ? new Uint8Array(10_001) : new Uint8Array(300).fill(0x51);
    default:
      return buildScript(0x51, randomBytes(rng, 32));
  }
}

function randomScriptSig(rng: Rng, spent: Bytes): Bytes {
  if (spent.length !== 23) return randomBytes(rng, below(rng, 4) * below(rng, 100));
  const redeem = below(rng, 2) === 0 ? MULTISIG : payToWitnessKeyHash(randomBytes(rng, 20));
  return below(rng, 10) === 0 ? Uint8Array.of(OP_CHECKSIG) : pushBytes(redeem);
}

function randomWitnessItem(rng: Rng): Bytes {
  return below(rng, 3) === 0 ? MULTISIG : randomBytes(rng, below(rng, 300));
}
