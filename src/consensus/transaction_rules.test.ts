import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../base/bytes.ts";
import { MONEY_MAX, type Sats } from "../primitives/amount.ts";
import type { Coin } from "../primitives/coin.ts";
import type { Txid } from "../primitives/hash.ts";
import {
  type Input,
  NULL_OUT_POINT,
  type OutPoint,
  Transaction,
} from "../primitives/transaction.ts";
import { checkInputs, checkTransaction } from "./transaction_rules.ts";

function outPoint(byte: number, index = 0): OutPoint {
  return { txid: new Uint8Array(32).fill(byte) as Txid, index };
}

function input(prevout: OutPoint, scriptSigBytes = 0): Input {
  return { prevout, scriptSig: new Uint8Array(scriptSigBytes), sequence: 0, witness: [] };
}

function made(inputs: readonly Input[], values: readonly number[], scriptBytes = 1): Transaction {
  const outputs = values.map((value) => ({ value: value as Sats, script: new Uint8Array(scriptBytes) }));
  return Transaction.of({ version: 1, inputs, outputs, locktime: 0 });
}

function rule(transaction: Transaction): string | undefined {
  return checkTransaction(transaction)?.rule;
}

const one = [input(outPoint(1))];

test("a transaction has inputs and outputs, in this order of complaint", () => {
  assert.equal(rule(made([], [])), "bad-txns-vin-empty");
  assert.equal(rule(made(one, [])), "bad-txns-vout-empty");
  assert.equal(rule(made(one, [1])), undefined);
});

test("a transaction of more than a megabyte without witness is refused, at one megabyte it is not", () => {
  const overhead = made(one, [0], 100_000).baseSize - 100_000;
  assert.equal(rule(made(one, [0], 1_000_000 - overhead)), undefined);
  assert.equal(rule(made(one, [0], 1_000_001 - overhead)), "bad-txns-oversize");
});

test("amounts are not negative, and neither one nor their sum exceeds all the money there is", () => {
  assert.equal(rule(made(one, [-1])), "bad-txns-vout-negative");
  assert.equal(rule(made(one, [MONEY_MAX + 1])), "bad-txns-vout-toolarge");
  assert.equal(rule(made(one, [MONEY_MAX])), undefined);
  assert.equal(rule(made(one, [MONEY_MAX, 0])), undefined);
  assert.equal(rule(made(one, [MONEY_MAX, 1])), "bad-txns-txouttotal-toolarge");
});

test("no outpoint is spent twice, and two outputs of one transaction are two outpoints", () => {
  assert.equal(rule(made([input(outPoint(1)), input(outPoint(1))], [1])), "bad-txns-inputs-duplicate");
  assert.equal(rule(made([input(outPoint(1)), input(outPoint(1, 1))], [1])), undefined);
});

test("a coinbase has 2 to 100 bytes of script, and no other transaction spends nothing", () => {
  for (const [bytes, expected] of [
    [1, "bad-cb-length"],
    [2, undefined],
    [100, undefined],
    [101, "bad-cb-length"],
  ] as const) {
    assert.equal(rule(made([input(NULL_OUT_POINT, bytes)], [1])), expected);
  }
  assert.equal(rule(made([input(outPoint(1)), input(NULL_OUT_POINT, 5)], [1])), "bad-txns-prevout-null");
});

function coin(value: number, height = 1, isCoinbase = false): Coin {
  return { value: value as Sats, script: fromHex("51"), height, isCoinbase };
}

test("the fee is what the coins leave", () => {
  assert.deepEqual(checkInputs(made(one, [70]), [coin(100)], 50, 100), { fee: 30 });
  assert.deepEqual(checkInputs(made(one, [100]), [coin(100)], 50, 100), { fee: 0 });
  assert.deepEqual(checkInputs(made(one, [100_000_001]), [coin(100_000_000)], 50, 100), {
    rule: "bad-txns-in-belowout",
    detail: "value in (1.00) < value out (1.00000001)",
  });
});

test("a coinbase is spent after its maturity and not a block sooner", () => {
  const spend = made(one, [1]);
  assert.deepEqual(checkInputs(spend, [coin(1, 10, true)], 110, 100), { fee: 0 });
  assert.deepEqual(checkInputs(spend, [coin(1, 10, true)], 109, 100), {
    rule: "bad-txns-premature-spend-of-coinbase",
    detail: "tried to spend coinbase at depth 99",
  });
});

test("coins worth more than all the money are refused, one by one and together", () => {
  const two = [input(outPoint(1)), input(outPoint(2))];
  const rules = [
    checkInputs(made(one, [1]), [coin(MONEY_MAX + 1)], 1, 0),
    checkInputs(made(two, [1]), [coin(MONEY_MAX), coin(1)], 1, 0),
    checkInputs(made(one, [1]), [coin(-1)], 1, 0),
  ];
  for (const found of rules) assert.equal("rule" in found && found.rule, "bad-txns-inputvalues-outofrange");
});
