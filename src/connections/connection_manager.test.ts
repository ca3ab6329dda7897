import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KnownAddress } from "../addrbook/address_book.ts";
import { below, seededRng } from "../base/rng.ts";
import { silentLogger } from "../base/logger.ts";
import { type Duration, hours, milliseconds, minutes, seconds } from "../base/time.ts";
import { address, PeerBench } from "../../test/support/peer_bench.ts";
import type { ConnectionType } from "../peer/peer.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { netGroup } from "../primitives/net_group.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { NODE_NETWORK, NODE_NETWORK_LIMITED, NODE_WITNESS } from "../wire/services.ts";
import { ConnectionManager, type ConnectionSettings, type Dial } from "./connection_manager.ts";

const FULL = NODE_NETWORK | NODE_WITNESS;

/** A book as simple as can be: any entry that is accepted, by chance. */
class ListBook {
  readonly entries: KnownAddress[] = [];
  readonly attempts: string[] = [];
  readonly #rng = seededRng(3);
  searches = 0;

  get size(): number {
    return this.entries.length;
  }

  put(text: string, services = FULL): void {
    this.entries.push({ address: address(text), services, time: 0 });
  }

  select(accept: (known: KnownAddress) => boolean): KnownAddress | undefined {
    this.searches += 1;
    const good = this.entries.filter(accept);
    return good.length === 0 ? undefined : good[below(this.#rng, good.length)];
  }

  attempted(attempted: NetworkAddress): void {
    this.attempts.push(formatAddress(attempted));
  }
}

function bench(changes: Partial<ConnectionSettings> = {}) {
  const peers = new PeerBench();
  const book = new ListBook();
  const tip = { isRecent: true };
  const ports = {
    clock: peers.clock, rng: seededRng(1), logger: silentLogger, book,
    peers: () => peers.connections.filter((_, id) => !gone.has(id)), isTipRecent: () => tip.isRecent,
  };
  const gone = new Set<number>();
  const settings: ConnectionSettings = {
    connectOnly: undefined, addNodes: [], maxConnections: 125, localPeers: false, loopbackOnly: undefined,
    advertise: [], ...changes,
  };
  const manager = new ConnectionManager(ports, settings);
  const open = (dial: Dial) => {
    const connection = peers.open(dial.type, [], formatAddress(dial.address));
    manager.opened(dial);
    return connection;
  };
  const close = (id: number): void => {
    gone.add(id);
    manager.closed(peers.at(id));
  };
  const advance = (length: Duration): void => peers.clock.advance(length);
  return { manager, peers, book, tip, open, close, advance };
}

function texts(dials: readonly Dial[]): readonly string[] {
  return dials.map((dial) => formatAddress(dial.address)).sort();
}

test("eight outbound connections are dialled from the book, each to another group", () => {
  const { manager, book } = bench();
  for (let i = 0; i < 40; i++) book.put(`1.${i % 20}.${i}.1:8333`);
  const dials = manager.decide();
  assert.equal(dials.length, 8);
  assert.equal(new Set(dials.map((dial) => netGroup(dial.address))).size, 8);
  assert.ok(dials.every(({ type }) => type === "outbound-full-relay"));
  assert.deepEqual([...book.attempts].sort(), texts(dials));
  assert.deepEqual(manager.decide(), []);
});

test("a failed address waits a minute, then two, and another is tried meanwhile", () => {
  const { manager, book, advance } = bench({ maxConnections: 1 });
  book.put("1.1.1.1:1");
  const dialAgain = (): number => {
    const [dial] = manager.decide();
    assert.ok(dial !== undefined);
    manager.failed(dial);
    let waited = 0;
    for (; manager.decide().length === 0; waited += 1000) advance(seconds(1));
    return waited;
  };
  const first = dialAgain();
  assert.ok(first >= 60_000 && first <= 90_000, `${first} ms`);
  book.put("2.2.2.2:1");
  const { manager: other, book: otherBook } = bench({ maxConnections: 1 });
  otherBook.put("1.1.1.1:1");
  const [dial] = other.decide();
  assert.ok(dial !== undefined);
  otherBook.put("2.2.2.2:1");
  other.failed(dial);
  assert.deepEqual(texts(other.decide()), ["2.2.2.2:1"]);
});

test("nobody is dialled who is ourselves, connected, being dialled, unroutable or of no use", () => {
  const { manager, book, open, tip } = bench({ advertise: [address("9.9.9.9:9")] });
  for (const text of ["9.9.9.9:9", "127.0.0.1:1", "10.0.0.1:1", "0.0.0.0:1", "[fe80::1]:1"]) book.put(text);
  book.put("3.3.3.3:1", NODE_NETWORK);
  book.put("4.4.4.4:1", 0n);
  book.put("5.5.5.5:1", NODE_NETWORK_LIMITED | NODE_WITNESS);
  book.put("6.6.6.6:1");
  tip.isRecent = false;
  const [dial, ...others] = manager.decide();
  assert.ok(dial !== undefined);
  assert.deepEqual([...texts([dial]), ...texts(others)], ["6.6.6.6:1"]);
  open(dial);
  assert.deepEqual(manager.decide(), []);
});

test("an address that turned out to be ours is not dialled again", () => {
  const { manager, book } = bench();
  book.put("1.1.1.1:1");
  manager.neverDial(address("1.1.1.1:1"));
  assert.deepEqual(manager.decide(), []);
});

test("local peers are dialled by port, and not without the option", () => {
  const local = bench({ localPeers: true, advertise: [address("127.0.0.1:1000")] });
  const plain = bench();
  const known = [1000, 1001, 1002, 1003].map((port) => `127.0.0.1:${port}`);
  for (const { book } of [local, plain]) for (const text of known) book.put(text);
  assert.deepEqual(texts(local.manager.decide()), known.slice(1));
  assert.deepEqual(plain.manager.decide(), []);
});

test("loopback only: others are neither dialled, nor asked for, nor let in", () => {
  const reason = "scripts are not checked yet";
  const addNodes = [address("1.1.1.1:1"), address("127.0.0.1:1")];
  const { manager, book } = bench({ loopbackOnly: reason, addNodes });
  book.put("2.2.2.2:1");
  assert.deepEqual(texts(manager.decide()), ["127.0.0.1:1"]);
  const refused = manager.request(address("3.3.3.3:1"), "manual");
  assert.deepEqual(refused, { ok: false, code: "dial-refused", reason });
  assert.deepEqual(manager.admit(address("4.4.4.4:1")), { type: "refuse", reason: "loopback-only" });
  assert.equal(manager.admit(address("127.0.0.1:9")).type, "accept");
});

test("with connectOnly nobody else is dialled, and with none nobody at all", () => {
  const some = bench({ connectOnly: [address("1.1.1.1:1"), address("10.0.0.1:1")] });
  const none = bench({ connectOnly: [] });
  for (const { book } of [some, none]) book.put("2.2.2.2:1");
  assert.deepEqual(texts(some.manager.decide()), ["1.1.1.1:1", "10.0.0.1:1"]);
  assert.deepEqual(none.manager.decide(), []);
  assert.equal(none.manager.wakeAt(), undefined);
});

test("a named node is dialled again half a second after it went, and no sooner", () => {
  const { manager, open, close, advance } = bench({ addNodes: [address("1.1.1.1:1")] });
  const [dial] = manager.decide();
  assert.ok(dial?.type === "manual");
  const { id } = open(dial);
  advance(minutes(5));
  assert.deepEqual(manager.decide(), []);
  close(id);
  assert.deepEqual(manager.decide(), []);
  advance(milliseconds(499));
  assert.deepEqual(manager.decide(), []);
  advance(milliseconds(1));
  assert.deepEqual(texts(manager.decide()), ["1.1.1.1:1"]);
});

test("a named node that drops us at once is dialled ever more seldom, up to once a minute", () => {
  const { manager, open, close, advance, peers } = bench({ addNodes: [address("1.1.1.1:1")] });
  const dialledAt: number[] = [];
  while (dialledAt.length < 12) {
    for (const dial of manager.decide()) {
      dialledAt.push(peers.clock.now());
      close(open(dial).id);
    }
    advance(milliseconds(100));
  }
  const waits = dialledAt.slice(1).map((at, i) => at - (dialledAt[i] ?? 0));
  assert.deepEqual(waits.slice(0, 4), [500, 1000, 2000, 4000]);
  assert.equal(waits.at(-1), 60_000);
});

test("after a lasting connection the waits begin anew", () => {
  const { manager, open, close, advance } = bench({ addNodes: [address("1.1.1.1:1")] });
  for (let i = 0; i < 3; i++) {
    for (const dial of manager.decide()) manager.failed(dial);
    advance(seconds(5));
  }
  const [dial] = manager.decide();
  assert.ok(dial !== undefined);
  const { id } = open(dial);
  advance(seconds(10));
  close(id);
  advance(milliseconds(500));
  assert.equal(manager.decide().length, 1);
});

test("a named node is not dialled as one of our own choice while it waits", () => {
  const { manager, book } = bench({ addNodes: [address("1.1.1.1:1")] });
  book.put("1.1.1.1:1");
  const [dial, ...others] = manager.decide();
  assert.ok(dial?.type === "manual");
  assert.deepEqual(others, []);
  manager.failed(dial);
  assert.deepEqual(manager.decide(), []);
});

test("when a connection ends, another is chosen at once", () => {
  const { manager, book, open, close, advance } = bench({ maxConnections: 2 });
  book.put("1.1.1.1:1");
  book.put("1.1.1.2:1");
  const [dial] = manager.decide();
  assert.ok(dial !== undefined);
  const { id } = open(dial);
  for (let i = 0; i < 100; i++) {
    assert.deepEqual(manager.decide(), []);
    advance(seconds(1));
  }
  close(id);
  assert.equal(manager.decide().length, 1);
});

test("news in the book bring on a search, but not one for each", () => {
  const { manager, book, advance } = bench();
  manager.decide();
  const { searches } = book;
  for (let i = 0; i < 100; i++) {
    book.put(`127.0.0.1:${i + 1}`);
    manager.decide();
    advance(milliseconds(10));
  }
  assert.equal(book.searches, searches + 1);
});

test("addNode and removeNode say whether they changed anything", () => {
  const { manager } = bench({ connectOnly: [] });
  const node = address("1.1.1.1:1");
  assert.deepEqual([manager.addNode(node), manager.addNode(node)], [true, false]);
  assert.deepEqual(texts(manager.decide()), ["1.1.1.1:1"]);
  assert.deepEqual([manager.removeNode(node), manager.removeNode(node)], [true, false]);
});

test("no more than eight named nodes are connected at once", () => {
  const { manager, open } = bench();
  for (let i = 1; i <= 10; i++) manager.addNode(address(`${i}.1.1.1:1`));
  const dials = manager.decide();
  assert.equal(dials.length, 8);
  for (const dial of dials) open(dial);
  assert.deepEqual(manager.decide(), []);
});

test("on request: eight, two, and eleven of all automatic kinds; manual ones without limit", () => {
  const { manager } = bench({ connectOnly: [] });
  let port = 1;
  const opened = (type: ConnectionType): number => {
    let count = 0;
    while (count < 20 && manager.request(address(`127.0.0.1:${port++}`), type).ok) count += 1;
    return count;
  };
  assert.deepEqual([opened("outbound-full-relay"), opened("block-relay-only")], [8, 2]);
  assert.deepEqual([opened("feeler"), opened("manual")], [1, 20]);
  const refused = manager.request(address("127.0.0.1:1"), "addr-fetch");
  assert.deepEqual(refused, { ok: false, code: "too-many-connections" });
});

test("as many come in as there is room for; then one that deserves it less goes, or they are refused", () => {
  const { manager, peers } = bench({ maxConnections: 51 });
  const remote = address("127.0.0.1:9999");
  for (let i = 0; i < 40; i++) {
    assert.deepEqual(manager.admit(remote), { type: "accept", evict: undefined });
    peers.open("inbound", [], `127.0.0.1:${i + 1}`);
    peers.advance(seconds(1));
  }
  const admission = manager.admit(remote);
  assert.ok(admission.type === "accept" && admission.evict !== undefined);
  peers.at(admission.evict).close();
  assert.deepEqual(manager.admit(remote), { type: "accept", evict: undefined });
  for (const connection of peers.connections) connection.close();
  for (let i = 0; i < 40; i++) peers.open("inbound", ["noban"], `127.0.0.1:${i + 1}`);
  assert.deepEqual(manager.admit(remote), { type: "refuse", reason: "full" });
});

test("a book without anyone suitable is searched ever more seldom, and again when it has news", () => {
  const { manager, book, advance } = bench();
  for (let i = 0; i < 3600; i++) {
    manager.decide();
    advance(seconds(1));
  }
  assert.ok(book.searches < 140, `${book.searches} searches in an hour`);
  book.put("1.1.1.1:1");
  assert.ok((manager.wakeAt() ?? Infinity) <= bench().peers.clock.now() + hours(1));
  assert.deepEqual(texts(manager.decide()), ["1.1.1.1:1"]);
});

test("a wakeAt is never past right after decide, so that no owner can spin", () => {
  const action = fc.record({
    what: fc.constantFrom("open", "fail", "close", "put", "wait", "add", "remove"),
    number: fc.nat(20),
  });
  fc.assert(fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
    const { manager, book, open, close, advance, peers } = bench({ localPeers: true });
    const pending: Dial[] = [];
    const closed = new Set<number>();
    for (const { what, number } of actions) {
      const isAnswer = what === "open" || what === "fail";
      const [dial] = pending.splice(number % (pending.length || 1), isAnswer ? 1 : 0);
      const node = address(`127.0.0.1:${100 + number}`);
      if (dial !== undefined && what === "open") open(dial);
      else if (dial !== undefined) manager.failed(dial);
      else if (what === "close" && number < peers.connections.length && !closed.has(number)) {
        closed.add(number);
        close(number);
      } else if (what === "put") book.put(`127.0.0.1:${200 + number}`);
      else if (what === "wait") advance(milliseconds(number * 300));
      else if (what === "add") manager.addNode(node);
      else if (what === "remove") manager.removeNode(node);
      const decided = manager.decide();
      pending.push(...decided);
      assert.ok((manager.wakeAt() ?? Infinity) > peers.clock.now(), `after ${what}`);
      const outbound = [...pending, ...peers.connections.filter(({ id }) => !closed.has(id))];
      assert.ok(outbound.filter(({ type }) => type === "outbound-full-relay").length <= 8);
      const addresses = outbound.map((each) => formatAddress(each.address));
      assert.equal(new Set(addresses).size, addresses.length, "no address twice");
    }
  }), { numRuns: 60 });
});
