import assert from "node:assert/strict";
import { test } from "node:test";
import { equalBytes } from "../../src/base/bytes.ts";
import { addDuration, type Duration, minutes, seconds, type UnixSeconds } from "../../src/base/time.ts";
import { INDEX_KINDS } from "../../src/chain/indexes/index_kinds.ts";
import { defaultNodeOptions } from "../../src/node/node_options.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import { VirtualNetwork } from "../../src/sim/virtual_network.ts";

const START = 1_700_000_000 as UnixSeconds;

function addressOf(index: number): NetworkAddress {
  return { network: "ipv4", bytes: Uint8Array.of(20, index, 0, 1), port: REGTEST.port };
}

/** Two nodes with all indexes, which mine apart from each other for a while, then meet. */
function split(seed: number) {
  const network = new VirtualNetwork({ seed, start: START, latency: { least: 10, most: 50 } });
  for (const index of [0, 1]) {
    const host = network.addHost(addressOf(index), {
      ...defaultNodeOptions(REGTEST), v2Transport: false, advertise: [addressOf(index)],
        connectOnly: index === 0 ? [] : [addressOf(0)],
      indexes: new Set(INDEX_KINDS),
      peerBlockFilters: true, coinsCacheBytes: 1024 * 1024,
    });
    host.start();
  }
  const [one, other] = network.hosts;
  if (one === undefined || other === undefined) assert.fail();
  const mine = (host: typeof one, count: number): void =>
    host.command({ type: "generate", count, script: Uint8Array.of(0x51 + host.index), maxTries: 1_000_000 });
  const runFor = (length: Duration): void => network.runUntil(addDuration(network.clock.now(), length));
  runFor(minutes(2));
  mine(one, 5);
  runFor(minutes(2));
  network.cut((host) => host.index);
  mine(one, 3);
  mine(other, 6);
  runFor(seconds(30));
  const left = one.core.chain.tip;
  network.heal();
  runFor(minutes(30));
  return { one, other, left };
}

test("two simulated nodes agree on every filter and hash after a reorganisation, and again from the same seed", () => {
  const { one, other, left } = split(5);
  const { chain, indexes } = one.core;
  assert.equal(chain.headers.height(chain.tip), 11);
  assert.ok(!chain.isActive(left), "the shorter branch was left");
  for (const host of [one, other]) {
    for (const { title, isSynced, height } of host.core.indexes.summaries) {
      assert.ok(isSynced && height === 11, `${title} at ${height}`);
    }
  }
  for (let height = 0; height <= 11; height++) {
    const id = chain.activeAt(height) ?? assert.fail();
    const hash = chain.headers.hash(id);
    const there = other.core.chain.headers.find(hash) ?? assert.fail();
    const header = indexes.filters?.find(id, hash)?.header ?? assert.fail(`no filter at ${height}`);
    assert.deepEqual(header, other.core.indexes.filters?.find(there, hash)?.header);
    const totals = indexes.coinStatistics?.find(id, hash) ?? assert.fail(`no totals at ${height}`);
    assert.deepEqual(totals, other.core.indexes.coinStatistics?.find(there, hash));
  }
  assert.ok(indexes.filters?.find(left, chain.headers.hash(left)), "its filters are still known");
  const again = split(5).one.core.chain;
  assert.ok(equalBytes(again.headers.hash(again.tip), chain.headers.hash(chain.tip)));
});
