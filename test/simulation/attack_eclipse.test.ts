/**
 * Attacks on the address book, and by it on whom a node is connected to: docs/eclipse.md.
 *
 * TIDINGS_ECLIPSES says how many nodes are attacked with each set of defences.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { eclipsePicture, withTable } from "../../bench/eclipse/report.ts";
import { sourcesMark } from "../../bench/eclipse/sources.ts";
import type { EclipseResult } from "../../bench/eclipse/settings.ts";
import type { Without } from "../../src/base/defences.ts";
import { hours, minutes } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { AttackWorld, outboundPeers } from "../../src/sim/attack_world.ts";
import { simulateEclipse } from "../../src/sim/eclipse.ts";
import {
  ALL_ECLIPSE_DEFENCES, BOTNET, COMPANY, type EclipseAttacker, type EclipseDefence,
} from "../../src/sim/eclipse_settings.ts";
import { hostAt } from "../../src/sim/world_defaults.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../../src/wire/services.ts";
import { testSeed, testSize } from "../support/environment.ts";
import { repoRoot } from "../support/paths.ts";
import { twoColumns } from "../support/two_columns.ts";

const SEED = testSeed(1);
const SEEDS = testSize("TIDINGS_ECLIPSES", 1);
/** From so many on, shares say something. */
const SEEDS_MANY = 10;

installNodeCrypto();

interface Outcome {
  /** Of the nodes. */
  readonly eclipsed: number;
  /** Of their outbound connections, on average. */
  readonly share: number;
  /** Honest block-relay peers of before that a node has again, on average. */
  readonly kept: number;
}

function attack(attacker: EclipseAttacker, defences: readonly EclipseDefence[]): Outcome {
  let [eclipsed, share, kept] = [0, 0, 0];
  for (let seed = SEED; seed < SEED + SEEDS; seed++) {
    const report = simulateEclipse({ seed, attacker, defences });
    if (report.isEclipsed) eclipsed += 1;
    share += report.attackers / report.outbound;
    kept += report.kept;
  }
  return { eclipsed: eclipsed / SEEDS, share: share / SEEDS, kept: kept / SEEDS };
}

const withNone = new Map<EclipseAttacker, Outcome>();

function compare(
  t: TestContext, attacker: EclipseAttacker, defences: readonly EclipseDefence[],
): { readonly defended: Outcome; readonly undefended: Outcome } {
  const defended = attack(attacker, defences);
  const undefended = withNone.get(attacker) ?? attack(attacker, []);
  withNone.set(attacker, undefended);
  t.diagnostic(`with ${defences.join(", ")}: ${JSON.stringify(defended)}`);
  t.diagnostic(`with none: ${JSON.stringify(undefended)}`);
  return { defended, undefended };
}

const RUN = `seed ${SEED}`;
const RUNS = `seeds ${SEED} to ${SEED + SEEDS - 1}`;

test(`attack 13, eclipse on restart: a botnet that fills the address book gets few connections (${RUNS})`,
  (t) => {
  const { defended, undefended } = compare(t, BOTNET, ALL_ECLIPSE_DEFENCES);
  assert.equal(defended.eclipsed, 0);
  assert.ok(defended.share < 0.4, `${defended.share} of the connections are the attacker's`);
  assert.ok(undefended.share > 0.6, `without defences ${undefended.share}`);
});

test(`attack 13, eclipse on restart: anchors alone keep a node connected (${RUNS})`, (t) => {
  const { defended, undefended } = compare(t, BOTNET, ["anchors"]);
  assert.equal(defended.eclipsed, 0);
  assert.ok(defended.kept >= 1, `${defended.kept} anchors`);
  assert.ok(undefended.kept < 1, `without them ${undefended.kept}`);
  if (SEEDS >= SEEDS_MANY) assert.ok(undefended.eclipsed > 0.1, `without them ${undefended.eclipsed}`);
});

test(`attack 14, eclipse from one autonomous system: it gets one connection (${RUNS})`, (t) => {
  const { defended, undefended } = compare(t, COMPANY, ["ASMap"]);
  assert.equal(defended.eclipsed, 0);
  assert.ok(defended.share < 0.15, `${defended.share} of the connections`);
  assert.ok(undefended.share > 0.6, `without a map ${undefended.share}`);
});

if (SEEDS >= SEEDS_MANY) {
  for (const each of ["feelers, test before evict", "tried by our own dial"] as const) {
    test(`attack 13, eclipse on restart: ${each} alone is better than nothing (${RUNS})`, (t) => {
      const { defended, undefended } = compare(t, BOTNET, [each]);
      assert.ok(defended.eclipsed <= undefended.eclipsed, `${defended.eclipsed}`);
      assert.ok(defended.share < undefended.share, `${defended.share}`);
    });
  }
}

