import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteReader } from "../codec/byte_reader.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { MONEY_MAX, type Sats } from "../primitives/amount.ts";
import type { BlockHash, Txid } from "../primitives/hash.ts";
import {
  coinKey, decodeCoin, encodeCoin, readCoin, readVarint, varintSize, writeVarint,
} from "./coin_codec.ts";
import { decodeUndo, encodeUndo, undoChecksum } from "./undo_codec.ts";

const coins = fc.record({
  value: fc.nat(MONEY_MAX).map((value) => value as Sats),
  script: fc.uint8Array({ maxLength: 80 }),
  height: fc.nat(2 ** 31 - 1),
  isCoinbase: fc.boolean(),
}, { noNullPrototype: true });

const outPoints = fc.record({
  txid: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes as Txid),
  index: fc.nat(100_000),
});

test("a coin comes back from its bytes", () => {
  fc.assert(fc.property(outPoints, coins, (outPoint, coin) => {
    const key = coinKey(outPoint);
    assert.deepEqual(decodeCoin(key, encodeCoin(key, coin)), coin);
  }));
});

test("a coin of which any bit of key or value was flipped, or the end is missing, is not taken for one", () => {
  fc.assert(fc.property(outPoints, coins, fc.nat(), (outPoint, coin, where) => {
    const key = coinKey(outPoint);
    const bytes = encodeCoin(key, coin);
    const bit = where % (8 * (key.length + bytes.length));
    const target = bit < 8 * key.length ? key : bytes;
    const at = target === key ? bit >>> 3 : (bit >>> 3) - key.length;
    target[at] = (target[at] as number) ^ (1 << (bit & 7));
    assert.throws(() => decodeCoin(key, bytes), DecodeError);
    target[at] = (target[at] as number) ^ (1 << (bit & 7));
    assert.throws(() => decodeCoin(key, bytes.subarray(0, where % bytes.length)), DecodeError);
  }));
});

test("what undoes a block comes back from its bytes, and no part of it does", () => {
  fc.assert(fc.property(fc.array(coins, { maxLength: 10 }), fc.nat(), (spent, cut) => {
    const bytes = encodeUndo(spent);
    assert.deepEqual(decodeUndo(bytes), spent);
    assert.equal(decodeUndo(bytes.subarray(0, cut % bytes.length)), undefined);
  }));
});

test("any bytes at all are coins, or a DecodeError", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), (bytes, scriptBytes) => {
    try {
      readCoin(new ByteReader(bytes), scriptBytes);
    } catch (error) {
      assert.ok(error instanceof DecodeError, String(error));
    }
    decodeUndo(bytes);
  }));
});

test("a varint holds every whole number that a double holds", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (value) => {
    const bytes = new Uint8Array(varintSize(value));
    assert.equal(writeVarint(bytes, 0, value), bytes.length);
    assert.equal(readVarint(new ByteReader(bytes)), value);
  }));
  assert.throws(() => readVarint(new ByteReader(new Uint8Array(9).fill(0xff))), DecodeError);
});

test("keys of outputs of one transaction differ, and begin alike", () => {
  const txid = new Uint8Array(32).fill(7) as Txid;
  assert.equal(coinKey({ txid, index: 0 }).length, 34);
  assert.equal(coinKey({ txid, index: 127 }).length, 34);
  assert.equal(coinKey({ txid, index: 128 }).length, 35);
  assert.notDeepEqual(coinKey({ txid, index: 0 }), coinKey({ txid, index: 1 }));
});

test("what undoes one block is not taken for what undoes another", () => {
  const [one, other] = [1, 2].map((fill) => new Uint8Array(32).fill(fill) as BlockHash);
  assert.ok(one !== undefined && other !== undefined);
  assert.notDeepEqual(undoChecksum(one, encodeUndo([])), undoChecksum(other, encodeUndo([])));
});
