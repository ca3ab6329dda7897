import assert from "node:assert/strict";
import { test } from "node:test";
import { isLoopback } from "../primitives/network_address.ts";
import { interfaceHosts } from "./interfaces.ts";

test("addresses of interfaces are told, but for those of this machine alone", () => {
  for (const host of interfaceHosts()) {
    assert.ok(["ipv4", "ipv6"].includes(host.network));
    assert.equal(isLoopback(host), false);
  }
});
