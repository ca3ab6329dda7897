/** What a node tells of its peers, in the order in which it happens. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHostSubnet, singleHost } from "../../src/addrbook/host_subnet.ts";
import { seededRng } from "../../src/base/rng.ts";
import { addDuration, seconds } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import type { NodeEvent, NodeEventBody } from "../../src/node/event.ts";
import { defaultNodeOptions, type NodeOptions } from "../../src/node/node_options.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { formatAddress } from "../../src/primitives/host_text.ts";
import type { VirtualHost } from "../../src/sim/virtual_host.ts";
import { VirtualNetwork } from "../../src/sim/virtual_network.ts";
import { hostAt, SIM_START } from "../../src/sim/world_defaults.ts";
import { CoreWorld } from "../support/core_world.ts";

installNodeCrypto();

const OPTIONS = defaultNodeOptions(REGTEST);
const TYPES: ReadonlySet<string> = new Set<NodeEventBody["type"]>([
  "peer:dialing", "peer:dial-failed", "peer:open", "peer:ready", "peer:closed", "peer:evicted",
  "peer:banned", "peer:ping", "addr:tried",
]);

interface Couple {
  readonly network: VirtualNetwork;
  readonly dialler: VirtualHost;
  readonly listener: VirtualHost;
  /** Of the one that dials; the newest are taken with each call. */
  events(): readonly (readonly [type: string, data: Readonly<Record<string, unknown>>])[];
  run(length: number): void;
}

function couple(options: Partial<NodeOptions> = {}): Couple {
  const network = new VirtualNetwork({ seed: 1, start: SIM_START, latency: { least: 10, most: 50 } });
  const heard: NodeEvent[] = [];
  const listener = network.addHost(hostAt(0, 1), { ...OPTIONS, connectOnly: [] });
  const dialler = network.addHost(hostAt(1, 1), { ...OPTIONS, connectOnly: [hostAt(0, 1)], ...options });
  network.onEvent((host, event) => {
    if (host.index === dialler.index && TYPES.has(event.type)) heard.push(event);
  });
  listener.start();
  dialler.start();
  return {
    network, dialler, listener,
    events: () => heard.splice(0).map(({ type, data }) => [type, data]),
    run: (length) => network.runUntil(addDuration(network.clock.now(), seconds(length))),
  };
}

test("a connection is told of when it is tried, open, ready, measured and lost", () => {
  const { dialler, listener, events, run } = couple();
  const address = formatAddress(hostAt(0, 1));
  const connection = "manual";
  dialler.core.addresses.add({ address: hostAt(0, 1), services: 9n, time: SIM_START }, hostAt(2, 1));
  run(2);
  const seen = events();
  assert.deepEqual(seen.map(([type]) => type),
    ["peer:dialing", "peer:open", "addr:tried", "peer:ready", "peer:ping"]);
  assert.deepEqual(seen[0]?.[1], { address, connection, transport: "v2" });
  assert.deepEqual(seen[2]?.[1], { address });
  const { milliseconds, minMilliseconds } = seen[4]?.[1] ?? {};
  assert.ok(Number(milliseconds) >= 20 && minMilliseconds === milliseconds, JSON.stringify(seen[4]));

  const [peer] = listener.core.peers();
  assert.ok(peer !== undefined);
  listener.command({ type: "disconnect", peer: peer.id });
  run(0.2);
  const [type, data] = events()[0] ?? assert.fail();
  assert.deepEqual([type, data["reason"], typeof data["detail"]], ["peer:closed", "connection-lost", "string"]);
});

test("a dial that fails is told of, with why", () => {
  const { events, run } = couple({ connectOnly: [hostAt(7, 1)] });
  run(30);
  const [tried, failed] = events();
  assert.equal(tried?.[0], "peer:dialing");
  assert.equal(failed?.[0], "peer:dial-failed");
  assert.deepEqual([failed?.[1]["address"], failed?.[1]["connection"]], [tried?.[1]["address"], "manual"]);
  assert.match(String(failed?.[1]["reason"]), /./);
});

test("a ban is told of before the peers go that it strikes", () => {
  const { dialler, events, run } = couple();
  run(2);
  events();
  const until = SIM_START + 3_600;
  const subnet = singleHost(hostAt(0, 1));
  dialler.command({ type: "ban", subnet, until });
  // Banned for as long already.
  dialler.command({ type: "ban", subnet, until });
  run(0.1);
  const [banned, closed, ...rest] = events().filter(([type]) => type !== "peer:dialing");
  assert.deepEqual(banned, ["peer:banned", { subnet: formatHostSubnet(subnet), until }]);
  assert.deepEqual([closed?.[0], closed?.[1]["reason"]], ["peer:closed", "banned"]);
  assert.deepEqual(rest, []);
});

test("who has to make place is told of, and then closed for that", () => {
  const events: NodeEvent[] = [];
  const world = new CoreWorld({ ...OPTIONS, maxConnections: 40, connectOnly: [] }, SIM_START, seededRng(1));
  const step = world.core.step.bind(world.core);
  world.core.step = (input) => {
    const effects = step(input);
    for (const effect of effects) if (effect.type === "event") events.push(effect.event);
    return effects;
  };
  for (let index = 0; index < 40; index++) {
    world.connect({ ...hostAt(index, 3), bytes: Uint8Array.of(20 + index, index, 1, 1) }, hostAt(0, 1));
    world.pass();
  }
  const about = events.filter(({ type }) => type === "peer:evicted" || type === "peer:closed");
  assert.ok(about.length >= 2, `${about.length} events`);
  for (const [index, { type, data }] of about.entries()) {
    assert.equal(type, index % 2 === 0 ? "peer:evicted" : "peer:closed");
    if (type === "peer:closed") assert.equal(data.reason, "evicted");
  }
});
