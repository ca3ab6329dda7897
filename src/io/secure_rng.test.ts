import assert from "node:assert/strict";
import { test } from "node:test";
import { SecureRng } from "./secure_rng.ts";

test("SecureRng gives words of 32 bits that do not repeat across refills", () => {
  const rng = new SecureRng();
  const words = Array.from({ length: 2_000 }, () => rng.u32());
  for (const word of words) assert.ok(Number.isInteger(word) && word >= 0 && word < 2 ** 32);
  // Two equal among 2,000 come about once in 2,000 runs; ten never do.
  assert.ok(new Set(words).size > 1_990);
  assert.ok(words.some((word) => word >= 2 ** 31), "the highest bit is used");
});

test("two SecureRngs differ", () => {
  const [a, b] = [new SecureRng(), new SecureRng()];
  const draw = (rng: SecureRng) => Array.from({ length: 8 }, () => rng.u32());
  assert.notDeepEqual(draw(a), draw(b));
});
