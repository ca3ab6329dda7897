import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concatBytes, fromHex, toHex } from "../base/bytes.ts";
import { hash256 } from "../crypto/crypto.ts";
import { address } from "../../test/support/peer_bench.ts";
import { decodeAnchors, encodeAnchors } from "./anchors.ts";

const MAGIC = fromHex("fabfb5da");
const ANCHORS = [
  { address: address("127.0.0.1:11000"), services: 0n, time: 1_700_000_000 },
  {
    address: address("pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333"),
    services: 0x409n, time: 1_700_000_001,
  },
];

/** As bitcoind 31.99 writes an anchor without services, but for its time. */
const ONE = "fabfb5da" + "01" + "605b0320" + "00f15365" + "00" + "01" + "04" + "7f000001" + "2af8";

test("anchors are written as Bitcoin Core writes them", () => {
  const bytes = encodeAnchors(MAGIC, ANCHORS.slice(0, 1));
  assert.equal(toHex(bytes.subarray(0, -32)), ONE);
  assert.deepEqual(bytes.subarray(-32), hash256(fromHex(ONE)));
});

test("what is written is read again, at most two", () => {
  assert.deepEqual(decodeAnchors(MAGIC, encodeAnchors(MAGIC, ANCHORS)), ANCHORS);
  assert.deepEqual(decodeAnchors(MAGIC, encodeAnchors(MAGIC, [...ANCHORS, ...ANCHORS])), ANCHORS);
});

test("a file with a bit flipped, cut, or of another network gives no anchors", () => {
  const bytes = encodeAnchors(MAGIC, ANCHORS);
  fc.assert(fc.property(fc.nat(8 * bytes.length - 1), (bit) => {
    const damaged = bytes.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.deepEqual(decodeAnchors(MAGIC, damaged), []);
  }));
  fc.assert(fc.property(fc.nat(bytes.length - 1), (length) => {
    assert.deepEqual(decodeAnchors(MAGIC, bytes.subarray(0, length)), []);
  }));
  assert.deepEqual(decodeAnchors(fromHex("f9beb4d9"), bytes), []);
});

test("any bytes with a good checksum are read or passed over", () => {
  const wrapped = fc.uint8Array({ maxLength: 200 }).map((body) => {
    const whole = concatBytes(MAGIC, body);
    return concatBytes(whole, hash256(whole));
  });
  fc.assert(fc.property(wrapped, (bytes) => assert.ok(decodeAnchors(MAGIC, bytes).length <= 2)));
});

test("an anchor of a network that is not known here is passed over, and the next is read", () => {
  const unknown = "605b0320" + "00f15365" + "00" + "09" + "03" + "aabbcc" + "2af8";
  const body = fromHex("fabfb5da" + "02" + unknown + ONE.slice(10));
  const bytes = concatBytes(body, hash256(body));
  assert.deepEqual(decodeAnchors(MAGIC, bytes), ANCHORS.slice(0, 1));
});
