import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../../base/bytes.ts";
import { decodeWith } from "../../codec/codec.ts";
import { pingCodec, pongCodec } from "./ping.ts";

test("a ping may be empty, but not half a nonce", () => {
  assert.deepEqual(decodeWith(pingCodec, fromHex("")), { nonce: undefined });
  assert.throws(() => decodeWith(pingCodec, fromHex("01020304")), { name: "DecodeError" });
});

test("a pong shorter than a nonce has none", () => {
  for (const hex of ["", "01", "01020304050607"]) {
    assert.deepEqual(decodeWith(pongCodec, fromHex(hex)), { nonce: undefined }, hex);
  }
});

test("a pong longer than a nonce is read by its start", () => {
  assert.deepEqual(decodeWith(pongCodec, fromHex("0100000000000000 ff")), { nonce: 1n });
});
