import assert from "node:assert/strict";
import { test } from "node:test";
import { networkAddress, socketHost } from "./socket_address.ts";

test("an IPv4 address mapped into IPv6, as dual-stack sockets name it, is IPv4", () => {
  const ours = { network: "ipv4", bytes: Uint8Array.of(127, 0, 0, 1), port: 8333 };
  assert.deepEqual(networkAddress("127.0.0.1", 8333), ours);
  assert.deepEqual(networkAddress("::ffff:127.0.0.1", 8333), ours);
});

test("an IPv6 address loses the name of its interface", () => {
  const address = networkAddress("fe80::1%eth0", 1);
  assert.equal(address?.network, "ipv6");
  assert.deepEqual([...(address?.bytes ?? [])].slice(0, 2), [0xfe, 0x80]);
});

test("a socket that has lost its ends has no address", () => {
  assert.equal(networkAddress(undefined, 1), undefined);
  assert.equal(networkAddress("127.0.0.1", undefined), undefined);
  assert.equal(networkAddress("a name", 1), undefined);
});

test("IP networks are dialled by their address, the others only through a proxy", () => {
  assert.equal(socketHost({ network: "ipv4", bytes: Uint8Array.of(1, 2, 3, 4), port: 1 }), "1.2.3.4");
  assert.equal(socketHost({ network: "onion", bytes: new Uint8Array(32), port: 1 }), undefined);
  assert.equal(socketHost({ network: "i2p", bytes: new Uint8Array(32), port: 1 }), undefined);
});
