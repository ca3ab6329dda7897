import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, fromLatin1, toHex } from "../base/bytes.ts";
import { namedAddress, parseAddress } from "./host_text.ts";
import { netGroup } from "./net_group.ts";
import type { NetworkAddress } from "./network_address.ts";

function group(text: string, separateLocalPorts = false): string {
  return netGroup(parseAddress(text, 8333) ?? assert.fail(`${text} is no address`), separateLocalPorts);
}

/** Pairs that Bitcoin Core's netbase_tests (netbase_getgroup) put into one group, and more. */
const TOGETHER: readonly (readonly [string, string])[] = [
  ["127.0.0.1", "127.9.9.9"], ["127.0.0.1", "[::1]"], ["127.0.0.1:1", "127.0.0.1:2"],
  ["127.0.0.1", "10.0.0.1"],
  ["10.0.0.1", "169.254.1.1"], ["192.168.0.1", "[fe80::1]"],
  ["1.2.3.4", "1.2.200.200"],
  ["1.2.3.4", "[::ffff:0:102:304]"], ["1.2.3.4", "[64:ff9b::102:304]"], ["1.2.3.4", "[2002:102:304:9999::]"],
  ["1.2.3.4", "[2001:0:9999:9999:9999:9999:fefd:fcfb]"],
  ["[2001:470:abcd:9999::]", "[2001:470:a000::1]"], ["[2001:2001:9999::]", "[2001:2001:1::]"],
];

const APART: readonly (readonly [string, string])[] = [
  ["127.0.0.1", "1.0.0.1"], ["1.2.3.4", "1.3.3.4"], ["[2001:470:abcd::]", "[2001:470:bbcd::]"],
  ["[2001:2001::]", "[2001:2002::]"], ["1.2.3.4", "8.8.8.8"],
];

test("addresses that one hand may well hold are one group", () => {
  for (const [a, b] of TOGETHER) assert.equal(group(a), group(b), `${a} and ${b}`);
});

test("addresses that one hand hardly holds are not", () => {
  for (const [a, b] of APART) assert.notEqual(group(a), group(b), `${a} and ${b}`);
});

test("a group is the bytes that Bitcoin Core has for it", () => {
  const bytes = (text: string): readonly number[] => [...fromLatin1(group(text))];
  // netbase_tests.cpp, netbase_getgroup.
  assert.deepEqual(bytes("127.0.0.1"), [0]);
  assert.deepEqual(bytes("169.254.1.1"), [0]);
  assert.deepEqual(bytes("1.2.3.4"), [1, 1, 2]);
  assert.deepEqual(bytes("[2002:102:304:9999:9999:9999:9999:9999]"), [1, 1, 2]);
  assert.deepEqual(bytes("[2001:470:abcd:9999:9999:9999:9999:9999]"), [2, 32, 1, 4, 112, 175]);
  assert.deepEqual(bytes("[2001:2001:9999:9999:9999:9999:9999:9999]"), [2, 32, 1, 32, 1]);
  const name = netGroup(namedAddress("baz.net", 0));
  assert.equal(toHex(fromLatin1(name)), "0612929400eb4607c4ac07");
});

test("keys of hidden services are grouped by their first four random bits", () => {
  const at = (network: NetworkAddress["network"], hex: string): string =>
    netGroup({ network, bytes: fromHex(hex.padEnd(network === "cjdns" ? 32 : 64, "0")), port: 1 });
  assert.equal(at("onion", "ab"), at("onion", "a1"));
  assert.notEqual(at("onion", "ab"), at("onion", "bb"));
  assert.notEqual(at("onion", "ab"), at("i2p", "ab"));
  assert.equal(at("cjdns", "fcab"), at("cjdns", "fca1"));
  assert.notEqual(at("cjdns", "fcab"), at("cjdns", "fcbb"));
});

test("inside one machine each port may be a group", () => {
  assert.notEqual(group("127.0.0.1:1", true), group("127.0.0.1:2", true));
  assert.equal(group("127.0.0.1:1", true), group("127.0.0.1:1", true));
  assert.equal(group("1.2.3.4:1", true), group("1.2.3.4:2", true));
});
