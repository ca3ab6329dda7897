import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { test } from "node:test";
import { fromLatin1, toLatin1 } from "../base/bytes.ts";
import { silentLogger } from "../base/logger.ts";
import type { Instant } from "../base/time.ts";
import type { PersistBatch } from "../chain/chain_ports.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import { muhashFactor } from "../crypto/muhash.ts";
import type { CommandResult } from "../node/command.ts";
import { DIRECT } from "../connections/route.ts";
import type { DialId, NodeEffect, NodeInput } from "../node/effect.ts";
import type { NodeEvent } from "../node/event.ts";
import type { PeerId } from "../peer/peer.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { MemoryFiles } from "../store/memory_files.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { type DriverParts, NodeDriver, type Steppable } from "./driver.ts";
import { NodeNetworks, PLAIN_NETWORKS } from "./networks/node_networks.ts";
import { PeerListener } from "./peer_listener.ts";

const DONE: CommandResult = { ok: true, value: { type: "done" } };
const NO_JOB: VerifyJob = {
  kind: "block", bytes: new Uint8Array(), spentOutputs: new Uint8Array(), flags: 0, inputCount: 0,
};
const NO_WRITES: PersistBatch = { files: [], index: [], coins: [], removeFiles: [], sync: false };

/** A core that answers each input as the test says, and commands with `done`. */
class ScriptedCore implements Steppable {
  readonly clock = { now: () => Date.now() as Instant, mockTime: undefined as number | undefined };
  readonly inputs: NodeInput[] = [];
  wake: Instant | undefined;
  isStepping = false;
  readonly #react: (input: NodeInput) => readonly NodeEffect[];
  readonly #waiting: (() => void)[] = [];

  constructor(react: (input: NodeInput) => readonly NodeEffect[] = () => []) {
    this.#react = react;
  }

