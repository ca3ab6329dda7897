import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../base/bytes.ts";
import { decodeWith } from "../codec/codec.ts";
import type { Sats } from "../primitives/amount.ts";
import { Transaction, transactionCodec } from "../primitives/transaction.ts";
import { keyHashScriptCode, segwitSighash } from "./segwit_sighash.ts";
import { SighashContext } from "./sighash.ts";

const UNSIGNED =
  "0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffff" +
  "ef51e1b804cc89d182d279" +
  "655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a914" +
  "8280b37df378db99f66f85c95a78" +
  "3a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac11000000";
const CODE = keyHashScriptCode(fromHex("1d0f172a0ecb48aee1be1f2687d2963ae33f71a1"));

const SPENT = [625_000_000, 600_000_000].map((value) => ({
  value: value as Sats,
  script: new Uint8Array(0),
}));
const transaction = decodeWith(transactionCodec, fromHex(UNSIGNED));
const hash = (hashType: number, of: Transaction = transaction, spent = SPENT, index = 1): string =>
  toHex(segwitSighash(new SighashContext(of, spent), index, CODE, hashType));

test("the hash of BIP143's native P2WPKH example comes out", () => {
  assert.equal(hash(1), "c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670");
});

test("the hash is the same once other inputs carry witnesses", () => {
  const inputs = transaction.inputs.map((input) => ({ ...input, witness: [fromHex("aa")] }));
  assert.equal(hash(1, Transaction.of({ ...transaction, inputs })), hash(1));
});

const changedOutput = (at: number): Transaction => {
  const outputs = transaction.outputs.map((output, i) =>
    i === at ? { ...output, value: 1 as Sats } : output,
  );
  return Transaction.of({ ...transaction, outputs });
};
const changedInput = Transaction.of({
  ...transaction,
  inputs: transaction.inputs.map((input, i) => (i === 0 ? { ...input, sequence: 5 } : input)),
});

// What each hash type lets others change without breaking a signature of input 1.
const FREEDOM = [
  [0x01, { own: false, other: false, input: false }],
  [0x02, { own: true, other: true, input: true }],
  [0x03, { own: false, other: true, input: true }],
  [0x81, { own: false, other: false, input: true }],
  [0x82, { own: true, other: true, input: true }],
  [0x83, { own: false, other: true, input: true }],
] as const;

for (const [hashType, free] of FREEDOM) {
  test(`hash type ${hashType.toString(16)} commits to what it should, and to nothing else`, () => {
    assert.equal(
      hash(hashType, changedOutput(1)) === hash(hashType),
      free.own,
      "the output of the same index",
    );
    assert.equal(hash(hashType, changedOutput(0)) === hash(hashType), free.other, "another output");
    assert.equal(hash(hashType, changedInput) === hash(hashType), free.input, "another input's sequence");
    const dearer = SPENT.map((output) => ({ ...output, value: 1 as Sats }));
    assert.notEqual(hash(hashType, transaction, dearer), hash(hashType), "the amount");
  });
}

test("SINGLE for an input without an output of its index commits to no output", () => {
  const first = Transaction.of({ ...transaction, outputs: transaction.outputs.slice(0, 1) });
  const second = Transaction.of({ ...transaction, outputs: transaction.outputs.slice(1) });
  assert.equal(hash(3, first), hash(3, second));
});
