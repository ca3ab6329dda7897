import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seconds, type UnixSeconds } from "../base/time.ts";
import { parseHost } from "../primitives/host_text.ts";
import type { NetworkHost } from "../primitives/network_address.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { BanList } from "./ban_list.ts";
import { Discouraged } from "./discouraged.ts";
import { formatHostSubnet, isInSubnet, parseHostSubnet, singleHost } from "./host_subnet.ts";

const START = 1_700_000_000;
const ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";

function subnet(text: string) {
  return parseHostSubnet(text) ?? assert.fail(`${text} is no subnet`);
}

function host(text: string): NetworkHost {
  return parseHost(text, 0) ?? assert.fail(`${text} is no address`);
}

function bench() {
  const clock = new VirtualClock(START as UnixSeconds);
  const bans = new BanList(clock);
  const ban = (text: string, length = 86_400) => bans.ban(subnet(text), { at: START, until: START + length });
  return { clock, bans, ban, texts: () => bans.list().map(formatHostSubnet) };
}

test("a subnet is read in every form, and written in Bitcoin Core's", () => {
  const forms = {
    "1.2.3.4": "1.2.3.4/32", "1.2.3.4/24": "1.2.3.0/24", "1.2.3.4/255.255.0.0": "1.2.0.0/16",
    "0.0.0.0/0": "0.0.0.0/0",
    "2001:4d48:ac57:400:cacf:e9ff:fe1d:9c63/19": "2001:4000::/19", "::1": "::1/128", [ONION]: ONION,
    "255.255.255.255/31": "255.255.255.254/31",
  };
  for (const [text, form] of Object.entries(forms)) {
    assert.equal(formatHostSubnet(subnet(text)), form);
    assert.deepEqual(subnet(form), subnet(text));
  }
  for (const text of ["1.2.3.4/42", "1.2.3.4/255.0.255.0", `${ONION}/8`, "example.com", "", "1.2.3.4/"]) {
    assert.equal(parseHostSubnet(text), undefined, text);
  }
});

test("a ban is of exactly the addresses of its subnet", () => {
  const { bans, ban } = bench();
  ban("127.0.0.0/24");
  ban("2001:4000::/19");
  ban(ONION);
  for (const text of ["127.0.0.255", "2001:5fff::1", ONION]) assert.ok(bans.isBanned(host(text)), text);
  for (const text of ["127.0.1.0", "2001:6000::1", "::1"]) assert.ok(!bans.isBanned(host(text)), text);
  assert.ok(bans.has(subnet("127.0.0.0/24")) && !bans.has(subnet("127.0.0.0/32")));
});

test("the list bans what a look at each of its subnets bans", () => {
  const parts = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(32));
  const text = parts.map(([a, b, bits]) => `${a}.0.${64 * b}.${b}/${bits}`);
  fc.assert(
    fc.property(fc.array(text, { maxLength: 12 }), fc.array(text, { minLength: 1 }), (banned, asked) => {
      const { bans, ban } = bench();
      for (const each of banned) ban(each);
      for (const each of asked) {
        const one = host(each.slice(0, each.indexOf("/")));
        assert.equal(bans.isBanned(one), banned.some((covering) => isInSubnet(one, subnet(covering))));
      }
    }),
  );
});

test("a ban ends, and is then gone from the list and the file", () => {
  const { bans, ban, clock, texts } = bench();
  ban("1.2.3.4", 10);
  ban("1.2.3.5", 20);
  clock.advance(seconds(10));
  assert.ok(!bans.isBanned(host("1.2.3.4")) && !bans.has(subnet("1.2.3.4")));
  assert.ok(bans.isBanned(host("1.2.3.5")));
  clock.advance(seconds(1));
  assert.deepEqual(texts(), ["1.2.3.5/32"]);
  assert.ok(!bans.save().includes("1.2.3.4/"));
});

test("a ban is made longer, never shorter, and lifted exactly", () => {
  const { bans, ban } = bench();
  assert.equal(ban("1.2.3.0/24", 100), true);
  assert.equal(ban("1.2.3.0/24", 50), false);
  assert.equal(ban("1.2.3.0/24", 200), true);
  assert.equal(bans.list()[0]?.until, START + 200);
  assert.equal(bans.unban(subnet("1.2.3.4")), false);
  assert.equal(bans.unban(subnet("1.2.3.0/24")), true);
  assert.equal(bans.unban(subnet("1.2.3.0/24")), false);
  ban("1.2.3.0/24");
  bans.clear();
  assert.equal(bans.isBanned(host("1.2.3.4")), false);
});

test("the list is in Bitcoin Core's order, and the file in its form", () => {
  const { bans, ban, clock, texts } = bench();
  for (const text of [ONION, "127.0.0.0/32", "2001::/19", "127.0.0.0/24", "9.0.0.1"]) ban(text);
  assert.deepEqual(texts(), ["9.0.0.1/32", "127.0.0.0/24", "127.0.0.0/32", "2001::/19", ONION]);
  const file = JSON.parse(bans.save());
  assert.deepEqual(file.banned_nets[0], {
    version: 1, ban_created: START, banned_until: START + 86_400, address: "9.0.0.1/32",
  });
  const loaded = BanList.load(clock, bans.save());
  assert.deepEqual(loaded?.faults, []);
  assert.deepEqual(loaded?.bans.list(), bans.list());
});

test("of a file, what can be read is kept, and what cannot is named", () => {
  const { clock } = bench();
  for (const text of ["", "{", "[]", "null", "{}", '{"banned_nets": 5}']) {
    assert.equal(BanList.load(clock, text), undefined, text);
  }
  const good = { version: 1, ban_created: 1, banned_until: START + 1, address: "1.2.3.4" };
  const entries = [
    good, { ...good, version: 2 }, { ...good, address: "x" }, { ...good, banned_until: "1" }, 7, null, {},
  ];
  const loaded = BanList.load(clock, JSON.stringify({ banned_nets: entries }));
  assert.equal(loaded?.faults.length, 6);
  assert.deepEqual(loaded?.bans.list().map(formatHostSubnet), ["1.2.3.4/32"]);
  fc.assert(fc.property(fc.json(), fc.json(), (any, list) => {
    BanList.load(clock, any);
    BanList.load(clock, `{"banned_nets": [${list}]}`);
  }));
});

test("thousands of bans make asking no slower than a few", () => {
  const { bans, ban } = bench();
  for (let i = 0; i < 5_000; i++) ban(`${1 + (i % 200)}.${i >>> 8}.${i & 255}.1`);
  let looks = 0;
  const asked = { ...host("9.9.9.9"), get bytes() { looks++; return Uint8Array.of(9, 9, 9, 9); } };
  bans.isBanned(asked);
  assert.ok(looks <= 3, `the address was looked at ${looks} times`);
});

test("discouraged addresses are remembered without their ports, the latest of them at least", () => {
  const discouraged = new Discouraged(3);
  for (let i = 0; i < 3; i++) discouraged.add(host(`1.1.1.${i}`));
  discouraged.add(host("1.1.1.0"));
  discouraged.add(host("1.1.1.3"));
  const known = [0, 1, 2, 3].filter((i) => discouraged.has({ ...host(`1.1.1.${i}`) }));
  assert.deepEqual(known, [0, 2, 3]);
  assert.equal(singleHost(host("1.1.1.1")).prefixBits, 32);
});
