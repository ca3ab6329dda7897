/** Bans, the address book and private broadcast by JSON-RPC; shapes and errors are Bitcoin Core 31.99's. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assert as ensure } from "../../src/base/assert.ts";
import { parseHost } from "../../src/primitives/host_text.ts";
import { RpcWorld } from "../support/rpc_world.ts";

let world: RpcWorld;
before(async () => void (world = await RpcWorld.open()));
after(() => world.close());

interface Ban {
  readonly address: string;
  readonly ban_created: number;
  readonly banned_until: number;
  readonly ban_duration: number;
}

describe("bans", () => {
  it("are added by setban, shown by listbanned with their time, and taken back", async () => {
    assert.equal(await world.resultOf("setban", "192.0.2.7", "add", 100), null);
    assert.equal(await world.resultOf("setban", "198.51.100.0/24", "add"), null);
    const bans = await world.resultOf<readonly Ban[]>("listbanned");
    assert.deepEqual(bans.map(({ address, ban_duration }) => [address, ban_duration]),
      [["192.0.2.7/32", 100], ["198.51.100.0/24", 24 * 60 * 60]]);
    const [{ ban_created: created, banned_until: until } = assert.fail()] = bans;
    assert.equal(until - created, 100);
    assert.equal(await world.resultOf("setban", "192.0.2.7", "remove"), null);
    assert.equal(await world.resultOf("clearbanned"), null);
    assert.deepEqual(await world.resultOf("listbanned"), []);
  });

  it("end at the latest when times are still whole numbers, however long they are asked for", async () => {
    for (const [subnet, isAbsolute] of [["192.0.2.1", false], ["192.0.2.2", true]] as const) {
      assert.match(await world.bodyOf("setban", subnet, "add", 2 ** 62, isAbsolute), /"result":null/);
    }
    const shown = await world.bodyOf("listbanned");
    assert.equal(shown.match(/"banned_until":9007199254740991,/g)?.length, 2, shown);
    await world.resultOf("clearbanned");
  });

  it("are refused with Bitcoin Core's words", async () => {
    await world.resultOf("setban", "192.0.2.7", "add");
    assert.deepEqual(await world.errorOf("setban", "192.0.2.7", "add"),
      [-23, "Error: IP/Subnet already banned"]);
    assert.deepEqual(await world.errorOf("setban", "192.0.2.8", "remove"),
      [-30, "Error: Unban failed. Requested address/subnet was not previously manually banned."]);
    assert.deepEqual(await world.errorOf("setban", "nowhere", "add"), [-30, "Error: Invalid IP/Subnet"]);
    assert.equal((await world.errorOf("setban", "192.0.2.9", "other"))[0], -1);
  });
});

describe("the address book", () => {
  it("is counted by network, and shown by table and bucket", async () => {
    assert.deepEqual(await world.resultOf("addpeeraddress", "2.3.4.5", 8333, true), { success: true });
    assert.deepEqual(await world.resultOf("addpeeraddress", "5.6.7.8", 8333), { success: true });
    const info = await world.resultOf<Record<string, object>>("getaddrmaninfo");
    assert.deepEqual(info["ipv4"], { new: 1, tried: 1, total: 2 });
    assert.deepEqual(info["all_networks"], { new: 1, tried: 1, total: 2 });
    const raw = await world.resultOf<Record<string, Record<string, { address: string }>>>("getrawaddrman");
    const addressesOf = (table: string): readonly string[] =>
      Object.values(raw[table] ?? {}).map(({ address }) => address);
    assert.deepEqual([addressesOf("tried"), addressesOf("new")], [["2.3.4.5"], ["5.6.7.8"]]);
    assert.match(Object.keys(raw["tried"] ?? {})[0] ?? "", /^[0-9]+\/[0-9]+$/);
  });

  it("shows all 64 bits of what a node offers", async () => {
    const { addresses, clock } = world.node.core;
    const address = parseHost("9.8.7.6", 8333);
    ensure(address !== undefined, "it is an address");
    assert.ok(addresses.add({ address, services: 2n ** 64n - 1n, time: clock.unixTime() }, address));
    for (const method of ["getnodeaddresses", "getrawaddrman"]) {
      const shown = await world.bodyOf(method, ...(method === "getnodeaddresses" ? [0] : []));
      assert.match(shown, /"services":18446744073709551615[,}]/, method);
    }
  });

  it("has no map of autonomous systems of its own to export", async () => {
    const [code] = await world.errorOf("exportasmap", "map.dat");
    assert.equal(code, -1);
  });
});

describe("private broadcast", () => {
  it("has nothing under way, and nothing to give up, on a node that was not told to do so", async () => {
    const faults = [
      await world.errorOf("getprivatebroadcastinfo"),
      await world.errorOf("abortprivatebroadcast", "00".repeat(32)),
    ];
    for (const [code, text] of faults) {
      assert.equal(code, -32601);
      assert.match(String(text), /^Private broadcast is not enabled\./);
    }
  });
});

describe("mockscheduler", () => {
  it("takes what Bitcoin Core takes, though timers follow the mock time here", async () => {
    assert.equal(await world.resultOf("mockscheduler", 60), null);
    assert.equal((await world.errorOf("mockscheduler", 0))[0], -1);
  });
});
