/**
 * Attacks by headers: too many of them, and too slow ones.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Without } from "../../src/base/defences.ts";
import { hours, minutes, seconds } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { hashKey, type HashKey } from "../../src/primitives/hash.ts";
import { BlockHeader } from "../../src/primitives/header.ts";
import { blockWork, meetsTarget } from "../../src/primitives/target.ts";
import { AttackWorld, heightOf } from "../../src/sim/attack_world.ts";
import { PublishedChain } from "../../src/sim/published_chain.ts";
import type { ScriptedPeer } from "../../src/sim/scripted_peer.ts";
import { hostAt, SIM_START } from "../../src/sim/world_defaults.ts";
import { INBOUND_PRESYNCS_MAX } from "../../src/protocol/header_intake.ts";
import type { Message } from "../../src/wire/message.ts";
import { HEADERS_COUNT_MAX } from "../../src/wire/messages/headers.ts";
import { testSeed, testSize } from "../support/environment.ts";
import { twoColumns } from "../support/two_columns.ts";

const SEED = testSeed(5);
const FLOODERS = 3;
const FLOOD = 6_000 * testSize("TIDINGS_ATTACKS", 1);
const SOURCE = hostAt(1, 1);

installNodeCrypto();

/** Headers on genesis, easily made: `salt` tells one such chain from another. */
class CheapHeaders {
  readonly #headers: readonly BlockHeader[];
  readonly #heights = new Map<HashKey, number>();

  constructor(count: number, salt: number) {
    const headers: BlockHeader[] = [];
    let previous = REGTEST.genesis.header;
    this.#heights.set(hashKey(previous.hash), 0);
    for (let height = 1; height <= count; height++) {
      previous = next(previous, salt);
      headers.push(previous);
      this.#heights.set(hashKey(previous.hash), height);
    }
    this.#headers = headers;
  }

