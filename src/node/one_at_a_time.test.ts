import assert from "node:assert/strict";
import { test } from "node:test";
import { OneAtATime } from "./one_at_a_time.ts";

test("a job begins when the one before it has ended, at once or later, and in the order of asking", () => {
  const queue = new OneAtATime();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const slow = (name: string) => queue.run((done) => {
    begun.push(name);
    ends.push(done);
  });
  slow("a");
  queue.run((done) => {
    begun.push("b");
    done();
  });
  slow("c");
  assert.deepEqual(begun, ["a"]);
  ends.shift()?.();
  assert.deepEqual(begun, ["a", "b", "c"]);
  ends.shift()?.();
  slow("d");
  assert.deepEqual(begun, ["a", "b", "c", "d"]);
});
