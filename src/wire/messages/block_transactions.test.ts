import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../../base/bytes.ts";
import { decodeWith } from "../../codec/codec.ts";
import { getBlockTransactionsCodec } from "./block_transactions.ts";

const HASH = "ab".repeat(32);

function indexesOf(rest: string): readonly number[] {
  return decodeWith(getBlockTransactionsCodec, fromHex(`${HASH} ${rest}`)).indexes;
}

test("gaps become places in the block", () => {
  assert.deepEqual(indexesOf("04 00 00 01 fdfd00"), [0, 1, 3, 257]);
});

test("the last place is 65,535", () => {
  assert.deepEqual(indexesOf("02 fdfeff 00"), [65_534, 65_535]);
  assert.throws(() => indexesOf("02 fdffff 00"), {
    fault: { kind: "over-limit", field: "index", value: 65_536n, max: 65_535 },
  });
});

test("more places than a block can have are refused before they are read", () => {
  assert.throws(() => indexesOf("fe01000100"), {
    fault: { kind: "over-limit", field: "indexes", value: 65_537n, max: 65_536 },
  });
});
