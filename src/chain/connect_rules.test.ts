import assert from "node:assert/strict";
import { test } from "node:test";
import { ANYONE, type BlockNode, BlockTree } from "../../test/support/blocks.ts";
import { concatBytes } from "../base/bytes.ts";
import { REGTEST } from "../params/regtest.ts";
import { MONEY_MAX, type Sats } from "../primitives/amount.ts";
import type { Coin } from "../primitives/coin.ts";
import { hash160, sha256 } from "../crypto/crypto.ts";
import { displayHash, type Txid } from "../primitives/hash.ts";
import { type Input, type OutPoint, SEQUENCE_FINAL, Transaction } from "../primitives/transaction.ts";
import { pushBytes } from "../script/script.ts";
import { payToScriptHash, payToWitnessProgram } from "../script/templates.ts";
import type { CoinsView } from "./coin_changes.ts";
import { connectBlock } from "./connect_block.ts";

const tree = new BlockTree(REGTEST);
const parent = tree.grow(tree.genesis, 3).at(-1) as BlockNode;

class Coins implements CoinsView {
  readonly #coins = new Map<string, Coin>();

  put({ txid, index }: OutPoint, coin: Coin): void {
    this.#coins.set(`${displayHash(txid)}:${index}`, coin);
  }

  get({ txid, index }: OutPoint): Coin | undefined {
    return this.#coins.get(`${displayHash(txid)}:${index}`);
  }
}

function coin(value: number, script: Uint8Array = ANYONE): Coin {
  return { value: value as Sats, script, height: 1, isCoinbase: false };
}

/** Spends coin `number`, and gives it to `coins`. */
function spend(coins: Coins, number: number, spent: Coin, input: Partial<Input> = {}): Transaction {
  const prevout = { txid: new Uint8Array(32).fill(number) as Txid, index: 0 };
  coins.put(prevout, spent);
  const inputs = [{ prevout, scriptSig: new Uint8Array(0), sequence: SEQUENCE_FINAL, witness: [], ...input }];
  const outputs = [{ value: 0 as Sats, script: ANYONE }];
  return Transaction.of({ version: 2, inputs, outputs, locktime: 0 });
}

function ruleOf(coins: Coins, transactions: readonly Transaction[], forbidsOverwrite = false): string | undefined {
  const { block } = tree.extend(parent, { transactions });
  const place = { params: REGTEST, previous: parent.context, coins, forbidsOverwrite };
  const verdict = connectBlock(block, place);
  return verdict.type === "bad" ? `${verdict.violation.rule}, ${verdict.violation.detail}` : undefined;
}

test("no block makes a coin that is there already, where that is forbidden (BIP30)", () => {
  const coins = new Coins();
  const transaction = spend(coins, 1, coin(5));
  assert.equal(ruleOf(coins, [transaction], true), undefined);
  coins.put({ txid: transaction.txid, index: 0 }, coin(1));
  assert.equal(ruleOf(coins, [transaction], true), "bad-txns-BIP30, tried to overwrite transaction");
  assert.equal(ruleOf(coins, [transaction], false), undefined);
});

test("the fees of a block are not more than all the money together", () => {
  const coins = new Coins();
  const rich = [1, 2].map((number) => spend(coins, number, coin(MONEY_MAX)));
  assert.equal(ruleOf(coins, rich.slice(0, 1)), undefined);
  assert.equal(ruleOf(coins, rich),
    "bad-txns-accumulated-fee-outofrange, accumulated fee in the block out of range");
});

/** Checks `count` signatures; what it is for is not asked here. */
function checks(count: number): Uint8Array {
  return new Uint8Array(count).fill(0xac);
}

// 80,000 is the most: four for one in a redeem script, one for one in a witness script.
for (const [what, fits, spender] of [
  ["redeem scripts", 520, (coins: Coins, number: number, count: number) => {
    const script = checks(count);
    return spend(coins, number, coin(1, payToScriptHash(hash160(script))), { scriptSig: pushBytes(script) });
  }],
  ["witness scripts", 10_000, (coins: Coins, number: number, count: number) => {
    // No two are alike.
    const script = concatBytes(checks(count), new Uint8Array(number).fill(0x61));
    return spend(coins, number, coin(1, payToWitnessProgram({ version: 0, program: sha256(script) })), { witness: [script] });
  }],
] as const) {
  test(`signature operations in ${what} count when a block is connected`, () => {
    const cost = what === "redeem scripts" ? 4 : 1;
    const full = Math.floor(80_000 / (cost * fits));
    const coins = new Coins();
    const most = Array.from({ length: full }, (_, i) => spender(coins, i + 1, fits));
    const rest = (80_000 - full * cost * fits) / cost;
    if (rest > 0) most.push(spender(coins, full + 1, rest));
    assert.equal(ruleOf(coins, most), undefined);
    const more = [...most, spender(coins, full + 2, 1)];
    assert.equal(ruleOf(coins, more), "bad-blk-sigops, too many sigops");
  });
}

test("a coin is as old as the sequence of its input asks (BIP68)", () => {
  const coins = new Coins();
  const age = parent.height + 1 - 1;
  const aged = (sequence: number) => spend(coins, 1, coin(1), { sequence });
  assert.equal(ruleOf(coins, [aged(age)]), undefined);
  const young = aged(age + 1);
  assert.equal(ruleOf(coins, [young]),
    `bad-txns-nonfinal, contains a non-BIP68-final transaction ${displayHash(young.txid)}`);
  assert.equal(ruleOf(coins, [aged(0x8000_0000 + age + 1)]), undefined);
});
