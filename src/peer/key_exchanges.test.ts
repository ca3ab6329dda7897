import assert from "node:assert/strict";
import { test } from "node:test";
import "../../test/support/portable_curve.ts";
import { address, MAGIC, START } from "../../test/support/peer_bench.ts";
import { silentLogger } from "../base/logger.ts";
import { seededRng } from "../base/rng.ts";
import { milliseconds, seconds } from "../base/time.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { netGroup } from "../primitives/net_group.ts";
import { makeTransport } from "../transport/make_transport.ts";
import { Connection } from "./connection.ts";
import { INBOUND_EXCHANGES, KEY_EXCHANGES_PER_TURN, KeyExchanges } from "./key_exchanges.ts";
import type { ConnectionType, PeerId, Permission } from "./peer.ts";

class Bench {
  readonly clock = new VirtualClock(START);
  readonly exchanges = new KeyExchanges(this.clock, (each) => netGroup(each, false));
  #count = 0;

  open(type: ConnectionType, permissions: readonly Permission[] = [], from = "127.0.0.1:5000"): Connection {
    const opening = {
      id: this.#count++ as PeerId, type, permissions: new Set(permissions),
      address: address(from), local: address("127.0.0.1:8333"),
    };
    const ports = { magic: MAGIC, rng: seededRng(this.#count) };
    const transport = makeTransport(type === "inbound" ? "theirs" : "v2", ports);
    return new Connection(opening, transport, { clock: this.clock, logger: silentLogger });
  }

  /** One from outside that has sent the first byte of a key, and waits. */
  stranger({ from, permissions }: { from?: string; permissions?: readonly Permission[] } = {}): Connection {
    const connection = this.open("inbound", permissions, from);
    connection.receive(Uint8Array.of(1));
    this.exchanges.add(connection);
    return connection;
  }

  strangers(count: number, from?: string): readonly Connection[] {
    return Array.from({ length: count }, () => this.stranger(from === undefined ? {} : { from }));
  }

  /** Everybody that can be granted an exchange now. */
  take(): readonly Connection[] {
    const taken: Connection[] = [];
    for (let some = this.exchanges.take(); some.length > 0; some = this.exchanges.take()) taken.push(...some);
    return taken;
  }
}

test("each turn makes a few exchanges only, in the order in which they came", () => {
  const bench = new Bench();
  const connections = bench.strangers(KEY_EXCHANGES_PER_TURN + 2);
  assert.deepEqual(bench.exchanges.take(), connections.slice(0, KEY_EXCHANGES_PER_TURN));
  assert.equal(bench.exchanges.wakeAt(), bench.clock.now());
  assert.deepEqual(bench.exchanges.take(), connections.slice(KEY_EXCHANGES_PER_TURN));
  assert.equal(bench.exchanges.wakeAt(), undefined);
});

test("a connection without work does not wait, and one that was closed is forgotten", () => {
  const bench = new Bench();
  bench.exchanges.add(bench.open("inbound"));
  assert.equal(bench.exchanges.wakeAt(), undefined);
  const [closed, other] = bench.strangers(2);
  closed?.close();
  assert.deepEqual(bench.exchanges.take(), [other]);
  const [gone] = bench.strangers(1);
  if (gone !== undefined) bench.exchanges.closed(gone);
  assert.equal(bench.exchanges.wakeAt(), undefined);
});

test("strangers are granted so many at once, and so many a second after that; the rest wait", () => {
  const bench = new Bench();
  bench.strangers(INBOUND_EXCHANGES.burst + 3 * INBOUND_EXCHANGES.perSecond);
  assert.equal(bench.take().length, INBOUND_EXCHANGES.burst);
  const wakeAt = bench.exchanges.wakeAt() ?? assert.fail("some wait");
  assert.ok(wakeAt > bench.clock.now() && wakeAt <= bench.clock.now() + 1000 / INBOUND_EXCHANGES.perSecond + 1);
  bench.clock.advance(seconds(1));
  assert.equal(bench.take().length, INBOUND_EXCHANGES.perSecond);
  bench.clock.advance(milliseconds(500));
  assert.equal(bench.take().length, INBOUND_EXCHANGES.perSecond / 2);
});

test("groups take turns: a newcomer does not wait behind a thousand from one network, nor behind Tor's", () => {
  const bench = new Bench();
  bench.strangers(INBOUND_EXCHANGES.burst);
  bench.take();
  bench.strangers(500, "1.2.3.4:1");
  bench.strangers(500);
  bench.strangers(500, "1.2.99.4:1");
  const newcomer = bench.stranger({ from: "7.7.7.7:1" });
  bench.clock.advance(milliseconds(26));
  assert.deepEqual(bench.take().at(-1), newcomer, "the third of three groups, in the third of a hundredth of a second");
});

test("both halves of one exchange count once", () => {
  const bench = new Bench();
  const connection = bench.stranger();
  bench.exchanges.take();
  connection.work();
  bench.strangers(INBOUND_EXCHANGES.burst + 10);
  bench.take();
  // Its key is answered; now theirs is whole.
  connection.receive(new Uint8Array(63));
  assert.equal(connection.hasWork, true);
  bench.exchanges.add(connection);
  assert.deepEqual(bench.take(), [connection], "though there is nothing left for others");
});

test("those that we dialled, and those that we trust, are not counted", () => {
  const bench = new Bench();
  bench.strangers(INBOUND_EXCHANGES.burst + 10);
  bench.take();
  const [ours, trusted] = [bench.open("outbound-full-relay"), bench.stranger({ permissions: ["noban"] })];
  bench.exchanges.add(ours);
  assert.deepEqual(bench.take(), [trusted, ours]);
});
