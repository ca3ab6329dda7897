import assert from "node:assert/strict";
import { test } from "node:test";
import "../../test/support/portable_curve.ts";
import { address, MAGIC, START } from "../../test/support/peer_bench.ts";
import { silentLogger } from "../base/logger.ts";
import { seededRng } from "../base/rng.ts";
import { milliseconds, seconds } from "../base/time.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { makeTransport } from "../transport/make_transport.ts";
import { Connection } from "./connection.ts";
import { INBOUND_EXCHANGES, KEY_EXCHANGES_PER_TURN, KeyExchanges } from "./key_exchanges.ts";
import type { ConnectionType, PeerId, Permission } from "./peer.ts";

class Bench {
  readonly clock = new VirtualClock(START);
  readonly exchanges = new KeyExchanges(this.clock);
  #count = 0;

  open(type: ConnectionType, permissions: readonly Permission[] = []): Connection {
    const opening = {
      id: this.#count++ as PeerId, type, permissions: new Set(permissions),
      address: address("127.0.0.1:5000"), local: address("127.0.0.1:8333"),
    };
    const ports = { magic: MAGIC, rng: seededRng(this.#count) };
    const transport = makeTransport(type === "inbound" ? "theirs" : "v2", ports);
    return new Connection(opening, transport, { clock: this.clock, logger: silentLogger });
  }

  /** One from outside that has sent the first byte of a key. */
  stranger(permissions: readonly Permission[] = []): Connection {
    const connection = this.open("inbound", permissions);
    connection.receive(Uint8Array.of(1));
    return connection;
  }

  /** How many of so many strangers are granted their exchange. */
  granted(count: number): number {
    let granted = 0;
    for (let i = 0; i < count; i++) if (this.exchanges.add(this.stranger())) granted += 1;
    return granted;
  }
}

test("each turn makes a few exchanges only, in the order in which they came", () => {
  const bench = new Bench();
  const connections = Array.from({ length: KEY_EXCHANGES_PER_TURN + 2 }, () => bench.stranger());
  for (const connection of connections) assert.ok(bench.exchanges.add(connection));
  assert.deepEqual(bench.exchanges.take(), connections.slice(0, KEY_EXCHANGES_PER_TURN));
  assert.equal(bench.exchanges.hasWork, true);
  assert.deepEqual(bench.exchanges.take(), connections.slice(KEY_EXCHANGES_PER_TURN));
  assert.equal(bench.exchanges.hasWork, false);
});

test("a connection without work does not wait, and one that was closed is passed over", () => {
  const bench = new Bench();
  assert.ok(bench.exchanges.add(bench.open("inbound")));
  assert.equal(bench.exchanges.hasWork, false);
  const [closed, other] = [bench.stranger(), bench.stranger()];
  for (const each of [closed, other]) bench.exchanges.add(each);
  closed.close();
  assert.deepEqual(bench.exchanges.take(), [other]);
});

test("strangers are granted so many at once, and so many a second after that", () => {
  const bench = new Bench();
  assert.equal(bench.granted(INBOUND_EXCHANGES.burst + 50), INBOUND_EXCHANGES.burst);
  bench.clock.advance(seconds(1));
  assert.equal(bench.granted(INBOUND_EXCHANGES.perSecond + 50), INBOUND_EXCHANGES.perSecond);
  bench.clock.advance(milliseconds(500));
  assert.equal(bench.granted(INBOUND_EXCHANGES.perSecond), INBOUND_EXCHANGES.perSecond / 2);
});

test("both halves of one exchange count once", () => {
  const bench = new Bench();
  const connection = bench.stranger();
  assert.ok(bench.exchanges.add(connection));
  bench.exchanges.take();
  connection.work();
  bench.granted(INBOUND_EXCHANGES.burst);
  // Its key is answered; now theirs is whole.
  connection.receive(new Uint8Array(63));
  assert.equal(connection.hasWork, true);
  assert.ok(bench.exchanges.add(connection), "though there is nothing left for others");
});

test("those that we dialled, and those that we trust, are not counted", () => {
  const bench = new Bench();
  bench.granted(INBOUND_EXCHANGES.burst);
  assert.equal(bench.granted(1), 0);
  assert.ok(bench.exchanges.add(bench.open("outbound-full-relay")));
  assert.ok(bench.exchanges.add(bench.stranger(["noban"])));
});
