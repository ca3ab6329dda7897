import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { obeysCodecLaws } from "../../test/contract/codec_laws.ts";
import { readTransaction, transaction } from "../../test/support/arbitrary_primitives.ts";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import { decodeWith, encodeWith } from "../codec/codec.ts";
import { DecodeError } from "../codec/decode_error.ts";
import type { Sats } from "./amount.ts";
import { displayHash, type Txid } from "./hash.ts";
import {
  isNullOutPoint, NULL_OUT_POINT, outPointBytes, Transaction, transactionCodec,
} from "./transaction.ts";

/** The coinbase of mainnet's genesis block. */
const GENESIS_COINBASE =
  "01000000 01 0000000000000000000000000000000000000000000000000000000000000000 ffffffff" +
  "4d 04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e" +
  "6b206f66207365636f6e64206261696c6f757420666f722062616e6b73 ffffffff" +
  "01 00f2052a01000000 43 4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3" +
  "f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac 00000000";

/** BIP143, native P2WPKH: one input with and one without a witness. */
const SEGWIT =
  "01000000 0001 02 fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f 00000000" +
  "49 4830450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b" +
  "194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01 eeffffff" +
  "ef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a 01000000 00 ffffffff" +
  "02 202cb20600000000 19 76a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac" +
  "9093510d00000000 19 76a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac 00" +
  "02 47 304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a95" +
  "4c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee01" +
  "21 025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee6357 11000000";

/** An input that spends nothing known, without its witness. */
const INPUT = `${"11".repeat(32)} 00000000 00 ffffffff`;

function read(hex: string): Transaction {
  return decodeWith(transactionCodec, fromHex(hex));
}

function refusal(hex: string): unknown {
  try {
    read(hex);
  } catch (error) {
    if (error instanceof DecodeError) return error.fault;
    throw error;
  }
  return undefined;
}

obeysCodecLaws("a transaction", transactionCodec, transaction);

test("what is read has the fields that it was made of, and witnesses once they are asked for", () => {
  fc.assert(fc.property(readTransaction, ([{ version, inputs, outputs, locktime }, read]) => {
    assert.deepEqual([read.version, read.outputs, read.locktime], [version, outputs, locktime]);
    assert.deepEqual(read.inputs.map((input) => ({ ...input, witness: input.witness.slice() })), inputs);
  }));
});

test("the coinbase of genesis is read, and has its id", () => {
  const coinbase = read(GENESIS_COINBASE);
  assert.ok(coinbase.isCoinbase);
  assert.equal(coinbase.outputs[0]?.value, 50_0000_0000);
  assert.equal(
    displayHash(coinbase.txid),
    "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b",
  );
  assert.equal(toHex(coinbase.wtxid), toHex(coinbase.txid));
  assert.deepEqual(
    [coinbase.totalSize, coinbase.baseSize, coinbase.weight, coinbase.vsize],
    [204, 204, 816, 204],
  );
});

test("a transaction with witness has two ids, and a weight below four times its size", () => {
  const spend = read(SEGWIT);
  assert.equal(displayHash(spend.txid), "e8151a2af31c368a35053ddd4bdb285a8595c769a3ad83e0fa02314a602d4609");
  assert.notEqual(toHex(spend.wtxid), toHex(spend.txid));
  assert.deepEqual(spend.inputs.map(({ witness }) => witness.length), [0, 2]);
  assert.deepEqual([spend.totalSize, spend.baseSize, spend.weight, spend.vsize], [343, 233, 1042, 261]);
});

test("a transaction from its fields is that which was read, with the same ids and sizes", () => {
  fc.assert(fc.property(transaction, (made) => {
    const once = decodeWith(transactionCodec, encodeWith(transactionCodec, made));
    const again = Transaction.of(once);
    assert.deepEqual(again.bytes, once.bytes);
    assert.deepEqual([again.txid, again.wtxid, again.weight], [once.txid, once.wtxid, once.weight]);
    assert.deepEqual([made.witnessBytes, made.hasWitness], [once.witnessBytes, once.hasWitness]);
  }));
});

test("the base bytes are the transaction without its witnesses", () => {
  fc.assert(fc.property(transaction, (made) => {
    const inputs = made.inputs.map((input) => ({ ...input, witness: [] }));
    assert.deepEqual(made.baseBytes, Transaction.of({ ...made, inputs }).bytes);
  }));
});

test("no inputs and no outputs are a transaction all the same", () => {
  const empty = read("01000000 00 00 00000000");
  assert.deepEqual([empty.inputs, empty.outputs, empty.isCoinbase], [[], [], false]);
});

test("a witness where all inputs have none is refused: it would be a second encoding", () => {
  assert.deepEqual(refusal(`01000000 0001 01 ${INPUT} 00 00 00000000`), {
    kind: "malformed",
    field: "witness",
    found: "superfluous",
  });
});

test("flags that nobody has defined are refused", () => {
  assert.deepEqual(refusal(`01000000 0002 01 ${INPUT} 00 00000000`), {
    kind: "malformed",
    field: "flag",
    found: "unknown (2)",
  });
});

test("a count that claims more than is there is refused before anything is read", () => {
  assert.deepEqual(
    refusal("01000000 fe00000002"),
    { kind: "truncated", needed: 0x0200_0000 * 41, remaining: 0 },
  );
  assert.deepEqual(
    refusal(`01000000 01 ${INPUT} fd0010 0000`),
    { kind: "truncated", needed: 4096 * 9, remaining: 2 },
  );
});

test("a value of any 64 bits is kept in the bytes", () => {
  const hex = `01000000 01 ${INPUT} 01 ffffffffffffffff 00 00000000`;
  assert.equal(read(hex).outputs[0]?.value, -1);
  assert.equal(toHex(encodeWith(transactionCodec, read(hex))), toHex(fromHex(hex)));
});

test("only the one null outpoint makes a coinbase", () => {
  assert.ok(isNullOutPoint(NULL_OUT_POINT));
  assert.equal(isNullOutPoint({ ...NULL_OUT_POINT, index: 0 }), false);
  const txid = new Uint8Array(32).fill(1) as Txid;
  assert.equal(isNullOutPoint({ ...NULL_OUT_POINT, txid }), false);
  const input = { prevout: NULL_OUT_POINT, scriptSig: fromHex(""), sequence: 0, witness: [] };
  const output = { value: 0 as Sats, script: fromHex("") };
  const two = Transaction.of({ version: 1, inputs: [input, input], outputs: [output], locktime: 0 });
  assert.equal(two.isCoinbase, false);
});

test("an outpoint is 36 bytes: the id, then the index", () => {
  assert.equal(
    toHex(outPointBytes({ txid: new Uint8Array(32).fill(0xab) as Txid, index: 1 })),
    `${"ab".repeat(32)}01000000`,
  );
});

test("Bitcoin Core's tx_valid is read, and written the same", { skip: skipWithoutShared }, () => {
  const text = readFileSync(sharedPath("vectors", "core", "tx_valid.json"), "utf8");
  const rows = JSON.parse(text) as unknown[][];
  const hexes = rows.filter((row) => row.length === 3).map((row) => row[1] as string);
  assert.ok(hexes.length > 100);
  for (const hex of hexes) {
    const value = read(hex);
    assert.equal(toHex(Transaction.of(value).bytes), hex);
  }
});
