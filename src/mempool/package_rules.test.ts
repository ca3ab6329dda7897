import assert from "node:assert/strict";
import { test } from "node:test";
import { MempoolHarness, output, spend } from "../../test/support/mempool_harness.ts";
import { checkPackage } from "./package_rules.ts";

const COIN = 100_000;
const world = new MempoolHarness();
const parent = spend([world.fund(COIN)], COIN - 500);
const child = spend([output(parent)], COIN - 1_000);

test("parents before children, each once, each output spent once", () => {
  assert.equal(checkPackage([parent, child]), undefined);
  assert.equal(checkPackage([child, parent])?.rule, "package-not-sorted");
  assert.equal(checkPackage([parent, parent])?.rule, "package-contains-duplicates");
  const rival = spend([output(parent)], COIN - 2_000);
  assert.equal(checkPackage([parent, child, rival])?.rule, "conflict-in-package");
});

test("no more than 25, and no heavier than 404,000 together", () => {
  const many = Array.from({ length: 26 }, () => spend([world.fund(COIN)], COIN - 500));
  assert.equal(checkPackage(many)?.rule, "package-too-many-transactions");
  assert.equal(checkPackage(many.slice(0, 25)), undefined);
  const heavy = Array.from({ length: 4 }, () => spend([world.fund(10 * COIN)], 9 * COIN, { outputs: 1_000 }));
  assert.equal(checkPackage(heavy)?.rule, "package-too-large");
  assert.equal(checkPackage(heavy.slice(0, 1)), undefined);
});
