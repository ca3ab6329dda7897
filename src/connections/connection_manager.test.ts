import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { milliseconds, minutes, seconds } from "../base/time.ts";
import { ConnectionBench, FULL, textsOf, typesOf } from "../../test/support/connection_bench.ts";
import { address } from "../../test/support/peer_bench.ts";
import type { ConnectionType } from "../peer/peer.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { NODE_P2P_V2 } from "../wire/services.ts";
import type { Dial } from "./dial.ts";

test("an address that turned out to be ours is not dialled again", () => {
  const { manager, book } = new ConnectionBench();
  book.put("1.1.1.1:1");
  manager.neverDial(address("1.1.1.1:1"));
  assert.deepEqual(manager.decide(), []);
});

test("while the network is off nobody is dialled, nobody let in, and requests are refused", () => {
  const changes = { networkActive: false, addNodes: [{ address: address("127.0.0.1:1") }] };
  const bench = new ConnectionBench(changes, { without: ["feelers"] });
  const { manager, book } = bench;
  book.fill(20);
  assert.deepEqual(manager.decide(), []);
  assert.equal(manager.wakeAt(), undefined);
  assert.deepEqual(manager.request(address("3.3.3.3:1"), "manual"), { ok: false, code: "network-inactive" });
  assert.deepEqual(bench.comeIn("4.4.4.4:1"), { type: "refuse", reason: "not accepting new connections" });
  bench.advance(minutes(10));
  manager.isNetworkActive = true;
  assert.equal(manager.decide().length, 11);
});

test("with connectOnly nobody else is dialled, and with none nobody at all", () => {
  const some = new ConnectionBench({ connectOnly: [address("1.1.1.1:1"), address("10.0.0.1:1")] });
  const none = new ConnectionBench({ connectOnly: [] });
  for (const { book } of [some, none]) book.put("2.2.2.2:1");
  assert.deepEqual(textsOf(some.manager.decide()), ["1.1.1.1:1", "10.0.0.1:1"]);
  assert.deepEqual(none.manager.decide(), []);
  assert.equal(none.manager.wakeAt(), undefined);
});

// Those that the operator has named

test("a named node is dialled again half a second after it went, and no sooner", () => {
  const bench = new ConnectionBench({ addNodes: [{ address: address("1.1.1.1:1") }] });
  const { manager } = bench;
  const [dial] = manager.decide();
  assert.ok(dial?.type === "manual");
  const { id } = bench.openOne(dial);
  bench.advance(minutes(5));
  assert.deepEqual(manager.decide(), []);
  bench.close(id);
  assert.deepEqual(manager.decide(), []);
  bench.advance(milliseconds(499));
  assert.deepEqual(manager.decide(), []);
  bench.advance(milliseconds(1));
  assert.deepEqual(textsOf(manager.decide()), ["1.1.1.1:1"]);
});

test("a named node that drops us at once is dialled ever more seldom, up to once a minute", () => {
  const bench = new ConnectionBench({ addNodes: [{ address: address("1.1.1.1:1") }] });
  const dialledAt: number[] = [];
  while (dialledAt.length < 12) {
    for (const dial of bench.manager.decide()) {
      dialledAt.push(bench.peers.clock.now());
      bench.close(bench.openOne(dial).id);
    }
    bench.advance(milliseconds(100));
  }
  const waits = dialledAt.slice(1).map((at, i) => at - (dialledAt[i] ?? 0));
  assert.deepEqual(waits.slice(0, 4), [500, 1000, 2000, 4000]);
  assert.equal(waits.at(-1), 60_000);
});

test("after a lasting connection the waits begin anew", () => {
  const bench = new ConnectionBench({ addNodes: [{ address: address("1.1.1.1:1") }] });
  const { manager } = bench;
  for (let i = 0; i < 3; i++) {
    for (const dial of manager.decide()) manager.failed(dial);
    bench.advance(seconds(5));
  }
  const [dial] = manager.decide();
  assert.ok(dial !== undefined);
  const { id } = bench.openOne(dial);
  bench.advance(seconds(10));
  bench.close(id);
  bench.advance(milliseconds(500));
  assert.equal(manager.decide().length, 1);
});

test("a named node is not dialled as one of our own choice while it waits", () => {
  const { manager, book } = new ConnectionBench({ addNodes: [{ address: address("1.1.1.1:1") }] });
  book.put("1.1.1.1:1");
  const [dial, ...others] = manager.decide();
  assert.ok(dial?.type === "manual");
  assert.deepEqual(others, []);
  manager.failed(dial);
  assert.deepEqual(manager.decide(), []);
});

test("addNode and removeNode say whether they changed anything", () => {
  const { manager } = new ConnectionBench({ connectOnly: [] });
  const node = address("1.1.1.1:1");
  assert.deepEqual([manager.addNode(node, "one", true), manager.addNode(node)], [true, false]);
  assert.deepEqual(textsOf(manager.decide()), ["1.1.1.1:1"]);
  assert.deepEqual([...manager.addedNodes], [{ address: node, text: "one", wantsV2: true }]);
  assert.deepEqual(["1.1.1.1:1", "one", "one"].map((text) => manager.removeNode(text)), [false, true, false]);
});

test("no more than eight named nodes are connected at once", () => {
  const bench = new ConnectionBench();
  for (let i = 1; i <= 10; i++) bench.manager.addNode(address(`${i}.1.1.1:1`));
  const dials = bench.manager.decide();
  assert.equal(dials.length, 8);
  bench.openAll(dials);
  assert.deepEqual(bench.manager.decide(), []);
});