  step(input: NodeInput): readonly NodeEffect[] {
    assert.equal(this.isStepping, false, "never re-entrant");
    this.isStepping = true;
    this.inputs.push(input);
    for (const look of this.#waiting.splice(0)) look();
    const effects = [...this.#react(input)];
    if (input.type === "command") effects.push({ type: "answer", id: input.id, result: DONE });
    this.isStepping = false;
    return effects;
  }

  wakeAt(): Instant | undefined {
    return this.wake;
  }

  /** The first input of this type, or a later one, past or to come. */
  async saw<T extends NodeInput["type"]>(type: T, count = 1): Promise<Extract<NodeInput, { type: T }>> {
    const seen = (): NodeInput[] => this.inputs.filter((input) => input.type === type);
    while (seen().length < count) {
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    }
    return seen()[count - 1] as Extract<NodeInput, { type: T }>;
  }
}

const nowhere = { files: new MemoryFiles(), index: new MemoryStore(), coins: new MemoryStore() };

/** Files that only remove, and that as the test says. */
function filesThat(remove: () => Promise<void>): MemoryFiles {
  const files = new MemoryFiles();
  files.remove = remove;
  return files;
}

async function running(core: Steppable, parts: Partial<DriverParts> = {}) {
  const listener = await PeerListener.bind([{ host: "127.0.0.1", port: 0 }]);
  const port = listener.addresses[0]?.port ?? 0;
  const driver = new NodeDriver({
    core,
    logger: silentLogger,
    stores: nowhere,
    listener,
    networks: new NodeNetworks(PLAIN_NETWORKS, {
      logger: silentLogger, loadSmall: async () => undefined, save: async () => {},
    }),
    verify: async () => undefined,
    load: async () => undefined,
    multiplyCoins: async (change) => muhashFactor(change),
    save: async () => {},
    failed: (error) => assert.fail(error),
    ...parts,
  });
  driver.start();
  const connect = async (): Promise<net.Socket> => {
    const socket = net.connect({ host: "127.0.0.1", port });
    await once(socket, "connect");
    return socket;
  };
  return { driver, port, connect };
}

function local(port: number): NetworkAddress {
  return { network: "ipv4", bytes: Uint8Array.of(127, 0, 0, 1), port };
}

function echo(input: NodeInput): readonly NodeEffect[] {
  return input.type === "received" ? [{ type: "send", peer: input.peer, bytes: input.bytes }] : [];
}

/** Everything that comes until the other side ends. */
async function readAll(socket: net.Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += toLatin1(chunk as Uint8Array);
  return text;
}

test("bytes go in as inputs and out as effects, in order", async () => {
  const core = new ScriptedCore((input) =>
    input.type === "received"
      ? [
        { type: "send", peer: input.peer, bytes: fromLatin1("one ") },
        { type: "send", peer: input.peer, bytes: input.bytes },
        { type: "close", peer: input.peer, reason: "enough" },
        { type: "send", peer: input.peer, bytes: fromLatin1("too late") },
      ]
      : []);
  const { driver, connect } = await running(core);
  const socket = await connect();
  socket.write("two");
  assert.equal(await readAll(socket), "one two");
  assert.deepEqual(await core.saw("closed"), { type: "closed", peer: 0, reason: "enough" });
  await driver.close();
});

test("what is received is a plain Uint8Array, whose slice copies", async () => {
  const core = new ScriptedCore();
  const { driver, connect } = await running(core);
  (await connect()).end("x");
  assert.equal((await core.saw("received")).bytes.constructor, Uint8Array);
  await driver.close();
});

test("peers are numbered from zero in the order of their sockets, with both ends named", async () => {
  const core = new ScriptedCore();
  const { driver, port, connect } = await running(core);
  const first = await connect();
  await core.saw("connected", 1);
  await connect();
  const second = await core.saw("connected", 2);
  assert.equal(second.peer, 1);
  const { peer, dial, remote, local: ours } = await core.saw("connected", 1);
  assert.deepEqual({ peer, dial, remote, ours }, {
    peer: 0, dial: undefined, remote: local(first.localPort ?? 0), ours: local(port),
  });
  await driver.close();
});

test("a peer that hangs up is closed once, with the reason", async () => {
  const core = new ScriptedCore();
  const { driver, connect } = await running(core);
  (await connect()).end();
  assert.equal((await core.saw("closed")).reason, "socket closed");
  (await connect()).resetAndDestroy();
  assert.match((await core.saw("closed", 2)).reason, /ECONNRESET/);
  await driver.close();
  assert.equal(core.inputs.filter(({ type }) => type === "closed").length, 2);
});

test("a dial that succeeds is a connection with its number; a refused one is named", async () => {
  const far = new ScriptedCore(echo);
  const there = await running(far);
  const closedPort = await freePort();
  const core = new ScriptedCore((input) => {
    if (input.type === "command") {
      return [
        { type: "dial", dial: 7 as DialId, address: local(there.port), route: DIRECT },
        { type: "dial", dial: 8 as DialId, address: local(closedPort), route: DIRECT },
        { type: "dial", dial: 9 as DialId, address: { network: "onion", bytes: new Uint8Array(32), port: 1 }, route: DIRECT },
        { type: "dial", dial: 10 as DialId, address: { ...local(0), port: 70_000 }, route: DIRECT },
      ];
    }
    return input.type === "connected" ? [{ type: "send", peer: input.peer, bytes: fromLatin1("hello") }] : [];
  });
  const here = await running(core);
  await here.driver.command({ type: "ping" });
  const connected = await core.saw("connected");
  assert.deepEqual([connected.dial, connected.remote], [7, local(there.port)]);
  assert.deepEqual(toLatin1((await core.saw("received")).bytes), "hello");
  await core.saw("dial-failed", 3);
  const failures = core.inputs.flatMap((input) => (input.type === "dial-failed" ? [[input.dial, input.reason]] : []));
  assert.deepEqual(new Map(failures as [number, string][]), new Map([
    [8, "ECONNREFUSED"], [9, "no proxy for onion"], [10, "ERR_SOCKET_BAD_PORT"],
  ]));
  await here.driver.close();
  await there.driver.close();
});

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("a peer that does not read chokes its socket, and drains it when it reads again", async () => {
  const megabyte = new Uint8Array(1_000_000);
  const core = new ScriptedCore((input) =>
    input.type === "connected"
      ? Array.from({ length: 32 }, () => ({ type: "send", peer: input.peer, bytes: megabyte }))
      : []);
  const { driver, connect } = await running(core);
  const socket = await connect();
  socket.pause();
  await core.saw("choked");
  assert.equal(core.inputs.some(({ type }) => type === "drained"), false);
  socket.resume();
  await core.saw("drained");
  assert.equal(core.inputs.filter(({ type }) => type === "choked").length, 1);
  await driver.close();
});

test("a paused peer is not read until it is resumed", async () => {
  const core = new ScriptedCore((input) =>
    input.type === "connected" ? [{ type: "pause", peer: input.peer }] :
    input.type === "command" ? [{ type: "resume", peer: 0 as PeerId }] : []);
  const { driver, connect } = await running(core);
  const socket = await connect();
  await core.saw("connected");
  socket.write("x");
  // Another connection comes and goes: what was sent before it has arrived.
  (await connect()).destroy();
  await core.saw("closed");
  assert.equal(core.inputs.some(({ type }) => type === "received"), false);
  await driver.command({ type: "ping" });
  assert.equal((await core.saw("received")).peer, 0);
  await driver.close();
});

test("the core is woken when it asked for it, and after I/O when that is past already", async () => {
  const core = new ScriptedCore((input) => {
    if (input.type === "woken") core.wake = core.inputs.length < 5 ? (0 as Instant) : undefined;
    return [];
  });
  const { driver } = await running(core);
  await core.saw("woken", 5);
  core.wake = (Date.now() + 30) as Instant;
  const before = Date.now();
  await driver.command({ type: "ping" });
  core.wake = undefined;
  await core.saw("woken", 6);
  assert.ok(Date.now() - before >= 25, `woken after ${Date.now() - before} ms`);
  await driver.close();
});

test("while the mock clock is set, the core is woken within a tenth of a second", async () => {
  const core = new ScriptedCore();
  core.clock.mockTime = 1_700_000_000;
  const { driver } = await running(core);
  const before = Date.now();
  await core.saw("woken", 3);
  assert.ok(Date.now() - before < 1_000);
  await driver.close();
});

test("a command given by an event's listener waits for the step that is under way", async () => {
  const core = new ScriptedCore((input) =>
    input.type === "command" && input.command.type === "ping"
      ? [{ type: "event", event: warning(1) }, { type: "event", event: warning(2) }]
      : []);
  const { driver } = await running(core);
  const seen: number[] = [];
  const inner: Promise<CommandResult>[] = [];
  const stop = driver.listen(({ seq }) => {
    seen.push(seq);
    inner.push(driver.command({ type: "settle" }));
  });
  assert.deepEqual(await driver.command({ type: "ping" }), DONE);
  assert.deepEqual(await Promise.all(inner), [DONE, DONE]);
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(driver.eventsSince(1).events, [warning(2)]);
  stop();
  await driver.close();
});

function warning(seq: number): NodeEvent {
  return { seq, time: 0, type: "node:warning", data: { text: "" } };
}

test("a listener that throws is logged, and the node goes on", async () => {
  const core = new ScriptedCore((input) =>
    input.type === "command" ? [{ type: "event", event: warning(1) }] : []);
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (text: string) => void errors.push(text) };
  const { driver } = await running(core, { logger });
  driver.listen(() => {
    throw new Error("mine");
  });
  assert.deepEqual(await driver.command({ type: "ping" }), DONE);
  assert.match(String(errors[0]), /A listener to events failed: Error: mine/);
  await driver.close();
});

test("verify, load, resolve and persist are answered by inputs in later turns", async () => {
  const core = new ScriptedCore((input) =>
    input.type === "command" && input.command.type === "ping"
      ? [
        { type: "verify", job: 3, payload: NO_JOB },
        { type: "load", request: 4, range: { name: "blk", offset: 8, length: 2 } },
        { type: "resolve", host: "127.0.0.1", port: 8333 },
        { type: "persist", batch: 5, writes: NO_WRITES },
        { type: "save", name: "peers.dat", bytes: fromLatin1("x") },
      ]
      : []);
  const saved: string[] = [];
  const { driver } = await running(core, {
    verify: async () => ({ rule: "bad", detail: "" }),
    load: async ({ offset, length }) => Uint8Array.of(offset, length),
    save: async (name) => void saved.push(name),
  });
  await driver.command({ type: "ping" });
  assert.deepEqual(await core.saw("verified"), { type: "verified", job: 3, violation: { rule: "bad", detail: "" } });
  assert.deepEqual(await core.saw("loaded"), { type: "loaded", request: 4, bytes: Uint8Array.of(8, 2) });
  assert.deepEqual((await core.saw("resolved")).addresses, [local(8333)]);
  assert.equal((await core.saw("persisted")).batch, 5);
  await driver.close();
  assert.deepEqual(saved, ["peers.dat"]);
});

test("a write that fails stops the node, with a clear message, once", async () => {
  const core = new ScriptedCore((input) =>
    input.type === "command" ? [{ type: "persist", batch: 1, writes: { ...NO_WRITES, removeFiles: ["x"] } }] : []);
  const failures: string[] = [];
  const files = filesThat(() => Promise.reject(new Error("ENOSPC: no space left on device")));
  const { driver, connect } = await running(core, {
    stores: { ...nowhere, files },
    failed: (error) => failures.push(error.message),
  });
  const socket = await connect();
  await core.saw("connected");
  const gone = once(socket, "close");
  await driver.command({ type: "ping" });
  await gone;
  assert.deepEqual(failures, ["Cannot write to the data directory: ENOSPC: no space left on device"]);
  assert.deepEqual(await driver.command({ type: "ping" }), { ok: false, fault: { code: "shutting-down" } });
  await driver.close();
});

test("what takes long and can wait is taken once in a turn of the loop, in order", async () => {
  const core = new ScriptedCore((input) => {
    const end = performance.now() + (input.type === "command" ? 12 : 0);
    while (performance.now() < end);
    return [];
  });
  const { driver } = await running(core);
  let turn = 0;
  const counted = setInterval(() => turn++, 0);
  const taken: [number, number][] = [];
  await Promise.all([0, 1, 2, 3].map(async (number) => {
    await driver.command({ type: "ping" });
    taken.push([number, turn]);
  }));
  clearInterval(counted);
  assert.deepEqual(taken.map(([number]) => number), [0, 1, 2, 3]);
  assert.equal(new Set(taken.map(([, at]) => at)).size, 4, `in turns ${taken.map(([, at]) => at).join()}`);
  await driver.close();
});

test("a core that throws stops the node rather than go on wrongly", async () => {
  const core = new ScriptedCore((input) => {
    if (input.type === "command") throw new Error("Invariant broken: something");
    return [];
  });
  const failures: string[] = [];
  const { driver } = await running(core, { failed: (error) => failures.push(error.message) });
  assert.deepEqual(await driver.command({ type: "ping" }), { ok: false, fault: { code: "shutting-down" } });
  assert.deepEqual(failures, ["The node has a bug, and stops rather than go on wrongly: Invariant broken: something"]);
  await driver.close();
});

test("closing tells the core first, writes what is left, and leaves no socket", async () => {
  const written: number[] = [];
  const core = new ScriptedCore((input) =>
    input.type === "command" && input.command.type === "shut-down"
      ? [{ type: "persist", batch: 1, writes: { ...NO_WRITES, removeFiles: ["x"] } }, {
        type: "save", name: "peers.dat", bytes: new Uint8Array(),
      }]
      : []);
  const files = filesThat(async () => void written.push(1));
  const { driver, connect } = await running(core, { stores: { ...nowhere, files } });
  const socket = await connect();
  await core.saw("connected");
  const gone = once(socket.resume(), "close");
  await Promise.all([driver.close(), driver.close()]);
  await gone;
  assert.deepEqual(written, [1]);
  assert.deepEqual(await driver.command({ type: "ping" }), { ok: false, fault: { code: "shutting-down" } });
});
