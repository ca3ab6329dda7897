import assert from "node:assert/strict";
import { test } from "node:test";
import { PendingWork } from "./pending_work.ts";

test("each answer goes to the question with its number, once", () => {
  const work = new PendingWork<string>();
  const heard: string[] = [];
  const first = work.add((answer) => heard.push(`first ${answer}`));
  const second = work.add((answer) => heard.push(`second ${answer}`));
  work.answered(second, "b");
  work.answered(first, "a");
  assert.deepEqual(heard, ["second b", "first a"]);
  assert.equal(work.size, 0);
  assert.throws(() => work.answered(first, "again"), { name: "InvariantError" });
});
