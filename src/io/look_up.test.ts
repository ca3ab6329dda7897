import assert from "node:assert/strict";
import { test } from "node:test";
import { lookUp } from "./look_up.ts";

test("an address is its own address, and names under invalid have none, which nobody is asked", async () => {
  assert.deepEqual(await lookUp("127.0.0.1"), ["127.0.0.1"]);
  for (const name of ["dummySeed.invalid.", "x9.a.invalid", "INVALID"]) {
    await assert.rejects(lookUp(name), /ENOTFOUND/);
  }
});
