import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { after, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { SocksProxy } from "../../../test/support/socks_proxy.ts";
import { silentLogger } from "../../base/logger.ts";
import { DIRECT, type Route } from "../../connections/route.ts";
import { formatAddress, namedAddress } from "../../primitives/host_text.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";
import { Dialler, type DiallerPorts, type OpenedSocket } from "./dialler.ts";

const server = net.createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as net.AddressInfo;
after(() => server.close());

const STRANGER: NetworkAddress = { network: "ipv4", bytes: Uint8Array.of(15, 61, 23, 23), port: 1234 };

function local(at: number): NetworkAddress {
  return { network: "ipv4", bytes: Uint8Array.of(127, 0, 0, 1), port: at };
}

function dialler(ports: Partial<DiallerPorts> = {}): Dialler {
  return new Dialler({ logger: silentLogger, ...ports });
}

/** What came of a dial: the connection, which is closed again, or why not. */
async function outcome(address: NetworkAddress, route: Route = DIRECT, ports: Partial<DiallerPorts> = {}) {
  const opened = await new Promise<OpenedSocket | readonly [string, boolean]>((resolve) => {
    dialler(ports).dial(address, route, { opened: resolve, failed: (...why) => resolve(why) });
  });
  if ("socket" in opened) opened.socket.destroy();
  return opened;
}

function through(proxy: SocksProxy, isolated = false): Route {
  return { type: "socks5", proxy: { place: proxy.place, isolated } };
}

test("an attempt that takes too long fails, and says so", async () => {
  const failed = new Promise<string>((resolve, reject) => {
    const opened = (): void => reject(new Error("opened"));
    dialler({ timeout: 0 }).dial(local(port), DIRECT, { opened, failed: resolve });
  });
  // Keeps the loop from seeing the connection before the timer.
  const until = performance.now() + 3;
  while (performance.now() < until);
  assert.equal(await failed, "connection timed out after 0 ms");
});

test("an attempt that was given up calls nobody, and leaves nothing open", async () => {
  const proxy = await SocksProxy.start({ silentAfter: "request" });
  const result = { opened: () => assert.fail("opened"), failed: (why: string) => assert.fail(why) };
  const named = namedAddress("a.example", 1);
  const addresses = [local(port), local(1), { ...local(0), network: "onion" as const }, named];
  for (const address of addresses) dialler({ resolve: async () => [] }).dial(address, DIRECT, result)();
  const giveUp = dialler().dial(STRANGER, through(proxy), result);
  while (proxy.requests.length === 0) await nextTurn();
  giveUp();
  await nextTurn();
  await nextTurn();
  proxy.close();
});

test("an open socket is left without listeners that would act on it", async () => {
  const opened = await outcome(local(port));
  assert.ok("socket" in opened);
  assert.deepEqual([opened.socket.listenerCount("close"), opened.socket.listenerCount("readable")], [0, 0]);
  assert.deepEqual([opened.remote, opened.local], [undefined, undefined]);
});

test("what cannot be dialled fails, and is not thrown", async () => {
  assert.deepEqual(await outcome({ ...local(0), port: 70_000 }), ["ERR_SOCKET_BAD_PORT", false]);
  const onion = { network: "onion", bytes: new Uint8Array(32), port: 1 } as const;
  assert.deepEqual(await outcome(onion), ["no proxy for onion", false]);
  const i2p = { network: "i2p", bytes: new Uint8Array(32), port: 0 } as const;
  assert.deepEqual(await outcome(i2p, { type: "i2p", isTransient: true }), ["no router of I2P", true]);
});

test("through a proxy the address stays what was dialled, and each has its own credentials", async () => {
  const proxy = await SocksProxy.start({ route: () => ({ host: "127.0.0.1", port }) });
  const onion: NetworkAddress = { network: "onion", bytes: new Uint8Array(32), port: 8333 };
  for (const address of [STRANGER, onion]) {
    const opened = await outcome(address, through(proxy, true));
    assert.ok("socket" in opened);
    assert.equal(formatAddress(opened.remote as NetworkAddress), formatAddress(address));
  }
  const [one, other] = proxy.requests;
  assert.equal(one?.host, "15.61.23.23");
  assert.match(other?.host ?? "", /^[a-z2-7]{56}\.onion$/);
  assert.match(one?.username ?? "", /^[0-9a-f]{16}$/);
  assert.notEqual(one?.username, other?.username);
  await outcome(STRANGER, through(proxy));
  assert.equal(proxy.requests[2]?.username, undefined);
  proxy.close();
});

test("a name goes to the proxy as it is, and nobody else is asked for it", async () => {
  const proxy = await SocksProxy.start({ route: () => ({ host: "127.0.0.1", port }) });
  const resolve = (): never => assert.fail("looked up");
  const opened = await outcome(namedAddress("node.example", 8333), through(proxy), { resolve });
  assert.ok("socket" in opened);
  assert.deepEqual([proxy.requests[0]?.host, proxy.requests[0]?.port], ["node.example", 8333]);
  assert.equal(formatAddress(opened.remote as NetworkAddress), "node.example:8333");
  proxy.close();
});

test("without a proxy a name is looked up, and its addresses are tried until one answers", async () => {
  for (let i = 0; i < 5; i++) {
    const opened = await outcome(namedAddress("node.example", port), DIRECT, {
      resolve: async () => ["127.0.0.1", "nonsense", "::ffff:127.0.0.1"],
    });
    assert.ok("socket" in opened);
    assert.deepEqual(opened.remote?.bytes, Uint8Array.of(127, 0, 0, 1));
    assert.equal(opened.remote?.name, "node.example");
  }
  const name = namedAddress("node.example", 1);
  const resolving = (hosts: readonly string[]) => outcome(name, DIRECT, { resolve: async () => hosts });
  assert.deepEqual(await resolving(["127.0.0.1"]), ["ECONNREFUSED", false]);
  assert.deepEqual(await resolving([]), ["the name leads nowhere", false]);
  assert.deepEqual(await outcome(name, DIRECT, { resolve: async () => Promise.reject(new Error("none")) }),
    ["cannot resolve node.example: none", false]);
  for (const hidden of ["mistyped.onion", "mistyped.b32.i2p", "Mistyped.ONION."]) {
    assert.deepEqual(await outcome(namedAddress(hidden, 1), DIRECT, { resolve: () => assert.fail() }),
      [`${hidden} is no address, and is not looked up`, false]);
  }
  assert.deepEqual(await outcome(name, DIRECT, { looksUpNames: false, resolve: () => assert.fail() }),
    ["names are not looked up (-dns=0)", false]);
});

test("what a proxy says of the target counts against the target, and all else does not", async () => {
  const proxy = await SocksProxy.start({ reply: 5 });
  assert.deepEqual(await outcome(STRANGER, through(proxy)), ["connection refused", false]);
  proxy.close();
  assert.deepEqual(await outcome(STRANGER, through(proxy)), ["ECONNREFUSED", true]);
});
