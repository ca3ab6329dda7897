import assert from "node:assert/strict";
import { test } from "node:test";
import { randomBytes, seededRng } from "../base/rng.ts";
import { CAPACITY, InventoryFilter } from "./inventory_filter.ts";

const rng = seededRng(7);
const hash = () => randomBytes(rng, 32);

test("the last CAPACITY hashes are remembered, however many came before", () => {
  const filter = new InventoryFilter(rng);
  const added: Uint8Array[] = [];
  for (let i = 0; i < CAPACITY * 2.4; i++) {
    const next = hash();
    filter.add(next);
    added.push(next);
    if (i % 10_000 === 0) assert.ok(added.slice(-CAPACITY).every((each) => filter.has(each)));
  }
  assert.ok(added.slice(-CAPACITY).every((each) => filter.has(each)));
});

test("memory stays under its bound, whatever is added", () => {
  const filter = new InventoryFilter(rng);
  let most = 0;
  for (let i = 0; i < CAPACITY * 4; i++) {
    filter.add(hash());
    most = Math.max(most, filter.bytes);
  }
  assert.ok(most <= 2 * 65_536 * 4, `${most} bytes`);
});

test("5,000 transactions take at most 32 KiB, and none takes none", () => {
  const filter = new InventoryFilter(rng);
  assert.equal(filter.bytes, 0);
  assert.equal(filter.has(hash()), false);
  for (let i = 0; i < 5_000; i++) filter.add(hash());
  assert.ok(filter.bytes <= 32 * 1024, `${filter.bytes} bytes`);
});

test("hashes that were not added are not known", () => {
  const filter = new InventoryFilter(rng);
  for (let i = 0; i < 5_000; i++) filter.add(hash());
  let wrong = 0;
  for (let i = 0; i < 50_000; i++) if (filter.has(hash())) wrong++;
  assert.ok(wrong <= 2, `${wrong} of 50,000`);
});

test("hashes that differ in one bit are told apart", () => {
  const filter = new InventoryFilter(rng);
  const one = hash();
  filter.add(one);
  for (let bit = 0; bit < 256; bit++) {
    const other = one.slice();
    other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.equal(filter.has(other), false);
  }
});

test("every byte counts, also where their number is no multiple of four", () => {
  const filter = new InventoryFilter(rng);
  const one = randomBytes(rng, 7);
  filter.add(one);
  for (let index = 0; index < 7; index++) {
    const other = one.slice();
    other[index] = (other[index] as number) ^ 1;
    assert.equal(filter.has(other), false);
  }
  assert.equal(filter.has(one), true);
});

test("a cleared filter knows nothing", () => {
  const filter = new InventoryFilter(rng);
  const one = hash();
  filter.add(one);
  filter.clear();
  assert.equal(filter.has(one), false);
});
