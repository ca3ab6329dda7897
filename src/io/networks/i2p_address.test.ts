import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { randomBytes, seededRng } from "../../base/rng.ts";
import { formatAddress } from "../../primitives/host_text.ts";
import { destinationAddress, destinationOfKey, fromI2pBase64, toI2pBase64 } from "./i2p_address.ts";

test("I2P's base64 gives back all bytes, and is base64 with two other characters", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
    const text = toI2pBase64(bytes);
    assert.deepEqual(fromI2pBase64(text), Uint8Array.from(bytes));
    assert.equal(text, Buffer.from(bytes).toString("base64").replaceAll("+", "-").replaceAll("/", "~"));
  }));
});

test("what is not I2P's base64 is told", () => {
  for (const text of ["A", "AB", "ABC", "AAA+", "AAA/", "AA A", "====", "AAAA=", "AA==AAAA", "A STATUS"]) {
    assert.equal(fromI2pBase64(text), undefined, text);
  }
  assert.deepEqual(fromI2pBase64(""), new Uint8Array(0));
});

test("the address of a destination is the hash of it, and of nothing that follows it in a key", () => {
  const key = randomBytes(seededRng(1), 679);
  key.set([5, 0, 4], 384);
  const destination = destinationOfKey(key);
  assert.equal(destination?.length, 391);
  assert.deepEqual(destination, key.slice(0, 391));
  const address = destinationAddress(destination as Uint8Array);
  assert.match(formatAddress(address), /^[a-z2-7]{52}\.b32\.i2p:0$/);
  key[600] = (key[600] as number) ^ 1;
  assert.deepEqual(destinationAddress(destinationOfKey(key) as Uint8Array), address);
});

test("a key that ends before its destination does is refused", () => {
  assert.equal(destinationOfKey(new Uint8Array(386)), undefined);
  assert.equal(destinationOfKey(new Uint8Array(387))?.length, 387);
  const long = new Uint8Array(700);
  long.set([2, 0], 385);
  assert.equal(destinationOfKey(long), undefined);
});
