import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRng } from "./rng.ts";
import { drawSalt, saltedHash, wordAt } from "./salted_hash.ts";

test("keys that differ in one bit only are spread over a table, whatever the salt", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const salt = drawSalt(seededRng(seed));
    const places = new Set<number>();
    for (let bit = 0; bit < 32; bit++) {
      places.add(saltedHash(salt, 1 << bit, 0, 0) & 0xfff);
      places.add(saltedHash(salt, 0, 1 << bit, 0) & 0xfff);
      places.add(saltedHash(salt, 0, 0, 1 << bit) & 0xfff);
    }
    assert.ok(places.size > 85, `seed ${seed}: 96 keys took ${places.size} of 4096 places`);
  }
});

test("two salts send the same keys to different places", () => {
  const [one, other] = [drawSalt(seededRng(1)), drawSalt(seededRng(2))];
  let same = 0;
  for (let key = 0; key < 1000; key++) {
    if ((saltedHash(one, key, 0, 0) & 0xff) === (saltedHash(other, key, 0, 0) & 0xff)) same++;
  }
  assert.ok(same < 20, `${same} of 1000`);
});

test("wordAt reads four bytes from anywhere", () => {
  assert.equal(wordAt(Uint8Array.of(9, 0x78, 0x56, 0x34, 0x12), 1), 0x1234_5678);
  assert.equal(wordAt(Uint8Array.of(0xff, 0xff, 0xff, 0xff), 0), -1);
});
