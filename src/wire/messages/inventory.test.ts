import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../base/bytes.ts";
import { decodeWith, encodeWith } from "../../codec/codec.ts";
import {
  inventoryCodec, MSG_BLOCK, MSG_TX, MSG_WITNESS_BLOCK, MSG_WITNESS_FLAG, MSG_WITNESS_TX,
} from "./inventory.ts";

const INV = fromHex(
  "02 02000000 1e01ece0de0397148edecf3a436b3028a363a5c91e8b5333c3e6b1e0dc5e0c3b" +
    "02000040 716db7b66f7f7f863371bd045d3899e3d115c597d55670f4b0ec8678d3d68564",
);

test("items have a type and a hash", () => {
  const { items } = decodeWith(inventoryCodec, INV);
  assert.deepEqual(items.map(({ type }) => type), [MSG_BLOCK, MSG_WITNESS_BLOCK]);
  assert.equal(
    toHex(items[1]?.hash ?? fromHex("")),
    "716db7b66f7f7f863371bd045d3899e3d115c597d55670f4b0ec8678d3d68564",
  );
});

test("hashes do not hold the message that brought them in memory", () => {
  for (const { hash } of decodeWith(inventoryCodec, INV).items) assert.notEqual(hash.buffer, INV.buffer);
});

test("the types with witness are the others with the flag", () => {
  assert.deepEqual(
    [MSG_TX | MSG_WITNESS_FLAG, MSG_BLOCK | MSG_WITNESS_FLAG],
    [MSG_WITNESS_TX, MSG_WITNESS_BLOCK],
  );
});

test("50,000 items are taken, 50,001 refused before they are read", () => {
  const items = Array.from({ length: 50_000 }, () => ({ type: MSG_TX, hash: new Uint8Array(32) }));
  assert.equal(decodeWith(inventoryCodec, encodeWith(inventoryCodec, { items })).items.length, 50_000);
  assert.throws(() => decodeWith(inventoryCodec, fromHex("fd51c3")), {
    fault: { kind: "over-limit", field: "items", value: 50_001n, max: 50_000 },
  });
});

test("a count of 50,000 without items is refused at the first", () => {
  assert.throws(() => decodeWith(inventoryCodec, fromHex("fd50c3")), {
    message: "Cannot decode at byte 3: end of data: need 4 bytes, 0 remain",
  });
});
