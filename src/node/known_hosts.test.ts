import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBook, readableBook } from "../addrbook/address_file.ts";
import { parseHostSubnet } from "../addrbook/host_subnet.ts";
import { fromLatin1, toLatin1 } from "../base/bytes.ts";
import { minutes, seconds, type UnixSeconds } from "../base/time.ts";
import { randomBytes, seededRng } from "../base/rng.ts";
import { CoreWorld } from "../../test/support/core_world.ts";
import { VictimWorld } from "../../test/support/victim_world.ts";
import { REGTEST } from "../params/regtest.ts";
import { parseAddress } from "../primitives/host_text.ts";
import { defaultNodeOptions, type NodeOptions } from "./node_options.ts";
import type { Message } from "../wire/message.ts";
import type { NodeEffect } from "./effect.ts";

const START = 1_700_000_000 as UnixSeconds;

function address(text: string) {
  return parseAddress(text, 8333) ?? assert.fail(text);
}

function subnet(text: string) {
  return parseHostSubnet(text) ?? assert.fail(text);
}

function bench(options: Partial<NodeOptions> = {}, ports = {}) {
  const all = { ...defaultNodeOptions(REGTEST), v2Transport: false, ...options };
  const world = new CoreWorld(all, START, seededRng(1), ports);
  const saves = new Map<string, string>();
  const step = world.core.step.bind(world.core);
  world.core.step = (input) => {
    const effects: readonly NodeEffect[] = step(input);
    for (const effect of effects) if (effect.type === "save") saves.set(effect.name, toLatin1(effect.bytes));
    return effects;
  };
  const connect = (text: string) => world.connect(address(text), address("9.9.9.9"));
  return { world, saves, connect };
}

test("a ban is saved at once, disconnects whoever is there, and keeps them out while it lasts", () => {
  const { world, saves, connect } = bench();
  const [banned, other] = [connect("1.2.3.4"), connect("1.3.3.4")];
  world.command({ type: "ban", subnet: subnet("1.2.0.0/16"), until: START + 100 });
  assert.deepEqual([world.open.has(banned), world.open.has(other)], [false, true]);
  assert.match(saves.get("banlist.json") ?? "", /"address": "1\.2\.0\.0\/16"/);
  assert.equal(world.open.has(connect("1.2.9.9")), false);
  world.pass(seconds(100));
  assert.equal(world.open.has(connect("1.2.9.9")), true);
});

test("a ban is lifted by name, or all are, and that is saved", () => {
  const { world, saves } = bench();
  const ban = (text: string) => world.command({ type: "ban", subnet: subnet(text), until: START + 100 });
  ban("1.2.0.0/16");
  ban("5.5.5.5");
  const wrong = world.command({ type: "unban", subnet: subnet("1.2.0.0/17") })();
  assert.deepEqual(wrong, { ok: false, fault: { code: "not-banned" } });
  world.command({ type: "unban", subnet: subnet("1.2.0.0/16") });
  assert.doesNotMatch(saves.get("banlist.json") ?? "", /1\.2\.0\.0/);
  assert.match(saves.get("banlist.json") ?? "", /5\.5\.5\.5/);
  world.command({ type: "clear-bans" });
  assert.doesNotMatch(saves.get("banlist.json") ?? "", /5\.5\.5\.5/);
});

test("a large book is saved in turns of the loop for it, while other inputs are taken, and is whole", () => {
  const { world, saves } = bench();
  const { core } = world;
  const size = 5_000;
  const rng = seededRng(5);
  while (core.addresses.size() < size) {
    const [known, source] = [randomBytes(rng, 4), randomBytes(rng, 4)].map((bytes) => {
      return { network: "ipv4", bytes, port: 8333 } as const;
    });
    if (known === undefined || source === undefined) assert.fail();
    core.addresses.add({ address: known, services: 9n, time: START }, source);
  }
  const turns: boolean[] = [];
  const step = core.step.bind(core);
  core.step = (input) => {
    const effects = step(input);
    if (core.wakeAt() !== undefined) turns.push(saves.has("peers.dat"));
    return effects;
  };
  world.pass(minutes(15));
  assert.ok(turns.filter((isSaved) => !isSaved).length >= 3, "it takes several turns");
  const reading = decodeBook(fromLatin1(saves.get("peers.dat") ?? ""), REGTEST.magic);
  assert.equal(reading.type === "book" && reading.book.new.length, size);
});

test("bans and addresses are there again after a restart", () => {
  const first = bench();
  first.world.command({ type: "ban", subnet: subnet("1.2.3.4"), until: START + 1_000 });
  for (const isTried of [false, true]) {
    const each = address(isTried ? "5.5.5.5" : "6.6.6.6");
    const added = first.world.command({ type: "add-peer-address", address: each, isTried })();
    assert.deepEqual(added, { ok: true, value: { type: "address-added", outcome: "added" } });
  }
  const known = { address: address("5.5.5.5"), isTried: false };
  const again = first.world.command({ type: "add-peer-address", ...known })();
  assert.deepEqual(again, { ok: true, value: { type: "address-added", outcome: "not-in-new" } });
  first.world.pass(minutes(15));
  const bytes = (name: string) => fromLatin1(first.saves.get(name) ?? "");
  const savedBook = readableBook(bytes("peers.dat"), REGTEST.magic);
  const { world } = bench({}, { savedBook, savedBans: bytes("banlist.json") });
  const places = ({ core }: CoreWorld) => core.addresses.entries().map(({ source: { bytes }, ...entry }) => {
    return { ...entry, source: bytes };
  });
  assert.deepEqual(places(world), places(first.world));
  assert.equal(places(world).length, 2);
  assert.deepEqual(world.core.bans.list(), first.world.core.bans.list());
});

test("a list of bans that cannot be read starts a node that bans nobody", () => {
  const { world } = bench({}, { savedBans: Uint8Array.of(1, 2, 3) });
  assert.deepEqual(world.core.bans.list(), []);
});

test("who breaks the protocol is discouraged, but not who is trusted, nor anybody on this machine", () => {
  const victim = new VictimWorld();
  const { header } = REGTEST.genesis;
  const breach: Message = { type: "headers", value: { headers: [header, header] } };
  const [stranger, local] = [victim.inbound({ from: "80.1.2.3:1" }), victim.inbound({ from: "127.0.0.1:1" })];
  const trusted = victim.inbound({ permissions: ["noban"] });
  const host = victim.peer(trusted)?.address ?? assert.fail();
  for (const attacker of [stranger, local, trusted]) attacker.says(breach);
  assert.deepEqual([stranger.isConnected, local.isConnected, trusted.isConnected], [false, false, true]);
  const { discouraged } = victim.core;
  assert.deepEqual(
    [discouraged.has(address("80.1.2.3:5")), discouraged.has(address("127.0.0.1")), discouraged.has(host)],
    [true, false, false]);
});
