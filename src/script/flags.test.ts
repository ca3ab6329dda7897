import assert from "node:assert/strict";
import { test } from "node:test";
import { MAIN } from "../params/main.ts";
import * as flags from "./flags.ts";

test("each flag has the bit that its name is listed under", () => {
  for (const [name, value] of Object.entries(flags)) {
    if (!name.startsWith("VERIFY_") || typeof value !== "number" || value === 0) continue;
    assert.equal(flags.verifyFlagByName(name.slice("VERIFY_".length)), value, name);
  }
  assert.equal(flags.VERIFY_FLAG_NAMES.length, 21);
  assert.equal(flags.verifyFlagByName("NONE"), undefined);
});

test("flags are named in the order of the alphabet", () => {
  assert.deepEqual(flags.verifyFlagNames(flags.VERIFY_WITNESS | flags.VERIFY_P2SH | flags.VERIFY_DERSIG), [
    "DERSIG",
    "P2SH",
    "WITNESS",
  ]);
});

test("the block of main that broke taproot is held to P2SH and WITNESS alone", () => {
  const found = MAIN.deployments.scriptFlagExceptions.get(
    "0000000000000000000f14c35b2d841e986ab5441de8c585d5ffe55ea1e395ad",
  );
  assert.equal(found, flags.VERIFY_P2SH | flags.VERIFY_WITNESS);
});
