import assert from "node:assert/strict";
import { test } from "node:test";
import { testSecpBackend } from "../../test/support/secp_backend.ts";
import { loadSystemSignatures } from "./secp_system.ts";

await testSecpBackend("system", "needs libsecp256k1");

test("a name that no library has, and one that has no signatures, are passed over", () => {
  assert.equal(loadSystemSignatures(["libnothing.so.1"]), undefined);
  assert.equal(loadSystemSignatures(["libc.so.6"]), undefined);
});
