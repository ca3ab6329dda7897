import assert from "node:assert/strict";
import { test } from "node:test";
import { spend } from "../../test/support/mempool_harness.ts";
import { type FakePeer, ProtocolBench } from "../../test/support/protocol_bench.ts";
import type { Selected } from "../addrbook/book_queries.ts";
import { seededRng } from "../base/rng.ts";
import { minutes, seconds, type UnixSeconds } from "../base/time.ts";
import type { DialWish } from "../connections/connection_manager.ts";
import { DIRECT_NETWORKS, Networks } from "../connections/networks.ts";
import { routeText } from "../connections/route.ts";
import type { Admission } from "../mempool/mempool.ts";
import type { Peer } from "../peer/peer.ts";
import { displayHash, hashLiteral, type Txid } from "../primitives/hash.ts";
import type { NetworkAddress, NetworkName } from "../primitives/network_address.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { PrivateDelivery } from "../protocol/private_delivery.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { NODE_P2P_V2 } from "../wire/services.ts";
import { PRIVATE_CONNECTIONS_MAX, PrivateBroadcast } from "./private_broadcast.ts";

const PROXY = { place: { type: "tcp", host: "127.0.0.1", port: 9050 }, isolated: true } as const;

function transaction(number = 1): Transaction {
  return spend([{ txid: hashLiteral<Txid>(number.toString(16).padStart(64, "0")), index: 0 }], 1000);
}

interface OutDial {
  readonly address: NetworkAddress;
  readonly wish: DialWish;
  readonly done: (peer: Peer | undefined) => void;
}

/** A broadcast with a book that has one address of each network, and dials that the test answers. */
function world(reachable: readonly NetworkName[] = ["onion"]) {
  const bench = new ProtocolBench();
  const realClock = new VirtualClock(1_700_000_000 as UnixSeconds);
  const dials: OutDial[] = [];
  const state = { isIdle: false, isBookEmpty: false, admission: "missing-inputs" as Admission["type"] };
  const lengths = { ipv4: 4, ipv6: 16, onion: 32, i2p: 32, cjdns: 16 };
  let drawn = 0;
  const select = ({ networks = new Set<NetworkName>() }: { networks?: ReadonlySet<NetworkName> } = {}) => {
    const [network = "ipv4"] = networks;
    const bytes = new Uint8Array(lengths[network]).fill(++drawn);
    const address: NetworkAddress = { network, bytes, port: 8333 };
    const known: Selected = { address, services: NODE_P2P_V2, time: 0, triedAt: undefined };
    return state.isBookEmpty ? undefined : known;
  };
  const rng = seededRng(1);
  const broadcast = new PrivateBroadcast({
    clock: bench.clock, realClock, rng, logger: bench.logger, outbox: bench,
    book: { select },
    networks: new Networks({
      ...DIRECT_NETWORKS, reachable: new Set(reachable),
      proxies: { onion: PROXY, ipv4: { ...PROXY, isolated: false } },
    }),
    isIdle: () => state.isIdle,
    isOwn: () => false,
    dial: (address, wish, done) => void dials.push({ address, wish, done }),
    test: (_, done) => done({ type: state.admission } as Admission),
  });
  const { queue } = broadcast;
  const delivery = new PrivateDelivery({ rng, logger: bench.logger, outbox: bench, queue });
  /** Answers the oldest dial with a connection that has done its handshake. */
  const connect = (): FakePeer => {
    const dial = dials.shift() ?? assert.fail("nobody is dialled");
    const peer = bench.open({ type: "private-broadcast", address: dial.address });
    dial.done(peer);
    broadcast.opened(peer);
    delivery.ready(peer);
    return peer;
  };
  const sent = (peer: Peer) => bench.happenings.flatMap((each) =>
    each.type === "sent" && each.peer === peer.id ? [each.message] : []);
  const isClosed = (peer: Peer): boolean =>
    bench.happenings.some((each) => each.type === "disconnected" && each.peer === peer.id);
  /** Asks for the transaction, and says that it came. */
  const take = (peer: Peer): void => {
    const [inv] = sent(peer);
    assert.equal(inv?.type, "inv");
    const items = inv?.type === "inv" ? inv.value.items : [];
    delivery.received(peer, { type: "getdata", value: { items } });
    const ping = sent(peer).at(-1);
    if (ping?.type !== "ping") return;
    delivery.received(peer, { type: "pong", value: { nonce: ping.value.nonce ?? 0n } });
  };
  return { bench, broadcast, dials, connect, sent, isClosed, take, state, realClock };
}

test("a transaction is announced to three, each of which is told that and nothing more", () => {
  const { broadcast, dials, connect, sent, take, isClosed } = world();
  const given = transaction();
  assert.equal(broadcast.submit(given), "added");
  assert.equal(broadcast.submit(given), "known");
  broadcast.work();
  assert.equal(dials.length, 3);
  for (let copy = 0; copy < 3; copy++) {
    const peer = connect();
    take(peer);
    assert.deepEqual(sent(peer).map(({ type }) => type), ["inv", "tx", "ping"]);
    assert.ok(isClosed(peer));
    broadcast.closed(peer);
  }
  broadcast.work();
  assert.equal(dials.length, 0);
  assert.equal([...broadcast.queue][0]?.sends.filter(({ receivedAt }) => receivedAt !== undefined).length, 3);
});

