import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressBook } from "../../addrbook/address_book.ts";
import { NetGroups } from "../../addrbook/net_groups.ts";
import { seededRng } from "../../base/rng.ts";
import { minutes, seconds, type UnixSeconds } from "../../base/time.ts";
import { REGTEST } from "../../params/regtest.ts";
import { formatAddress, parseAddress } from "../../primitives/host_text.ts";
import type { NetworkAddress, NetworkName } from "../../primitives/network_address.ts";
import { VirtualClock } from "../../sim/virtual_clock.ts";
import type { NodeEffect } from "../effect.ts";
import { defaultNodeOptions, type NodeOptions } from "../node_options.ts";
import { DEFAULT_DISCOVERY, type DiscoveryOptions } from "./discovery_options.ts";
import { Seeding } from "./seeding.ts";

const DNS_SEEDS = ["a.invalid", "b.invalid", "c.invalid", "d.invalid", "e.invalid"];
const ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:1";
const FIXED_SEEDS = ["5.5.5.5:8333", "6.6.6.6", ONION];

interface Setting {
  readonly discovery?: Partial<DiscoveryOptions>;
  readonly options?: Partial<NodeOptions>;
  readonly dnsSeeds?: readonly string[];
  readonly fixedSeeds?: readonly string[];
  readonly known?: number;
  readonly hasNameProxy?: boolean;
}

function address(number: number): NetworkAddress {
  const bytes = Uint8Array.of(20 + (number % 100), Math.floor(number / 100), 1, 1);
  return { network: "ipv4", bytes, port: 8333 };
}

function bench(setting: Setting = {}) {
  const { dnsSeeds = DNS_SEEDS, fixedSeeds = [], known = 0, hasNameProxy = false } = setting;
  const clock = new VirtualClock(1_700_000_000 as UnixSeconds);
  const log: string[] = [];
  const note = (text: string) => void log.push(text);
  const logger = { info: note, warning: note, error: note, debug: () => {}, trace: () => {} };
  const rng = seededRng(1);
  const addresses = new AddressBook({ clock, rng, logger, groups: new NetGroups(undefined, false) });
  for (let i = 0; i < known; i++) {
    addresses.add({ address: address(i), services: 9n, time: clock.unixTime() }, address(i));
  }
  const params = { ...REGTEST, dnsSeeds, fixedSeeds };
  const state = { peers: 0, hasRoom: true, isNetworkActive: true };
  const asked: string[] = [];
  const fetched: string[] = [];
  const added: string[] = [];
  const seeding = new Seeding({
    options: {
      ...defaultNodeOptions(params),
      discovery: { ...DEFAULT_DISCOVERY, ...setting.discovery },
      ...setting.options,
    },
    clock, rng, logger, addresses,
    networks: { reachable: new Set<NetworkName>(["ipv4", "ipv6"]), hasNameProxy },
    manager: {
      addedNodes: [],
      addNode: (each) => added.push(formatAddress(each)) > 0,
      get isNetworkActive() { return state.isNetworkActive; },
    },
    isSeedUnlimited: false,
    countFullRelay: () => state.peers,
    fetchAddresses: (each) => state.hasRoom && fetched.push(formatAddress(each)) > 0,
    effect: (effect: NodeEffect) => {
      if (effect.type === "resolve") asked.push(effect.host);
    },
  });
  /** Lets the time pass, waking it whenever it asks for that. */
  const pass = (length: number) => {
    const end = clock.now() + length;
    for (let turns = 0; turns < 10_000; turns++) {
      seeding.work();
      const at = seeding.wakeAt();
      if (at === undefined || at > end) break;
      clock.advance(Math.max(1, at - clock.now()) as never);
    }
    clock.advance(Math.max(0, end - clock.now()) as never);
    seeding.work();
  };
  const answer = (host: string, count: number, first = 1_000) => {
    seeding.resolved(host, Array.from({ length: count }, (_, i) => address(first + i)));
  };
  const hasLogged = (text: string) => log.some((line) => line.includes(text));
  return { clock, log, hasLogged, addresses, state, asked, fetched, added, seeding, pass, answer };
}

