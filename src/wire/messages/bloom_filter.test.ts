import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex } from "../../base/bytes.ts";
import { decodeWith } from "../../codec/codec.ts";
import { filterAddCodec, filterLoadCodec } from "./bloom_filter.ts";

test("the filter of Bitcoin Core's bloom_create_insert_serialize test is read", () => {
  assert.deepEqual(decodeWith(filterLoadCodec, fromHex("03614e9b 05000000 00000000 01")), {
    data: fromHex("614e9b"),
    hashFunctions: 5,
    tweak: 0,
    flags: 1,
  });
});

test("a filter of 36,000 bytes is taken, of 36,001 refused before it is read", () => {
  const tail = fromHex("32000000 00000000 00");
  assert.equal(
    decodeWith(filterLoadCodec, concatBytes(fromHex("fda08c"), new Uint8Array(36_000), tail)).data.length,
    36_000,
  );
  assert.throws(() => decodeWith(filterLoadCodec, fromHex("fda18c")), {
    fault: { kind: "over-limit", field: "filter", value: 36_001n, max: 36_000 },
  });
});

test("a filter of 51 hash functions is refused", () => {
  assert.throws(() => decodeWith(filterLoadCodec, fromHex("01ff 33000000 00000000 00")), {
    fault: { kind: "over-limit", field: "hash functions", value: 51n, max: 50 },
  });
});

test("an element of 520 bytes is taken, of 521 refused before it is read", () => {
  assert.equal(
    decodeWith(filterAddCodec, concatBytes(fromHex("fd0802"), new Uint8Array(520))).data.length,
    520,
  );
  assert.throws(() => decodeWith(filterAddCodec, fromHex("fd0902")), {
    fault: { kind: "over-limit", field: "element", value: 521n, max: 520 },
  });
});