  /** What is asked for, as an honest peer would answer. */
  answer(peer: ScriptedPeer, message: Message): void {
    if (message.type !== "getheaders") return;
    const known = message.value.locator.map((hash) => this.#heights.get(hashKey(hash)));
    this.send(peer, known.find((height) => height !== undefined) ?? 0);
  }

  send(peer: ScriptedPeer, from: number): void {
    const headers = this.#headers.slice(from, from + HEADERS_COUNT_MAX);
    peer.send({ type: "headers", value: { headers } });
  }
}

function next({ hash, time, bits }: BlockHeader, salt: number): BlockHeader {
  const merkleRoot = new Uint8Array(32).fill(salt) as BlockHeader["merkleRoot"];
  for (let nonce = 0; ; nonce++) {
    const header = BlockHeader.of({ version: 4, previous: hash, merkleRoot, time: time + 60, bits, nonce });
    if (meetsTarget(header.hash, bits, REGTEST.work.limit)) return header;
  }
}

const cheap = Array.from({ length: FLOODERS }, (_, i) => new CheapHeaders(FLOOD, i + 1));

interface Memory {
  /** Headers in the index. */
  readonly kept: number;
  /** The most that unproven chains took at a time. */
  readonly presyncBytes: number;
}

/** Chains with much less work than the best must have, as long as they go. */
function lowWork(without: Without): Memory {
  const world = new AttackWorld({ seed: SEED });
  const minimumChainWork = blockWork(REGTEST.genesis.header.bits) * 1_000_000n;
  const victim = world.victim({ minimumChainWork, connectOnly: [] }, without);
  victim.start();
  for (const [i, headers] of cheap.entries()) {
    const attacker = world.attacker([hostAt(1000 + i, 1)], {
      ready: (peer) => headers.send(peer, 0),
      received: (peer, message) => headers.answer(peer, message),
    });
    attacker.dial(victim.address, attacker.address);
  }
  let presyncBytes = 0;
  for (let i = 0; i < 60; i++) {
    world.run(seconds(1));
    presyncBytes = Math.max(presyncBytes, victim.core.presyncBytes);
  }
  return { kept: victim.core.chain.headers.size, presyncBytes };
}

test(`attack 5, long chains of cheap headers: none is kept, and little memory is taken (seed ${SEED})`,
  (t) => {
  const { defended, undefended } = twoColumns(t, "low-work-headers", lowWork);
  assert.equal(defended.kept, 1, "genesis");
  assert.ok(defended.presyncBytes <= FLOODERS * 1_200_000, `${defended.presyncBytes} bytes`);
  assert.ok(undefended.kept > FLOODERS * FLOOD * 0.9, `without presync ${undefended.kept} are kept`);
});

/** Syncs of unproven chains that 34 inbound peers have under way, each with a message and no more. */
function syncsUnderWay(without: Without): { readonly syncs: number; readonly afterTwoMinutes: number } {
  const world = new AttackWorld({ seed: SEED });
  const minimumChainWork = blockWork(REGTEST.genesis.header.bits) * 1_000_000n;
  const victim = world.victim({ minimumChainWork, connectOnly: [] }, without);
  victim.start();
  const [headers] = cheap;
  assert.ok(headers !== undefined);
  const addresses = Array.from({ length: INBOUND_PRESYNCS_MAX + 2 }, (_, i) => hostAt(1000 + i, 1));
  const attackers = world.attacker(addresses, { ready: (peer) => headers.send(peer, 0) });
  for (const address of addresses) attackers.dial(victim.address, address);
  const underWay = (): number => [...victim.core.peers()].filter((peer) => {
    return victim.core.peerReport(peer).presyncedHeaders >= 0;
  }).length;
  world.run(seconds(20));
  const syncs = underWay();
  // One more, once those have kept it waiting for so long.
  world.run(minutes(2.5));
  const [late] = world.scattered(500, 1);
  assert.ok(late !== undefined);
  world.attacker([late], { ready: (peer) => headers.send(peer, 0) }).dial(victim.address, late);
  world.run(seconds(5));
  return { syncs, afterTwoMinutes: underWay() };
}

test(`attack 5, cheap headers from 34 peers: 32 chains are looked at, and who is silent makes room (seed ${SEED})`,
  (t) => {
  const { defended, undefended } = twoColumns(t, "presync-places", syncsUnderWay);
  assert.deepEqual(defended, { syncs: INBOUND_PRESYNCS_MAX, afterTwoMinutes: 1 });
  const all = INBOUND_PRESYNCS_MAX + 2;
  assert.deepEqual(undefended, { syncs: all, afterTwoMinutes: all + 1 });
});

const BLOCKS = 60;
const chain = new PublishedChain({
  params: REGTEST, first: SIM_START - (BLOCKS + 300) * 600, interval: 600, count: BLOCKS,
});

/** Minutes until a node is in step that asks one first who never says all. */
function drip(script: (peer: ScriptedPeer, message: Message) => void, without: Without): number | undefined {
  const world = new AttackWorld({ seed: SEED, chain });
  const attackers = world.scattered(1000, 1);
  world.attacker(attackers, { received: script });
  const victim = world.victim({}, without);
  victim.start();
  victim.command({ type: "add-addresses", addresses: attackers, source: SOURCE });
  world.run(seconds(30));
  const honest = world.scattered(100, 20);
  world.honest(honest);
  victim.command({ type: "add-addresses", addresses: honest, source: SOURCE });
  const took = world.runUntil(() => heightOf(victim) === BLOCKS, { step: seconds(10), most: hours(1) });
  return took === undefined ? undefined : took / minutes(1);
}

const DRIPS: readonly (readonly [string, (peer: ScriptedPeer, message: Message) => void])[] = [
  ["answers nothing", () => {}],
  ["answers with no headers", (peer, { type }) => {
    if (type === "getheaders") peer.send({ type: "headers", value: { headers: [] } });
  }],
  ["answers with one header at a time", (peer, message) => {
    if (message.type !== "getheaders") return;
    for (const { type, value } of chain.answer(message, SIM_START)) {
      if (type === "headers") peer.send({ type, value: { headers: value.headers.slice(0, 1) } });
    }
  }],
];

/** The second alone drops it after twenty minutes. */
const TIMEOUTS = ["stall-timeouts", "chain-sync-timeout"] as const;

for (const [what, script] of DRIPS) {
  test(`attack 6, the first peer asked for headers ${what}: another is asked (seed ${SEED})`, (t) => {
    const { defended, undefended } = twoColumns(t, TIMEOUTS, (without) => drip(script, without));
    assert.ok(defended !== undefined && defended <= 20, `${defended} minutes`);
    assert.equal(undefended, undefined, "without timeouts it waits for ever");
  });
}