// On request

test("on request: eight, two, and eleven of all automatic kinds; manual ones without limit", () => {
  const { manager } = new ConnectionBench({ connectOnly: [] });
  let port = 1;
  const opened = (type: ConnectionType): number => {
    let count = 0;
    while (count < 20 && manager.request(address(`127.0.0.1:${port++}`), type).ok) count += 1;
    return count;
  };
  assert.deepEqual([opened("outbound-full-relay"), opened("block-relay-only")], [8, 2]);
  assert.deepEqual([opened("feeler"), opened("manual")], [1, 20]);
  const refused = manager.request(address("127.0.0.1:9999"), "addr-fetch");
  assert.deepEqual(refused, { ok: false, code: "too-many-connections" });
});

test("an address that is connected or being dialled is not dialled once more on request", () => {
  const { manager } = new ConnectionBench({ connectOnly: [] });
  const node = address("127.0.0.1:1");
  assert.ok(manager.request(node, "manual").ok);
  assert.deepEqual(manager.request(node, "manual"), { ok: false, code: "already-connected" });
});

test("few connections leave out inbound ones first, then the extra one, then block-relay peers", () => {
  const places = (maxConnections: number): readonly number[] => {
    const { manager, book } = new ConnectionBench({ maxConnections });
    book.fill(40);
    const types = typesOf(manager.decide());
    const fullRelay = types.filter((type) => type === "outbound-full-relay").length;
    return [fullRelay, types.length, manager.limits.automaticOutbound, manager.limits.inbound];
  };
  assert.deepEqual(
    [0, 1, 8, 9, 10, 11, 12, 1000].map(places),
    [
      [0, 0, 0, 0], [1, 1, 1, 0], [8, 8, 8, 0], [8, 9, 9, 0], [8, 10, 10, 0], [8, 10, 11, 0], [8, 10, 11, 1],
      [8, 10, 11, 989],
    ],
  );
});

test("the encrypted transport is tried with those that say they have it, and with all that are named", () => {
  const transports = (v2Transport: boolean): readonly string[] => {
    const changes = { v2Transport, addNodes: [{ address: address("9.9.9.9:1") }], maxConnections: 2 };
    const { manager, book } = new ConnectionBench(changes);
    book.put("1.1.1.1:8333", FULL | NODE_P2P_V2);
    book.put("2.2.2.2:8333");
    return manager.decide().map((dial) => `${formatAddress(dial.address)} ${dial.transport}`).sort();
  };
  assert.deepEqual(transports(true), ["1.1.1.1:8333 v2", "2.2.2.2:8333 v1", "9.9.9.9:1 v2"]);
  assert.ok(transports(false).every((text) => text.endsWith("v1")));
});

test("a retry in the clear keeps type and way, and is made once the first is forgotten", () => {
  const { manager } = new ConnectionBench({ v2Transport: true });
  const request = manager.request(address("1.1.1.1:1"), "block-relay-only");
  assert.ok(request.ok && request.dial.transport === "v2");
  assert.equal(manager.retryInClear(request.dial), undefined);
  manager.failed(request.dial);
  assert.deepEqual(manager.retryInClear(request.dial), { ...request.dial, transport: "v1" });
});

// Whatever happens

const ACTIONS = [
  "open", "fail", "close", "put", "wait", "add", "remove", "stale", "come", "caughtUp", "on", "off",
] as const;

test("a wakeAt is never past right after decide, so that no owner can spin", () => {
  const action = fc.record({ what: fc.constantFrom(...ACTIONS), number: fc.nat(20) });
  fc.assert(fc.property(fc.array(action, { maxLength: 80 }), fc.boolean(), (actions, localPeers) => {
    const bench = new ConnectionBench({ localPeers });
    const { manager, book, peers } = bench;
    const host = (number: number): string => {
      return localPeers ? `127.0.0.1:${number}` : `${number % 200}.1.1.1:${number}`;
    };
    const pending: Dial[] = [];
    for (const { what, number } of actions) {
      const isAnswer = what === "open" || what === "fail";
      const [dial] = pending.splice(number % (pending.length || 1), isAnswer ? 1 : 0);
      if (dial !== undefined && what === "open") bench.openOne(dial);
      else if (dial !== undefined) manager.failed(dial);
      else if (what === "close" && number < peers.connections.length) bench.close(number);
      else if (what === "put") book.put(host(200 + number));
      else if (what === "wait") bench.advance(milliseconds(number * 300));
      else if (what === "add") manager.addNode(address(host(100 + number)));
      else if (what === "remove") manager.removeNode(host(100 + number));
      else if (what === "stale") manager.wantsExtraFullRelay = number > 10;
      else if (what === "come") bench.comeIn(host(300 + number));
      else if (what === "caughtUp") manager.caughtUp();
      else if (what === "on" || what === "off") manager.isNetworkActive = what === "on";
      pending.push(...manager.decide());
      assert.ok((manager.wakeAt() ?? Infinity) > peers.clock.now(), `after ${what}`);
      const outbound = [...pending, ...bench.open].filter(({ type }) => type !== "inbound");
      const automatic = outbound.filter(({ type }) => type !== "manual");
      assert.ok(automatic.length <= 11, `${automatic.length} automatic connections`);
      const addresses = outbound.map((each) => formatAddress(each.address));
      assert.equal(new Set(addresses).size, addresses.length, "no address twice");
    }
  }), { numRuns: 100 });
});
