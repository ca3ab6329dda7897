/** Requests for old blocks and for filters, which are to use up what we can send. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { NodeOptions } from "../../src/node/node_options.ts";
import type { BlockHash } from "../../src/primitives/hash.ts";
import { BLOOM_BYTES_MAX, BLOOM_FUNCTIONS_MAX } from "../../src/wire/messages/bloom_filter.ts";
import { MSG_FILTERED_BLOCK, MSG_WITNESS_BLOCK } from "../../src/wire/messages/inventory.ts";
import { FILTERS_MAX } from "../../src/protocol/filter_serve.ts";
import { type BlockNode, BlockTree, QUICK_MATURITY } from "../support/blocks.ts";
import { bothWays } from "../support/two_columns.ts";
import { type Attacker, VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

const BASIC = 0;
const tree = new BlockTree(QUICK_MATURITY);
const chain = tree.grow(tree.genesis, FILTERS_MAX + 1);
const FILTERED: Partial<NodeOptions> = { indexes: new Set(["blockfilterindex"]), peerBlockFilters: true };

function stopAt(height: number): BlockHash {
  return (chain[height - 1] as BlockNode).block.hash;
}

test("attack 37, ranges of filters: one more than a thousand costs the connection", () => {
  const start = (chain.at(-1) as BlockNode).block.header.time + 600;
  const world = new VictimWorld({ options: FILTERED, start });
  world.give(chain);
  const ask = (count: number): Attacker => {
    const attacker = world.inbound();
    attacker.says({ type: "getcfilters", value: { filterType: BASIC, startHeight: 1, stop: stopAt(count) } });
    return attacker;
  };
  const most = ask(FILTERS_MAX);
  assert.equal(most.told("cfilter").length, FILTERS_MAX);
  assert.ok(most.isConnected);
  assert.equal(ask(FILTERS_MAX + 1).closedFor, "block-filter-refused");
});

test("attack 37, filters of who offers none: asking for them costs the connection", () => {
  const world = new VictimWorld();
  world.give(chain.slice(0, 3));
  const attacker = world.inbound();
  attacker.says({ type: "getcfilters", value: { filterType: BASIC, startHeight: 1, stop: stopAt(2) } });
  assert.equal(attacker.closedFor, "block-filter-unserved");
});

test("attack 36, bloom filters: off unless offered, and who asks then is dropped; a filter of no bytes does no harm", (t) => {
  const { defended, undefended } = bothWays(t, "filters off", (isOn) => {
    const world = new VictimWorld({ options: { peerBloomFilters: !isOn } });
    world.give(chain.slice(0, 100));
    const attacker = world.inbound();
    const filter = { data: new Uint8Array(BLOOM_BYTES_MAX).fill(0xff), hashFunctions: BLOOM_FUNCTIONS_MAX };
    attacker.says({ type: "filterload", value: { ...filter, tweak: 0, flags: 1 } });
    attacker.says({ type: "filterload", value: { ...filter, data: new Uint8Array(0), tweak: 0, flags: 1 } });
    const items = chain.slice(0, 100).map(({ block }) => ({ type: MSG_FILTERED_BLOCK, hash: block.hash }));
    attacker.says({ type: "getdata", value: { items } });
    return { isConnected: attacker.isConnected, blocks: attacker.told("merkleblock").length };
  });
  assert.deepEqual(defended, { isConnected: false, blocks: 0 });
  assert.ok(undefended.isConnected && undefended.blocks > 0, "whoever offers them serves even a filter of no bytes");
});

/** Old blocks that a stranger gets who asks for one after the other. */
function oldBlocksSent(maxUploadBytes: number, permission?: "download"): number {
  const parent = chain[20] as BlockNode;
  const young = tree.extend(parent, { time: parent.block.header.time + 2_000_000 });
  const world = new VictimWorld({ options: { maxUploadBytes }, start: young.block.header.time + 60 });
  world.give([...chain.slice(0, 21), young]);
  const attacker = world.inbound({ permissions: permission === undefined ? [] : [permission] });
  for (let i = 0; i < 400 && attacker.isConnected; i++) {
    const items = [{ type: MSG_WITNESS_BLOCK, hash: stopAt(1 + (i % 20)) }];
    attacker.says({ type: "getdata", value: { items } });
  }
  return attacker.told("block").length;
}

test("attack 37, drain by old blocks: above the day's target strangers are dropped, without a target nobody is", (t) => {
  const { defended, undefended } = bothWays(t, "-maxuploadtarget", (isOn) => oldBlocksSent(isOn ? 1 : 0));
  assert.ok(defended < 40, `${defended} of 400`);
  assert.equal(undefended, 400);
  assert.equal(oldBlocksSent(1, "download"), 400, "one who may download always");
});
