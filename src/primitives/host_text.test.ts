import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { networkAddress } from "../../test/support/arbitrary_primitives.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import {
  dialKey, formatAddress, formatHost, formatHostPort, isHostName, namedAddress, parseAddress,
  parseDestination, parseHost, parseIp, splitHostPort,
} from "./host_text.ts";
import { addressKey, isDisguised, isNamed, isRoutable } from "./network_address.ts";

const ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";
const ONION_KEY = "79bcc625184b05194975c28b66b66b0469f7f6556fb1ac3189a79b40dda32f1f";
const I2P = "ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p";

test("what is written is read back, but for CJDNS, which looks like IPv6", () => {
  fc.assert(fc.property(networkAddress.filter(({ port }) => port > 0), (address) => {
    const network = address.network === "cjdns" ? "ipv6" : address.network;
    assert.deepEqual(parseAddress(formatAddress(address), 1), { ...address, network });
  }));
});

test("Tor's addresses are a key, its checksum and a version", () => {
  assert.deepEqual(parseHost(ONION, 1), { network: "onion", bytes: fromHex(ONION_KEY), port: 1 });
  assert.equal(formatHost({ network: "onion", bytes: fromHex(ONION_KEY) }), ONION);
  assert.deepEqual(parseHost(ONION.toUpperCase(), 1), parseHost(ONION, 1));
});

test("a mistyped Tor address is none", () => {
  for (let i = 0; i < 56; i++) {
    const typo = `${ONION.slice(0, i)}${ONION[i] === "a" ? "b" : "a"}${ONION.slice(i + 1)}`;
    assert.equal(parseHost(typo, 1), undefined, typo);
  }
  // Tor's old form, and what is short of the new.
  for (const text of ["6hzph5hv6337r6p2.onion", ".onion", "a.onion", ONION.slice(1)]) {
    assert.equal(parseHost(text, 1), undefined);
  }
});

test("I2P's addresses are 52 characters", () => {
  const parsed = parseHost(I2P, 0);
  assert.equal(
    toHex(parsed?.bytes ?? fromHex("")),
    "a2894dabaec08c0051a481a6dac88b64f98232ae42d4b6fd2fa81952dfe36a87",
  );
  assert.equal(formatHost(parsed ?? assert.fail()), I2P);
  for (const text of [I2P.slice(1), `a${I2P}`, `${I2P.slice(0, 51)}1.b32.i2p`]) {
    assert.equal(parseHost(text, 0), undefined);
  }
});

test("IPv6 is written as RFC 5952 has it, IPv4 without its disguise", () => {
  const texts: readonly (readonly [string, string])[] = [
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"], ["::", "::"], ["::ffff:1.2.3.4", "1.2.3.4"],
    ["::1", "::1"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"], ["fe80::0001", "fe80::1"], ["1.2.3.4", "1.2.3.4"],
  ];
  for (const [text, shown] of texts) assert.equal(formatHost(parseIp(text) ?? assert.fail(text)), shown);
});

test("names, ports and nonsense are no IP addresses", () => {
  for (const text of [
    "", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4:5", ":::", "1::2::3",
    "12345::", "[::1]",
  ]) {
    assert.equal(parseIp(text), undefined, text);
  }
});

const SPLITS: readonly (readonly [string, string | undefined])[] = [
  ["1.2.3.4", "1.2.3.4 8333"], ["1.2.3.4:18444", "1.2.3.4 18444"], ["[::1]", "::1 8333"],
  ["[::1]:80", "::1 80"],
  ["::1", "::1 8333"], ["2001:db8::1:80", "2001:db8::1:80 8333"], ["seed.example:1", "seed.example 1"],
  ["localhost", "localhost 8333"], [ONION, `${ONION} 8333`],
  ["", undefined], [":80", undefined], ["[]:80", undefined], ["host:", undefined], ["host:0", undefined],
  ["host:65536", undefined], ["host:-1", undefined], ["host:1e3", undefined],
  ["host:1:2", undefined], ["[::1]80", undefined],
];

test("a port is what follows the last colon, unless the colons are those of IPv6", () => {
  for (const [text, expected] of SPLITS) {
    const parts = splitHostPort(text, 8333);
    assert.equal(parts && `${parts.host} ${parts.port}`, expected, text);
  }
});

test("what has colons stands in brackets before its port", () => {
  assert.equal(formatHostPort("::1", 8333), "[::1]:8333");
  assert.equal(formatHostPort("1.2.3.4", 8333), "1.2.3.4:8333");
  assert.equal(formatHostPort("node.example", 0), "node.example:0");
});

test("in I2P there are no ports, so that the usual one is zero, and may be written", () => {
  assert.equal(parseAddress(I2P, 8333)?.port, 0);
  assert.equal(parseAddress(`${I2P}:0`, 8333)?.port, 0);
  assert.equal(parseAddress(`${I2P}:8333`, 0)?.port, 8333);
});

test("a name stands for itself where it is not looked up, and is told from others by its text", () => {
  const named = parseDestination("node.example:5", 1) ?? assert.fail();
  assert.deepEqual(named, namedAddress("node.example", 5));
  assert.equal(formatAddress(named), "node.example:5");
  assert.ok(isNamed(named) && !isRoutable(named) && isDisguised(named));
  assert.equal(parseDestination("localhost:5", 1)?.name, undefined);
  assert.equal(parseDestination("node.example:0", 1), undefined);
  // Once it is known where it leads, it is still what was asked for.
  const found = { ...(parseAddress("1.2.3.4:5", 1) ?? assert.fail()), name: "node.example" };
  assert.equal(dialKey(found), dialKey(named));
  assert.notEqual(dialKey(found), dialKey({ ...found, port: 6 }));
  assert.equal(isNamed(found), false);
  assert.equal(addressKey(found), addressKey({ network: found.network, bytes: found.bytes, port: 5 }));
});

test("an address that needs a name to be looked up is not parsed", () => {
  assert.equal(parseAddress("seed.example:8333", 1), undefined);
  assert.equal(parseAddress("1.2.3.4:0", 1), undefined);
  assert.equal(parseAddress("[::1]:18444", 1)?.port, 18444);
});

test("a name that can be looked up is told from a slip", () => {
  for (const name of ["localhost", "seed.node.example", "a_b.example.", "1.2.3.4.example", "x".repeat(63)]) {
    assert.ok(isHostName(name), name);
  }
  const others = ["", ".", "1.2.3.256", "127", "a b", "a..b", "-a", "a-", "what?", "x".repeat(64), "a.".repeat(130)];
  for (const text of others) assert.equal(isHostName(text), false, text);
});
