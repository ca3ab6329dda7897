import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Bytes, concatBytes, reversed, toHex } from "../base/bytes.ts";
import { MuHash, muhashFactor } from "./muhash.ts";

/** 32 bytes that begin with `number`, as Bitcoin Core's tests make them (crypto_tests.cpp, FromInt). */
function numbered(number: number): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[0] = number;
  return bytes;
}

test("the published set of three gives the published hash", () => {
  const set = new MuHash();
  set.insert(numbered(0));
  set.insert(numbered(1));
  set.remove(numbered(2));
  const published = "10d312b100cbd32ada024a6646e40d3482fcff103668d2625f10002a607d5863";
  assert.equal(toHex(reversed(set.digest())), published);
});

test("a digest changes nothing: the same set has it again, and one more element another", () => {
  const set = new MuHash();
  set.insert(numbered(1));
  set.remove(numbered(9));
  const before = toHex(set.digest());
  assert.equal(toHex(set.digest()), before);
  set.insert(numbered(9));
  set.remove(numbered(1));
  assert.equal(toHex(set.digest()), toHex(new MuHash().digest()));
});

test("neither the order nor a detour by way of other elements counts", () => {
  const elements =
    fc.uniqueArray(fc.uint8Array({ maxLength: 64 }), { maxLength: 5, selector: (each) => each.join() });
  fc.assert(fc.property(elements, fc.uint8Array({ maxLength: 64 }), (inserted, detour) => {
    const [one, other] = [new MuHash(), new MuHash()];
    for (const each of inserted) one.insert(each);
    other.remove(detour);
    for (const each of inserted.toReversed()) other.insert(each);
    other.insert(detour);
    assert.deepEqual(one.digest(), other.digest());
  }), { numRuns: 20 });
});

test("a set goes on from its state as if it had never been put away", () => {
  const set = new MuHash();
  for (let i = 0; i < 40; i++) set.insert(numbered(i));
  set.remove(numbered(99));
  const restored = MuHash.of(set.state());
  for (const each of [set, restored]) {
    each.insert(numbered(99));
    each.remove(numbered(3));
  }
  assert.deepEqual(restored.digest(), set.digest());
  assert.deepEqual(restored.state(), set.state());
});

test("a long product is the one that plain division gives", () => {
  const prime = (1n << 3072n) - 1_103_717n;
  const number = (set: MuHash): bigint => BigInt(`0x${toHex(reversed(set.state()))}`);
  const [all, alone] = [new MuHash(), Array.from({ length: 30 }, () => new MuHash())];
  for (const [i, each] of alone.entries()) {
    each.insert(numbered(i));
    all.insert(numbered(i));
  }
  const expected = alone.reduce((sum, each) => (sum * number(each)) % prime, 1n);
  assert.equal(number(all), expected);
});

test("a change that was made into a factor is the same as its elements one by one", () => {
  const list = fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 4 });
  const packed = (elements: readonly Bytes[]): Bytes =>
    concatBytes(...elements.flatMap((each) => [Uint8Array.of(each.length, 0, 0, 0), each]));
  fc.assert(fc.property(list, list, (inserted, removed) => {
    const [one, other] = [new MuHash(), new MuHash()];
    for (const each of inserted) one.insert(each);
    for (const each of removed) one.remove(each);
    other.multiply(muhashFactor({ inserted: packed(inserted), removed: packed(removed) }));
    assert.deepEqual(other.state(), one.state());
    other.multiply(muhashFactor({ inserted: packed(removed), removed: packed(inserted) }));
    assert.deepEqual(other.state(), new MuHash().state());
  }), { numRuns: 30 });
});
