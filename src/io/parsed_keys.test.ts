import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bytes } from "../base/bytes.ts";
import { below, randomBytes, seededRng } from "../base/rng.ts";
import { PARSED_KEYS_MAX, ParsedKeys, X_ONLY_FORM } from "./parsed_keys.ts";

const SEED = 41;

test(`a slot always holds the key that was asked for, whatever was there before (seed ${SEED})`, () => {
  const rng = seededRng(SEED);
  const keys = new ParsedKeys();
  const slots: string[] = [];
  let parses = 0;
  // Few x coordinates that share slots, under each form; every fifth is no key.
  const pool = Array.from({ length: 40 }, (_, i) => {
    const x = randomBytes(rng, 32);
    x[0] = i % 3;
    x[1] = 0;
    return x;
  });
  for (let number = 0; number < 4_000; number++) {
    const at = below(rng, pool.length);
    const x = pool[at] as Bytes;
    const form = [X_ONLY_FORM, 2, 3][below(rng, 3)] as number;
    const content = `${form}/${at}`;
    const slot = keys.slotOf(form, x, 0, (into) => {
      parses++;
      slots[into] = at % 5 === 0 ? "spoilt" : content;
      return at % 5 !== 0;
    });
    if (at % 5 === 0) assert.equal(slot, undefined);
    else assert.equal(slots[slot as number], content);
  }
  assert.ok(parses < 4_000, "some were found");
});

test("a key is parsed once while no other takes its slot", () => {
  const keys = new ParsedKeys();
  const rng = seededRng(SEED);
  const key = new Uint8Array([2, ...randomBytes(rng, 32)]);
  const first = keys.slotOf(2, key, 1, () => true);
  assert.ok(first !== undefined && first < PARSED_KEYS_MAX);
  assert.equal(keys.slotOf(2, key.slice(), 1, () => assert.fail("it was parsed again")), first);
});