test("the picture and the table of docs/eclipse.md are those of docs/eclipse.json", (t) => {
  const read = (name: string): string => readFileSync(join(repoRoot, "docs", name), "utf8");
  const result = JSON.parse(read("eclipse.json")) as EclipseResult;
  assert.equal(read("eclipse.svg"), eclipsePicture(result));
  assert.equal(read("eclipse.md"), withTable(read("eclipse.md"), result));
  // It takes half an hour: told, and no failure.
  const { version, sources } = sourcesMark(repoRoot);
  if (sources === result.sources) return;
  t.diagnostic(`the study is of other sources, of version ${result.version}; this is ${version}: npm run eclipse`);
});

const NEW_NODES = 10;

/** Outbound connections to a provider whose one group is most of what a node knows. */
function crowded(without: Without): number {
  const world = new AttackWorld({ seed: SEED });
  const honest = world.scattered(100, 20);
  world.honest(honest);
  const provider = Array.from({ length: 300 }, (_, i) => hostAt(1000, 1 + i));
  const attackers = world.attacker(provider, world.following());
  // Places by address alone, or the tables would keep the provider out by themselves.
  const victim = world.victim({}, without, { tableRules: { bucketsByGroup: false } });
  victim.start();
  victim.command({ type: "add-addresses", addresses: [...honest, ...provider], source: hostAt(1, 1) });
  world.run(minutes(5));
  const lasting = outboundPeers(victim).filter(({ type }) => type !== "feeler");
  return lasting.filter(({ address }) => attackers.owns(address)).length;
}

test(`attack 14, most addresses in one network group: one outbound connection leads there (${RUN})`, (t) => {
  const { defended, undefended } = twoColumns(t, "outbound-groups", crowded);
  assert.ok(defended <= 1, `${defended} connections`);
  assert.ok(undefended > 5, `without the rule ${undefended}`);
});

/** Of what a node's `new` table holds after six hours, the share that one source made up. */
function flooded(without: Without): number {
  const world = new AttackWorld({ seed: SEED });
  const victim = world.victim({ connectOnly: [] }, without);
  victim.start();
  const honest = world.scattered(100, 400);
  for (const source of honest.slice(0, 20)) {
    victim.command({ type: "add-addresses", addresses: honest, source });
  }
  let told = 0;
  const attacker = world.attacker([hostAt(1000, 1)], {
    ready: (peer) => {
      for (let i = 0; i < 12; i++) {
        world.network.after(minutes(30 * i), () => {
          const addresses = Array.from({ length: 1000 }, () => {
            const address = hostAt(2000 + (told++ % 4000), 1 + (told >>> 12));
            return { address, services: NODE_NETWORK | NODE_WITNESS, time: world.now };
          });
          peer.send({ type: "addrv2", value: { addresses } });
        });
      }
    },
  });
  attacker.dial(victim.address, attacker.address);
  world.run(hours(6));
  return victim.core.addresses.size({ isNew: true }) - honest.length;
}

test(`attack 12, the address book flooded by one peer: what it is told faster is not looked at (${RUN})`,
  (t) => {
  const { defended, undefended } = twoColumns(t, "addr-rate-limit", flooded);
  assert.ok(defended <= 6 * 360 + 50, `${defended} addresses`);
  assert.ok(undefended > 3000, `without the limit ${undefended}`);
});

test(`attack 12, the address book flooded from one group: it reaches a part of it (seed ${SEED})`,
  (t) => {
  const limit = ["addr-rate-limit"] as const;
  const { defended, undefended } = twoColumns(t, "source-buckets", (without) =>
    flooded(new Set([...without, ...limit])));
  assert.ok(defended <= 64 * 64, `${defended} addresses in 64 buckets`);
  assert.ok(undefended > 2 * defended, `without groups ${undefended}`);
});

/** Of the first outbound connections of a new node, those to nodes of one dishonest seed of four. */
function seeded(seed: number, without: Without): number {
  const world = new AttackWorld({ seed });
  const attackers = world.scattered(1000, 1000);
  const crowd = world.attacker(attackers, world.following());
  world.network.names.set("x9.bad.example.", attackers);
  const names = ["one.example.", "two.example.", "three.example."];
  for (const [i, name] of names.entries()) {
    const honest = world.scattered(100 + 40 * i, 30);
    world.honest(honest);
    world.network.names.set(`x9.${name}`, honest);
  }
  const victim = world.victim({ params: { ...REGTEST, dnsSeeds: ["bad.example.", ...names] } }, without);
  victim.start();
  world.run(minutes(5));
  const outbound = outboundPeers(victim).filter(({ type }) => type !== "feeler");
  return outbound.filter(({ address }) => crowd.owns(address)).length / outbound.length;
}

test(`attack 44, a DNS seed that tells of a thousand nodes of its own: it is one of several (seed ${SEED})`,
  (t) => {
  const { defended, undefended } = twoColumns(t, "seed-limit", (without) => {
    const shares = Array.from({ length: NEW_NODES }, (_, i) => seeded(SEED + i, without));
    return shares.reduce((sum, share) => sum + share, 0) / NEW_NODES;
  });
  // Over thirty nodes, ten at a time: 0.25 to 0.29, and 0.50 to 0.55.
  assert.ok(defended <= 0.35, `${defended} of the connections`);
  assert.ok(undefended >= 0.45, `without a limit ${undefended}`);
});
