import assert from "node:assert/strict";
import { test } from "node:test";
import { ageOf } from "./history.ts";

test("the first blocks end now, ten minutes apart, and go back a day each before that", () => {
  const ages = Array.from({ length: 110 }, (_, index) => ageOf(index, 110));
  const gaps = ages.slice(1).map((age, index) => (ages[index] as number) - age);
  assert.equal(ages.at(-1), 0);
  assert.ok(gaps.slice(0, 98).every((gap) => gap === 86_400));
  assert.ok(gaps.slice(98).every((gap) => gap === 600), "so the median of the last eleven is an hour old");
  assert.equal(gaps.length, 109);
});

test("few blocks are all recent", () => {
  assert.deepEqual([0, 1, 2].map((index) => ageOf(index, 3)), [1200, 600, 0]);
});
