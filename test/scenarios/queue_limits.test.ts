/** `-maxreceivebuffer` and `-maxsendbuffer`, by a whole node. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../../src/base/bytes.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { QueueLimits } from "../../src/peer/connection.ts";
import { MSG_WITNESS_BLOCK } from "../../src/wire/messages/inventory.ts";
import { BlockTree, QUICK_MATURITY } from "../support/blocks.ts";
import { VictimWorld } from "../support/victim_world.ts";

installNodeCrypto();

const tree = new BlockTree(QUICK_MATURITY);
const chain = tree.grow(tree.genesis, 3);
const [block] = chain;

function worldWith(queueLimits: QueueLimits): VictimWorld {
  const world = new VictimWorld({ options: { queueLimits } });
  world.give(chain);
  return world;
}

/** Bytes of `ping` that a node takes at once before it stops to read. */
function takenAtOnce(receiveBytes: number): number {
  const world = worldWith({ receiveBytes, sendBytes: 1_000_000 });
  const attacker = world.inbound();
  const pings = concatBytes(...Array.from({ length: 100 }, () =>
    attacker.frame({ type: "ping", value: { nonce: 1n } })));
  // A megabyte for each connection is more than is worked off in one turn.
  for (let given = pings.length; given < 1_000_000; given += pings.length) {
    world.world.give({ type: "received", peer: attacker.id, bytes: pings });
    if (world.world.paused.has(attacker.id)) return given;
  }
  return Number.POSITIVE_INFINITY;
}

/** Bytes of blocks that are sent to a peer which asks for a thousand, and reads nothing. */
function sentUnread(sendBytes: number): number {
  const world = worldWith({ receiveBytes: 5_000_000, sendBytes });
  const attacker = world.inbound();
  attacker.isDeaf = true;
  world.world.give({ type: "choked", peer: attacker.id });
  const before = attacker.heardBytes;
  const items = Array.from({ length: 1_000 }, () =>
    ({ type: MSG_WITNESS_BLOCK, hash: block?.block.hash ?? assert.fail() }));
  attacker.says({ type: "getdata", value: { items } });
  return attacker.heardBytes - before;
}

test("a node reads ahead as far as its limit for what waits, and no further", () => {
  const little = takenAtOnce(20_000);
  const more = takenAtOnce(200_000);
  assert.ok(little < 30_000, `${little} bytes`);
  assert.ok(more > 60_000 && more < 1_000_000, `${more} bytes`);
});

test("a node serves a peer that does not read up to its limit for what waits, and no further", () => {
  const size = (block?.block.bytes.length ?? 0) + 24;
  for (const limit of [0, 10_000, 50_000]) {
    const sent = sentUnread(limit);
    assert.ok(sent >= limit / 2 && sent <= limit + size, `${sent} bytes for a limit of ${limit}`);
  }
});
