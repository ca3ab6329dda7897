import assert from "node:assert/strict";
import { test } from "node:test";
import { InvariantError } from "../base/assert.ts";
import { fromHex } from "../base/bytes.ts";
import { type Codec, decodeWith, encodeWith } from "./codec.ts";

const portCodec: Codec<number> = {
  size: () => 2,
  encode: (port, writer) => void writer.u16be(port),
  decode: (reader) => reader.u16be(),
};

test("a value is written in exactly the bytes that its size announces", () => {
  assert.deepEqual(encodeWith(portCodec, 8333), fromHex("208d"));
  assert.throws(() => encodeWith({ ...portCodec, size: () => 3 }, 8333), InvariantError);
});

test("all of the bytes must be the value", () => {
  assert.equal(decodeWith(portCodec, fromHex("208d")), 8333);
  assert.throws(
    () => decodeWith(portCodec, fromHex("208d00")),
    { fault: { kind: "trailing", remaining: 1 } },
  );
  assert.throws(
    () => decodeWith(portCodec, fromHex("20")),
    { fault: { kind: "truncated", needed: 2, remaining: 1 } },
  );
});
