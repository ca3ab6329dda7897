import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceNames } from "./services.ts";

test("services are named as getpeerinfo names them", () => {
  assert.deepEqual(serviceNames(0xc4dn), [
    "NETWORK", "BLOOM", "WITNESS", "COMPACT_FILTERS", "NETWORK_LIMITED", "P2P_V2",
  ]);
});

test("bits without a name are shown by their number", () => {
  assert.deepEqual(serviceNames((1n << 63n) | 2n), ["UNKNOWN[2^1]", "UNKNOWN[2^63]"]);
  assert.deepEqual(serviceNames(0n), []);
});