test("who knows nobody asks all DNS seeds at once, by services, and knows whence each address is", () => {
  const { asked, addresses, answer, pass, hasLogged, seeding } =
    bench({ discovery: { usesFixedSeeds: false } });
  pass(0);
  for (let i = 0; i < DNS_SEEDS.length; i++) {
    assert.match(asked[i] ?? "", /^x9\.[a-e]\.invalid$/);
    answer(asked[i] as string, 3, 1_000 + 10 * i);
  }
  assert.equal(new Set(asked).size, DNS_SEEDS.length);
  assert.equal(addresses.size(), 15);
  assert.equal(new Set(addresses.entries().map(({ source }) => source.bytes.join())).size, DNS_SEEDS.length);
  const now = 1_700_000_000;
  for (const { time } of addresses.entries()) assert.ok(time <= now - 3 * 86_400 && time >= now - 7 * 86_400);
  assert.ok(hasLogged("15 addresses found from DNS seeds"));
  assert.equal(seeding.wakeAt(), undefined);
});

test("who knows some tries them for eleven seconds, then asks three seeds, then tries again", () => {
  const { asked, answer, pass, hasLogged } = bench({ known: 5 });
  pass(0);
  assert.ok(hasLogged("Waiting 11 seconds before querying DNS seeds."));
  pass(seconds(10));
  assert.equal(asked.length, 0);
  pass(seconds(1));
  for (let i = 0; i < 3; i++) answer(asked[i] as string, 2);
  assert.equal(asked.length, 3);
  pass(seconds(11));
  for (let i = 3; i < 5; i++) answer(asked[i] as string, 2);
  assert.equal(asked.length, 5);
});

test("who knows many tries them for five minutes, and asks nobody once two peers are there", () => {
  const { asked, state, pass, hasLogged, seeding } = bench({ known: 1_500 });
  pass(seconds(290));
  assert.ok(hasLogged("Waiting 300 seconds before querying DNS seeds."));
  assert.equal(asked.length, 0);
  state.peers = 2;
  pass(seconds(11));
  assert.ok(hasLogged("P2P peers available. Skipped DNS seeding."));
  assert.equal(seeding.wakeAt(), undefined);
  const alone = bench({ known: 1_500 });
  alone.pass(seconds(311));
  assert.equal(alone.asked.length, 1);
});

test("one DNS seed gives 32 addresses at most", () => {
  const { asked, addresses, answer, pass } = bench({ dnsSeeds: ["a.invalid"] });
  pass(0);
  answer(asked[0] as string, 1_000);
  assert.ok(addresses.size() <= 32 && addresses.size() > 25);
});

test("a DNS seed without an answer is dialled for addresses, and so are all behind a proxy", () => {
  const { asked, answer, fetched, pass, seeding } = bench({ dnsSeeds: ["a.invalid"] });
  pass(0);
  answer(asked[0] as string, 0);
  seeding.work();
  assert.deepEqual(fetched, ["a.invalid:18444"]);
  const proxied = bench({ hasNameProxy: true });
  proxied.pass(0);
  assert.deepEqual(proxied.asked, []);
  assert.equal(proxied.fetched.length, DNS_SEEDS.length);
});

test("DNS seeds are not asked when they are switched off, by who is told whom to dial, or on one machine", () => {
  for (const setting of [
    { discovery: { usesDnsSeeds: false } }, { options: { connectOnly: [] } },
    { options: { localPeers: true } }, { dnsSeeds: [] },
  ] satisfies Setting[]) {
    const { asked, fetched, pass, seeding } = bench(setting);
    pass(minutes(10));
    assert.deepEqual([asked, fetched], [[], []]);
    assert.equal(seeding.wakeAt(), undefined);
  }
  const forced = bench({ known: 1_500, discovery: { forcesDnsSeeds: true } });
  forced.pass(0);
  assert.equal(forced.asked.length, 1);
});

test("DNS seeds are not asked while the network is switched off", () => {
  const { asked, state, pass, hasLogged } = bench();
  state.isNetworkActive = false;
  pass(minutes(1));
  assert.ok(hasLogged("Waiting for network to be reactivated before querying DNS seeds."));
  assert.equal(asked.length, 0);
  state.isNetworkActive = true;
  pass(seconds(1));
  assert.equal(asked.length, 1);
});

function seedNodes(...texts: string[]) {
  return texts.map((text) => ({ text, address: parseAddress(text, 8333) ?? assert.fail(text) }));
}

