import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteWriter } from "../codec/byte_writer.ts";
import { HashInput, plainHashMemory } from "./hash_input.ts";

/** Memory whose hash is what it holds. */
function echo(): HashInput {
  return new HashInput(plainHashMemory((data) => data.slice(), (data) => data.slice()));
}

const value = fc.oneof(
  fc.double({ min: -(2 ** 63), max: 2 ** 63 - 1024, noNaN: true }).map((each) => Math.trunc(each)),
  fc.maxSafeInteger(), fc.constantFrom(-1, 0, 2 ** 32, -(2 ** 32), 2 ** 53),
);

test("a message holds what a ByteWriter would write", () => {
  const bytes = fc.uint8Array({ maxLength: 2_000 });
  const count = fc.oneof(fc.nat(0x1_0010), fc.constantFrom(0xfc, 0xfd, 0xffff, 0x1_0000));
  const input = echo();
  fc.assert(
    fc.property(value, fc.nat(0xffff_ffff), count, bytes, (amount, number, length, data) => {
      const written = new ByteWriter(8 + 4 + 1 + (length < 0xfd ? 1 : length <= 0xffff ? 3 : 5) +
        (data.length < 0xfd ? 1 : 3) + data.length);
      written.i64FromNumber(amount).u32(number).u8(7).count(length).varBytes(data);
      const expected = written.finish();
      input.start(expected.length).i64(amount).u32(number).u8(7).count(length).varBytes(data);
      assert.deepEqual(input.sha256(), expected);
    }),
  );
});

test("a message that is not as long as was said, or that another was begun in, is a bug", () => {
  const input = echo();
  assert.throws(() => input.start(5).u32(1).sha256(), { name: "InvariantError" });
  input.start(40).u32(1);
  input.start(4).u32(1).sha256();
  assert.throws(() => input.bytes(new Uint8Array(36)).sha256(), { name: "InvariantError" });
});
