import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { networkAddress } from "../../test/support/arbitrary_primitives.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import { parseHost } from "./host_text.ts";
import {
  addressKey, BIP155_ID, equalAddresses, fromAddrV1Bytes, hostKey, ipHost, isDisguised, isLoopback,
  isRoutable,
  isValidHost, type NetworkAddress, networkOfBip155Id, toAddrV1Bytes,
} from "./network_address.ts";

const ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";
const I2P = "ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p";

function host(text: string): NetworkAddress {
  return parseHost(text, 8333) ?? assert.fail(`${text} is no host`);
}

test("keys are equal when network, host and port are", () => {
  fc.assert(fc.property(networkAddress, networkAddress, (a, b) => {
    assert.equal(addressKey(a) === addressKey(b), equalAddresses(a, b));
    assert.equal(hostKey(a) === hostKey(b), equalAddresses({ ...a, port: 0 }, { ...b, port: 0 }));
    assert.equal(addressKey(a), addressKey({ ...a, bytes: a.bytes.slice() }));
  }));
  const bytes = new Uint8Array(32);
  const onion: NetworkAddress = { network: "onion", bytes, port: 1 };
  assert.notEqual(addressKey(onion), addressKey({ ...onion, network: "i2p" }));
  assert.notEqual(addressKey({ ...host("1.2.3.4"), port: 256 }), addressKey({ ...host("1.2.3.4"), port: 1 }));
});

test("networks have the numbers of BIP155; Tor's old form has none here", () => {
  for (const [network, id] of Object.entries(BIP155_ID)) assert.equal(networkOfBip155Id(id), network);
  assert.deepEqual([0, 3, 7, 255].map(networkOfBip155Id), [undefined, undefined, undefined, undefined]);
});

test("IP addresses go through the form before BIP155 and back, the others have no such form", () => {
  fc.assert(fc.property(networkAddress, (address) => {
    const bytes = toAddrV1Bytes(address);
    assert.equal(bytes === undefined, !["ipv4", "ipv6"].includes(address.network));
    if (bytes !== undefined) assert.deepEqual(fromAddrV1Bytes(bytes, address.port), address);
  }));
  assert.equal(toHex(toAddrV1Bytes(host("10.0.0.1")) ?? fromHex("")), "00000000000000000000ffff0a000001");
});

test("Tor's old addresses and mere names stay IPv6, and lead nowhere", () => {
  for (const hex of ["fd87d87eeb430102030405060708090a", "fd6b88c087240102030405060708090a"]) {
    const address = fromAddrV1Bytes(fromHex(hex), 8333);
    assert.deepEqual(
      [address.network, isDisguised(address), isValidHost(address), isRoutable(address)],
      ["ipv6", true, false, false],
    );
  }
});

test("16 bytes of a mapped IPv4 address are IPv4", () => {
  assert.deepEqual(
    ipHost(fromHex("00000000000000000000ffff01020304")),
    { network: "ipv4", bytes: fromHex("01020304") },
  );
  assert.equal(ipHost(fromHex("00000000000000000000000000000001")).network, "ipv6");
});

test("this machine is 127.0.0.0/8 and ::1", () => {
  for (const text of ["127.0.0.1", "127.255.0.3", "::1", "::ffff:127.0.0.1"]) {
    assert.ok(isLoopback(host(text)), text);
  }
  for (const text of ["0.0.0.0", "10.0.0.1", "::2", "::", ONION]) {
    assert.equal(isLoopback(host(text)), false, text);
  }
});

const ROUTABLE = [
  "8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "198.17.0.1", "198.20.0.1",
  "2001:4860:4860::8888", "64:ff9b::102:304", "2002:102:304::1", "2001::1", "2001:470::1", ONION, I2P,
];
const UNROUTABLE = [
  "0.0.0.0", "0.1.2.3", "10.1.2.3", "127.0.0.1", "100.64.0.1", "100.127.255.255", "169.254.1.1", "172.16.0.1",
  "172.31.255.255", "192.168.1.1", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
  "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00::1", "2001:db8::1", "2001:10::1", "2001:20::1",
];

test("what anyone may reach is told from what only neighbours may", () => {
  for (const text of ROUTABLE) assert.equal(isRoutable(host(text)), true, text);
  for (const text of UNROUTABLE) assert.equal(isRoutable(host(text)), false, text);
});

test("private addresses are valid all the same; nowhere, everywhere and examples are not", () => {
  for (const text of ["10.1.2.3", "127.0.0.1", "::1", "fe80::1", "192.0.2.1", ONION]) {
    assert.ok(isValidHost(host(text)), text);
  }
  for (const text of ["0.0.0.0", "255.255.255.255", "::", "2001:db8::1"]) {
    assert.equal(isValidHost(host(text)), false, text);
  }
});

test("CJDNS has its prefix or is none", () => {
  const bytes = fromHex("fc000001000200030004000500060007");
  assert.ok(isRoutable({ network: "cjdns", bytes }));
  assert.equal(isRoutable({ network: "cjdns", bytes: fromHex("aa000001000200030004000500060007") }), false);
});
