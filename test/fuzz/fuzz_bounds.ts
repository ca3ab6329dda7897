/**
 * What a node may keep while peers do what they like, and what may be left once they have gone.
 *
 * Both are asked of every collection that hangs on the node, found by going through its fields, so
 * that a new protocol is held to them without being named here.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Peer } from "../../src/peer/peer.ts";
import { type Holdings, holdingsOf } from "../support/holdings.ts";
import type { CoreWorld } from "../support/core_world.ts";
import type { FuzzMatter } from "./fuzz_matter.ts";

export const MEMPOOL_BYTES_MAX = 300_000;
/** Places of peers, those that the node dials meanwhile, and those on their way out. */
const CONNECTIONS_MAX = 40;

/** Neither are what conversations with peers keep: some are asked by themselves, some handed in. */
const OUTSIDE: ReadonlySet<string> = new Set([
  "ChainState", "HeaderIndex", "Indexes", "FilterIndex", "Mempool", "AddressBook", "Block", "BlockHeader",
  "Transaction",
]);

/** What no collection exceeds, however long it goes on. */
const SIZE_MAX = { entries: 1_000, bytes: 65_536 };
/** Those that may be larger, with their own bounds. */
const LARGER: readonly (readonly [name: RegExp, max: number])[] = [
  [/^DialBackoff\.#failures$/, 2_000],
  // Two tables of 25,000 marks, and of 120,000 for what is confirmed or refused.
  [/^InventoryFilter\./, 2 ** 20],
  // Of each peer: what it announced, what it has been asked to send, what it is told of addresses.
  [/^TxRequests\./, CONNECTIONS_MAX * 5_000],
  [/^TimerTable\./, CONNECTIONS_MAX * 5_000],
  [/^GetData\.#peers\[\]\.queue/, 100_000],
  [/^Addr\w+\..*(pending|addresses)/, 1_000],
  // What a message that is under way brings.
  [/^(V1|V2)\w*Transport\.|^PartialStretch\.|^Connection\.#inbox/, 4_000_100],
];

/** What has nothing to do with who is there: settings, the lists of parts, and memories with a bound. */
const KEPT: readonly RegExp[] = [
  /[.#](options|settings)\b/, /^Conversations\.#(all|private|due)$/, /^DialBackoff\.#failures$/,
  /^AddrAnswers\.#answers/, /^Seeding\.#steps/, /^TxAnnounce\.#recentTransactions/, /^HandshakeGate\.#buckets/,
  /^Networks\.#reachable/, /^OutboundChoice\.#timers/, /^(BanList|Discouraged|NetGroups)\./,
  /[.#]takes$/, /^(InboundRecord|TimeOffsets)\./,
];

/** After a warm start: blocks, coins and indexes of this chain, the mempool and the memories. */
const LIVE_BYTES_MAX = 24_000_000;

export function checkBounds(world: CoreWorld, matter: FuzzMatter): void {
  const { core, open } = world;
  assert.equal([...core.peers()].length, open.size, "a record for each socket, and no other");
  assert.ok(open.size <= CONNECTIONS_MAX, `${open.size} connections`);
  assert.ok(core.mempool.usage <= MEMPOOL_BYTES_MAX, `${core.mempool.usage} bytes of mempool`);
  const { size } = core.chain.headers;
  assert.ok(size < 2 * matter.nodes.length + 200, `${size} headers`);
  for (const [name, { size: held, unit }] of holdingsOf(core, OUTSIDE)) {
    const max = LARGER.find(([pattern]) => pattern.test(name))?.[1] ?? SIZE_MAX[unit];
    assert.ok(held <= max, `${name} has ${held} ${unit}`);
  }
}

/** To be called when no connection is open, nor will be. `peers`: all that there were. */
export async function checkNothingLeft(world: CoreWorld, peers: readonly WeakRef<Peer>[]): Promise<void> {
  const { core } = world;
  assert.equal([...core.peers()].length, 0, "no record of a peer is left");
  assert.equal(core.wakeAt(), undefined, "with nothing left to wake for");
  assert.deepEqual(leftIn(holdingsOf(core, OUTSIDE)), [], "every queue and table of peers is empty");
  collectGarbage();
  await turn();
  collectGarbage();
  const alive = peers.filter((peer) => peer.deref() !== undefined);
  assert.equal(alive.length, 0, `nothing holds on to a peer that is gone, of ${peers.length}`);
}

function leftIn(holdings: Holdings): readonly string[] {
  return [...holdings]
    .filter(([name, { size, unit }]) => {
      return unit === "entries" && size > 0 && !KEPT.some((pattern) => pattern.test(name));
    })
    .map(([name, { size }]) => `${name}: ${size}`);
}

/** Memory that is really in use. */
export function liveBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

export function checkGrowth(before: number, after: number): void {
  assert.ok(after - before <= LIVE_BYTES_MAX, `${after - before} bytes more are in use than before`);
}

let collect: (() => void) | undefined;

function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
