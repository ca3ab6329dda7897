import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../src/base/logger.ts";
import { addDuration, type Duration, minutes, type UnixSeconds } from "../../src/base/time.ts";
import { populateSnapshot } from "../../src/chain/snapshot/populate_snapshot.ts";
import {
  decodeSnapshotHead, SNAPSHOT_HEAD_BYTES, SnapshotError,
} from "../../src/chain/snapshot/snapshot_format.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { CommandResult } from "../../src/node/command.ts";
import { defaultNodeOptions } from "../../src/node/node_options.ts";
import type { ChainParams } from "../../src/params/chain_params.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import type { VirtualHost } from "../../src/sim/virtual_host.ts";
import { VirtualNetwork } from "../../src/sim/virtual_network.ts";
import { USUAL_LATENCY } from "../../src/sim/world_defaults.ts";
import { NODE_NETWORK } from "../../src/wire/services.ts";
import {
  type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone,
} from "../support/blocks.ts";
import { ChainHarness } from "../support/chain_harness.ts";
import { testSize } from "../support/environment.ts";
import { piecesOf, snapshotOf } from "../support/snapshots.ts";

installNodeCrypto();

const BASE_HEIGHT = 60;
const TIP_HEIGHT = 100;
const FULL_NODES = 3;
const SEEDS = testSize("TIDINGS_CRASH_SEEDS", 2);

interface World {
  readonly params: ChainParams;
  readonly blocks: readonly BlockNode[];
  readonly snapshot: Uint8Array;
}

/** A chain with payments, and a snapshot of the coins in the middle of it. */
async function makeWorld(): Promise<World> {
  const tree = new BlockTree(QUICK_MATURITY);
  const blocks = [...tree.grow(tree.genesis, 3)];
  while (blocks.length < TIP_HEIGHT) {
    const spend = spendAnyone([coinbaseOf(blocks[blocks.length - 3] as BlockNode)], 0, 3);
    blocks.push(tree.extend(blocks.at(-1) as BlockNode, { transactions: [spend] }));
  }
  const harness = new ChainHarness({ params: QUICK_MATURITY });
  for (const { block } of blocks.slice(0, BASE_HEIGHT)) harness.chain.addBlock(block, { requested: true });
  harness.coinsOnDisk();
  const { bytes, hash } = await snapshotOf(harness.disk.coins, QUICK_MATURITY.magic);
  const { headers, tip } = harness.chain;
  const entry = {
    height: BASE_HEIGHT, blockHash: headers.hash(tip), coinsHash: hash,
    transactionCount: headers.blocks.chainTransactionCount(tip),
  };
  return { params: { ...QUICK_MATURITY, assumeUtxo: [entry] }, blocks, snapshot: bytes };
}

/** Full nodes that have the chain, and one that knows only its headers. */
function makeNetwork(seed: number, { params, blocks }: World) {
  const start = ((blocks.at(-1) as BlockNode).block.header.time + 600) as UnixSeconds;
  const network = new VirtualNetwork({ seed, start, latency: USUAL_LATENCY });
  const addresses = Array.from({ length: FULL_NODES + 1 }, (_, i): NetworkAddress => {
    return { network: "ipv4", bytes: Uint8Array.of(10, 0, i, 1), port: 18_444 };
  });
  const full = addresses.slice(0, FULL_NODES);
  const hosts = addresses.map((address, i) => network.addHost(address, {
    ...defaultNodeOptions(params), connectOnly: i < FULL_NODES ? [] : full, coinsCacheBytes: 4 * 1024 * 1024,
  }));
  for (const host of hosts.slice(0, FULL_NODES)) {
    for (const { block } of blocks) host.command({ type: "submit-block", block });
    host.start();
  }
  const late = hosts.at(-1) as VirtualHost;
  for (const { block } of blocks) late.command({ type: "submit-header", header: block.header });
  const runFor = (length: Duration): void => network.runUntil(addDuration(network.clock.now(), length));
  return { late, first: hosts[0] as VirtualHost, runFor };
}

async function load(host: VirtualHost, { params, snapshot }: World): Promise<CommandResult | undefined> {
  const head = decodeSnapshotHead(snapshot.subarray(0, SNAPSHOT_HEAD_BYTES), params);
  const [expected] = params.assumeUtxo;
  assert.ok(expected !== undefined);
  await populateSnapshot(piecesOf(snapshot, SNAPSHOT_HEAD_BYTES), head, expected, {
    logger: silentLogger, store: host.snapshotCoins, isStopped: () => false,
  });
  let result: CommandResult | undefined;
  host.command({ type: "activate-snapshot", base: head.base }, (answer) => void (result = answer));
  return result;
}

function tipOf({ core: { chain } }: VirtualHost): string {
  return displayHash(chain.headers.hash(chain.tip));
}

const made = makeWorld();

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`seed ${seed}: a node that starts from a snapshot among full nodes ends with their tip and coins`,
    async () => {
    const world = await made;
    const { first, late, runFor } = makeNetwork(seed, world);
    await load(late, world);
    const { chain } = late.core;
    assert.equal(chain.headers.height(chain.tip), BASE_HEIGHT);
    assert.equal(late.core.services & NODE_NETWORK, 0n, "old blocks are not here yet");
    late.start();
    runFor(minutes(5));
    assert.equal(late.failure, undefined);
    assert.equal(tipOf(late), tipOf(first));
    assert.equal(chain.historicalRange, undefined, "the background is done");
    assert.equal(late.core.services & NODE_NETWORK, NODE_NETWORK);
    for (const host of [first, late]) host.command({ type: "flush" });
    runFor(minutes(1));
    assert.equal(late.hashCoins(), first.hashCoins());
  });
}

test("a snapshot with one bit changed is refused, and the node syncs without it", async () => {
  const world = await made;
  const { first, late, runFor } = makeNetwork(SEEDS + 1, world);
  const snapshot = world.snapshot.slice();
  snapshot[SNAPSHOT_HEAD_BYTES + 5] = (snapshot[SNAPSHOT_HEAD_BYTES + 5] as number) ^ 1;
  await assert.rejects(load(late, { ...world, snapshot }), (error: unknown) =>
    error instanceof SnapshotError && error.message.startsWith("Bad snapshot content hash: expected "));
  late.start();
  runFor(minutes(5));
  assert.equal(tipOf(late), tipOf(first));
  assert.equal(late.core.chain.coinsStore, "chainstate");
});
