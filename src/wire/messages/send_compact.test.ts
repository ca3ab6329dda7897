import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../../base/bytes.ts";
import { decodeWith } from "../../codec/codec.ts";
import { sendCompactCodec } from "./send_compact.ts";

test("sendcmpct says how to announce, and which version", () => {
  assert.deepEqual(
    decodeWith(sendCompactCodec, fromHex("01 0200000000000000")),
    { announce: true, version: 2n },
  );
});

test("sendcmpct with an announce field above one is refused", () => {
  assert.throws(() => decodeWith(sendCompactCodec, fromHex("02 0200000000000000")), {
    fault: { kind: "malformed", field: "announce", found: "2" },
  });
});
