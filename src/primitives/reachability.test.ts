import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "./host_text.ts";
import type { NetworkAddress } from "./network_address.ts";
import { reachability } from "./reachability.ts";

const OURS: Readonly<Record<string, NetworkAddress>> = {
  ipv4: address("15.61.23.23"), ipv6: address("[1233::1]:1"), teredo: address("[2001:0:1::1]:1"),
  sixToFour: address("[2002:102:304::1]:1"), nat64: address("[64:ff9b::102:304]:1"),
  onion: address("pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"),
  i2p: address("zsxwyo6qcn3chqzwxnseusqgsnuw3maqnztkiypyfxtya4snkoka.b32.i2p"),
  cjdns: { ...address("[fc00::1]:1"), network: "cjdns" }, private: address("192.168.0.1"),
};

function address(text: string): NetworkAddress {
  return parseAddress(text, 8333) ?? assert.fail(text);
}

function from(theirs: string): Readonly<Record<string, number>> {
  const at = OURS[theirs] ?? assert.fail();
  return Object.fromEntries(Object.entries(OURS).map(([name, ours]) => [name, reachability(ours, at)]));
}

/** As Bitcoin Core's table has it: each row is who asks. */
const TABLE: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ["ipv4", { ipv4: 4, ipv6: 1, teredo: 1, sixToFour: 1, nat64: 1, onion: 1, i2p: 1, cjdns: 1 }],
  ["ipv6", { ipv4: 4, ipv6: 5, teredo: 2, sixToFour: 3, nat64: 3, onion: 1, i2p: 1, cjdns: 1 }],
  ["teredo", { ipv4: 4, ipv6: 3, teredo: 2, sixToFour: 3, nat64: 3, onion: 1, i2p: 1, cjdns: 1 }],
  ["onion", { ipv4: 4, ipv6: 1, teredo: 1, sixToFour: 1, nat64: 1, onion: 6, i2p: 1, cjdns: 1 }],
  ["i2p", { ipv4: 1, ipv6: 1, teredo: 1, sixToFour: 1, nat64: 1, onion: 1, i2p: 6, cjdns: 1 }],
  ["cjdns", { ipv4: 1, ipv6: 1, teredo: 1, sixToFour: 1, nat64: 1, onion: 1, i2p: 1, cjdns: 6 }],
  ["private", { ipv4: 4, ipv6: 3, teredo: 2, sixToFour: 3, nat64: 3, onion: 6, i2p: 1, cjdns: 1 }],
];

for (const [theirs, row] of TABLE) {
  test(`from ${theirs} our addresses are reached as Bitcoin Core ranks them`, () => {
    assert.deepEqual(from(theirs), { ...row, private: 0 });
  });
}