test("a seed node is asked at once by who knows nobody, and DNS seeds half a minute later", () => {
  const { asked, fetched, pass, hasLogged } = bench({ discovery: { seedNodes: seedNodes("25.0.0.1") } });
  pass(0);
  assert.deepEqual(fetched, ["25.0.0.1:8333"]);
  assert.ok(hasLogged("Empty addrman, adding seednode (25.0.0.1) to addrfetch"));
  pass(seconds(29));
  assert.equal(asked.length, 0);
  pass(seconds(2));
  assert.equal(asked.length, 1);
  assert.ok(hasLogged("Couldn't connect to enough peers via seed nodes."));
});

test("seed nodes are asked one by one, every ten seconds, by who knows some but reaches nobody", () => {
  const nodes = seedNodes("25.0.0.1", "25.0.0.2", "25.0.0.3");
  const { fetched, state, pass } = bench({ known: 5, discovery: { seedNodes: nodes, usesDnsSeeds: false } });
  pass(seconds(9.9));
  assert.equal(fetched.length, 0);
  pass(seconds(0.1));
  assert.equal(fetched.length, 1);
  pass(seconds(10));
  assert.equal(fetched.length, 2);
  state.peers = 2;
  pass(minutes(5));
  assert.equal(fetched.length, 2);
});

test("a seed node that there is no place for waits for one", () => {
  const discovery = { seedNodes: seedNodes("25.0.0.1"), usesDnsSeeds: false };
  const { fetched, state, pass } = bench({ discovery });
  state.hasRoom = false;
  pass(seconds(5));
  assert.equal(fetched.length, 0);
  state.hasRoom = true;
  pass(seconds(1));
  assert.equal(fetched.length, 1);
});

test("fixed seeds are taken after a minute, for reachable networks of which nothing is known", () => {
  const { addresses, pass, hasLogged } = bench({ fixedSeeds: FIXED_SEEDS });
  pass(seconds(59.9));
  assert.equal(addresses.size(), 0);
  pass(seconds(0.1));
  assert.equal(addresses.size(), 2);
  assert.ok(hasLogged("Added 2 fixed seeds from reachable networks."));
  const knowing = bench({ fixedSeeds: FIXED_SEEDS, known: 1 });
  knowing.pass(minutes(5));
  assert.equal(knowing.addresses.size(), 1);
});

test("fixed seeds are taken at once where there is no other way, and never if they are switched off", () => {
  const only = bench({ fixedSeeds: FIXED_SEEDS, discovery: { usesDnsSeeds: false } });
  only.pass(0);
  assert.equal(only.addresses.size(), 2);
  const own = bench({ fixedSeeds: ["127.0.0.1:9"], dnsSeeds: [] });
  own.pass(0);
  assert.deepEqual(own.added, ["127.0.0.1:9"]);
  const off = bench({ fixedSeeds: FIXED_SEEDS, dnsSeeds: [], discovery: { usesFixedSeeds: false } });
  off.pass(minutes(5));
  assert.equal(off.addresses.size(), 0);
  const none = bench();
  none.pass(minutes(5));
  assert.ok(none.hasLogged("Added 0 fixed seeds from reachable networks."), "a network without some says so");
});

test("who dials the named only asks no seeds, unless DNS seeds are wanted all the same", () => {
  const connectOnly = [address(1)];
  const discovery = { seedNodes: seedNodes("25.0.0.1") };
  const setting = { fixedSeeds: FIXED_SEEDS, discovery, options: { connectOnly } };
  const { asked, fetched, addresses, pass } = bench(setting);
  pass(minutes(5));
  assert.deepEqual([asked.length, fetched.length, addresses.size()], [0, 0, 0]);
  const wanted = bench({ discovery: { usesDnsSeeds: true }, options: { connectOnly } });
  wanted.pass(0);
  assert.equal(wanted.asked.length, 1);
  const proxied = bench({
    discovery: { usesDnsSeeds: true }, hasNameProxy: true, options: { connectOnly },
  });
  proxied.pass(0);
  assert.deepEqual(proxied.fetched, [], "there they would have to be dialled");
  assert.ok(proxied.hasLogged("-dnsseed is ignored when -connect is used and -proxy is specified"));
});

test("the log says that seed nodes are ignored where others are named, and not where nobody is", () => {
  const discovery = { seedNodes: seedNodes("25.0.0.1") };
  const says = (connectOnly: readonly NetworkAddress[]): boolean =>
    bench({ discovery, options: { connectOnly } }).hasLogged("-seednode is ignored when -connect is used");
  assert.deepEqual([says([address(1)]), says([])], [true, false]);
});
