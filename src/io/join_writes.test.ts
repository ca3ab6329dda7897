import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FileWrite } from "../store/file_store.ts";
import { joinWrites } from "./join_writes.ts";

const write: fc.Arbitrary<FileWrite> = fc.record({
  name: fc.constantFrom("a", "b"),
  offset: fc.nat(12),
  bytes: fc.uint8Array({ maxLength: 6 }),
});

/** What the files hold in the end, byte by byte. */
function contents(writes: readonly FileWrite[]): Record<string, number[]> {
  const files: Record<string, number[]> = {};
  for (const { name, offset, bytes } of writes) {
    const file = (files[name] ??= []);
    bytes.forEach((byte, i) => (file[offset + i] = byte));
  }
  return files;
}

test("files hold the same after the joined writes, whatever overlaps", () => {
  fc.assert(fc.property(fc.array(write, { maxLength: 12 }), (writes) => {
    assert.deepEqual(contents(joinWrites(writes)), contents(writes));
  }));
});

test("writes that follow each other in their files become one for each file", () => {
  const writes = [0, 10, 20].flatMap((offset) => ["a", "b"].map((name) => {
    return { name, offset, bytes: new Uint8Array(10).fill(offset) };
  }));
  const joined = joinWrites(writes);
  assert.deepEqual(joined.map(({ name, offset, bytes }) => [name, offset, bytes.length]), [
    ["a", 0, 30], ["b", 0, 30],
  ]);
});

test("a long write is not copied", () => {
  const bytes = new Uint8Array(1024 * 1024);
  const after = new Uint8Array(10);
  const joined = joinWrites([{ name: "a", offset: 0, bytes }, { name: "a", offset: bytes.length, bytes: after }]);
  assert.deepEqual(joined.map((each) => each.bytes === bytes || each.bytes === after), [true, true]);
});