test("for each connection that came to nothing there is another", () => {
  const { broadcast, dials, connect, realClock } = world();
  broadcast.submit(transaction());
  broadcast.work();
  broadcast.closed(connect());
  for (const { done } of dials.splice(0)) done(undefined);
  broadcast.work();
  assert.equal(dials.length, 0, "who refuses at once is not dialled in a loop");
  realClock.advance(seconds(1));
  broadcast.work();
  assert.equal(dials.length, 3);
});

test("what comes back from the network is sent no more, and connections that are left are not made", () => {
  const { broadcast, dials, connect, take, sent, isClosed, bench } = world();
  const given = transaction();
  broadcast.submit(given);
  broadcast.work();
  take(connect());
  broadcast.cameBack(transaction(2), bench.open());
  assert.equal(broadcast.queue.size, 1);
  broadcast.cameBack(given, bench.open());
  assert.equal(broadcast.queue.size, 0);
  // Those that were under way find nothing to do.
  while (dials.length > 0) {
    const peer = connect();
    assert.deepEqual(sent(peer), []);
    assert.ok(isClosed(peer));
    broadcast.closed(peer);
  }
  broadcast.work();
  assert.equal(dials.length, 0);
  assert.ok(bench.log.some((text) => text.startsWith("Received our privately broadcast transaction")));
});

test("IPv4 is dialled through Tor only, once Tor is known to be what it says", () => {
  const ways = (isProven: boolean): ReadonlySet<string> => {
    const { broadcast, dials, bench } = world(["ipv4", "onion", "i2p"]);
    const onion: NetworkAddress = { network: "onion", bytes: new Uint8Array(32), port: 1 };
    broadcast.answered(bench.open({ type: "inbound", address: onion }));
    broadcast.answered(bench.open({ type: "manual" }));
    if (isProven) broadcast.answered(bench.open({ type: "manual", address: onion }));
    for (let i = 1; i <= 20; i++) broadcast.submit(transaction(i));
    broadcast.work();
    return new Set(dials.map(({ address, wish: { route } }) =>
      `${address.network} ${route === undefined ? "?" : routeText(route)}`));
  };
  const tor = "through the proxy at 127.0.0.1:9050";
  const hidden = [`onion ${tor}`, "i2p from an I2P address of its own"];
  assert.deepEqual(ways(false), new Set(hidden));
  assert.deepEqual(ways(true), new Set([...hidden, `ipv4 ${tor}`]));
});

test("there are never more than so many connections, whatever is submitted", () => {
  const { broadcast, dials, connect, take } = world();
  for (let i = 1; i <= 100; i++) broadcast.submit(transaction(i));
  broadcast.work();
  assert.equal(dials.length, PRIVATE_CONNECTIONS_MAX);
  const peer = connect();
  broadcast.work();
  assert.equal(dials.length, PRIVATE_CONNECTIONS_MAX - 1);
  take(peer);
  broadcast.closed(peer);
  broadcast.work();
  assert.equal(dials.length, PRIVATE_CONNECTIONS_MAX);
});

test("a connection that has not done its work after three minutes is given up", () => {
  const { broadcast, connect, isClosed, bench } = world();
  broadcast.submit(transaction());
  broadcast.work();
  const peer = connect();
  bench.clock.advance(minutes(3) - 1 as never);
  broadcast.work();
  assert.equal(isClosed(peer), false);
  assert.ok((broadcast.wakeAt() ?? Infinity) <= bench.clock.now() + 1);
  bench.clock.advance(1 as never);
  broadcast.work();
  assert.ok(isClosed(peer));
});

test("nobody is dialled while the network is off, the book is empty, or no way hides us", () => {
  const off = world();
  off.state.isIdle = true;
  off.broadcast.submit(transaction());
  off.broadcast.work();
  assert.equal(off.dials.length, 0);
  const empty = world();
  empty.state.isBookEmpty = true;
  empty.broadcast.submit(transaction());
  empty.broadcast.work();
  assert.ok((empty.broadcast.wakeAt() ?? 0) > empty.bench.clock.now(), "it waits");
  empty.state.isBookEmpty = false;
  empty.realClock.advance(seconds(1));
  empty.broadcast.work();
  assert.equal(empty.dials.length, 3);
  const bare = world(["ipv4", "ipv6"]);
  assert.equal(bare.broadcast.isPossible, false);
  bare.broadcast.submit(transaction());
  bare.broadcast.work();
  assert.equal(bare.dials.length, 0);
});

test("what does not come back is sent again while the mempool would take it, and then forgotten", () => {
  const { broadcast, dials, connect, take, bench, state } = world();
  broadcast.submit(transaction());
  broadcast.work();
  while (dials.length > 0) {
    const peer = connect();
    take(peer);
    broadcast.closed(peer);
  }
  state.admission = "accepted";
  bench.clock.advance(minutes(4));
  broadcast.work();
  assert.equal(dials.length, 1);
  take(connect());
  state.admission = "missing-inputs";
  bench.clock.advance(minutes(4));
  broadcast.work();
  assert.equal(broadcast.queue.size, 0);
  assert.ok(bench.log.some((text) => text.startsWith("Giving up broadcast attempts for txid=")));
});

test("the operator takes a transaction back by either of its ids", () => {
  for (const which of ["txid", "wtxid"] as const) {
    const { broadcast } = world();
    const given = transaction();
    broadcast.submit(given);
    assert.deepEqual(broadcast.abort("00".repeat(32)), []);
    assert.deepEqual(broadcast.abort(displayHash(given[which])), [given]);
    assert.equal(broadcast.queue.size, 0);
    broadcast.work();
    assert.equal(broadcast.wakeAt(), undefined);
  }
});
