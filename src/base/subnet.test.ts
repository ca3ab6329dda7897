import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSubnet } from "./subnet.ts";

test("parseSubnet takes an address, a number of bits, or an IPv4 mask", () => {
  const ten = Uint8Array.of(10, 0, 0, 0);
  assert.deepEqual(parseSubnet("10.0.0.0"), { address: ten, prefixBits: 32 });
  assert.deepEqual(parseSubnet("10.0.0.0/8"), { address: ten, prefixBits: 8 });
  assert.deepEqual(parseSubnet("10.0.0.0/255.0.0.0"), { address: ten, prefixBits: 8 });
  assert.deepEqual(parseSubnet("10.0.0.0/0"), { address: ten, prefixBits: 0 });
  assert.deepEqual(parseSubnet("10.0.0.0/0.0.0.0"), { address: ten, prefixBits: 0 });
  assert.deepEqual(parseSubnet("10.0.0.0/255.255.255.255"), { address: ten, prefixBits: 32 });
  assert.equal(parseSubnet("::/0")?.address.length, 16);
  assert.equal(parseSubnet("2001:db8::/32")?.prefixBits, 32);
  assert.equal(parseSubnet("::1")?.prefixBits, 128);
});

test("parseSubnet refuses what is no subnet", () => {
  for (const text of [
    "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "10.0.0.0/255.0.255.0", "10.0.0.0/0.0.0.1",
    "::/129", "::/255.0.0.0", "localhost", "10.0.0.0/8/8",
  ]) {
    assert.equal(parseSubnet(text), undefined, text);
  }
});
