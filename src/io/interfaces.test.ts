import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "../primitives/host_text.ts";
import { isLoopback } from "../primitives/network_address.ts";
import { foundAddresses, interfaceHosts, isAnyAddress } from "./interfaces.ts";

test("addresses of interfaces are told, but for those of this machine alone", () => {
  for (const host of interfaceHosts()) {
    assert.ok(["ipv4", "ipv6"].includes(host.network));
    assert.equal(isLoopback(host), false);
  }
});

test("a node that listens is found at what strangers can dial of it, and on all addresses at the machine's", () => {
  const bound = ["9.8.7.6:1", "127.0.0.1:2", "0.0.0.0:3", "[::]:4"].map((text) => {
    return parseAddress(text, 0) ?? assert.fail(text);
  });
  assert.deepEqual(bound.map(isAnyAddress), [false, false, true, true]);
  assert.deepEqual(foundAddresses(bound, false, 5), [{ address: bound[0], score: 2 }]);
  const ofMachine = foundAddresses([], true, 5);
  assert.equal(ofMachine.length, interfaceHosts().length);
  assert.ok(ofMachine.every(({ address, score }) => address.port === 5 && score === 1));
});
