import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../../base/bytes.ts";
import { decodeWith } from "../../codec/codec.ts";
import { featureCodec } from "./feature.ts";

test("a feature has an id and data", () => {
  assert.deepEqual(decodeWith(featureCodec, fromHex("06 424950343334 01 2a")), {
    id: "BIP434",
    data: fromHex("2a"),
  });
});

test("data may be empty, but not missing", () => {
  assert.deepEqual(decodeWith(featureCodec, fromHex("04 42495031 00")).data, fromHex(""));
  assert.throws(() => decodeWith(featureCodec, fromHex("04 42495031")), { name: "DecodeError" });
});

test("an id has 4 to 80 bytes", () => {
  assert.throws(() => decodeWith(featureCodec, fromHex("03 424950 00")), {
    fault: { kind: "malformed", field: "feature id", found: "3 bytes long" },
  });
  assert.equal(decodeWith(featureCodec, fromHex(`50 ${"41".repeat(80)} 00`)).id.length, 80);
  assert.throws(() => decodeWith(featureCodec, fromHex(`51 ${"41".repeat(81)} 00`)), {
    fault: { kind: "over-limit", field: "feature id", value: 81n, max: 80 },
  });
});

test("data has at most 512 bytes", () => {
  assert.equal(decodeWith(featureCodec, fromHex(`04 42495031 fd0002 ${"00".repeat(512)}`)).data.length, 512);
  assert.throws(() => decodeWith(featureCodec, fromHex("04 42495031 fd0102")), {
    fault: { kind: "over-limit", field: "feature data", value: 513n, max: 512 },
  });
});
