import assert from "node:assert/strict";
import type * as net from "node:net";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { drive, local, ScriptedCore } from "../../test/support/driven_core.ts";
import { freePort } from "../../test/support/free_port.ts";
import { fromLatin1, toLatin1 } from "../base/bytes.ts";
import { DIRECT } from "../connections/route.ts";
import type { DialId, NodeEffect, NodeInput } from "../node/effect.ts";
import type { PeerId } from "../peer/peer.ts";
import { PeerSockets } from "./peer_sockets.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";

const ONION: NetworkAddress = { network: "onion", bytes: new Uint8Array(32), port: 1 };

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
  const { driver, connect } = await drive(core);
  const socket = await connect();
  socket.write("two");
  assert.equal(await readAll(socket), "one two");
  assert.deepEqual(await core.saw("closed"), { type: "closed", peer: 0, reason: "enough" });
  await driver.close();
});

test("what is received is a plain Uint8Array, whose slice copies", async () => {
  const core = new ScriptedCore();
  const { driver, connect } = await drive(core);
  (await connect()).end("x");
  assert.equal((await core.saw("received")).bytes.constructor, Uint8Array);
  await driver.close();
});

test("peers are numbered from zero in the order of their sockets, with both ends named", async () => {
  const core = new ScriptedCore();
  const { driver, port, connect } = await drive(core);
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
  const { driver, connect } = await drive(core);
  (await connect()).end();
  assert.equal((await core.saw("closed")).reason, "socket closed");
  (await connect()).resetAndDestroy();
  assert.match((await core.saw("closed", 2)).reason, /ECONNRESET/);
  await driver.close();
  assert.equal(core.inputs.filter(({ type }) => type === "closed").length, 2);
});

test("a dial that succeeds is a connection with its number; a refused one is named", async () => {
  const far = new ScriptedCore(echo);
  const there = await drive(far);
  const closedPort = await freePort();
  const core = new ScriptedCore((input) => {
    if (input.type === "command") {
      return [
        { type: "dial", dial: 7 as DialId, address: local(there.port), route: DIRECT },
        { type: "dial", dial: 8 as DialId, address: local(closedPort), route: DIRECT },
        { type: "dial", dial: 9 as DialId, address: ONION, route: DIRECT },
        { type: "dial", dial: 10 as DialId, address: { ...local(0), port: 70_000 }, route: DIRECT },
      ];
    }
    return input.type === "connected" ? [{ type: "send", peer: input.peer, bytes: fromLatin1("hello") }] : [];
  });
  const here = await drive(core);
  await here.driver.command({ type: "ping" });
  const connected = await core.saw("connected");
  assert.deepEqual([connected.dial, connected.remote], [7, local(there.port)]);
  assert.deepEqual(toLatin1((await core.saw("received")).bytes), "hello");
  await core.saw("dial-failed", 3);
  const failures = core.inputs.flatMap((input) =>
    (input.type === "dial-failed" ? [[input.dial, input.reason]] : []));
  assert.deepEqual(new Map(failures as [number, string][]), new Map([
    [8, "ECONNREFUSED"], [9, "no proxy for onion"], [10, "ERR_SOCKET_BAD_PORT"],
  ]));
  await here.driver.close();
  await there.driver.close();
});

test("a peer that does not read chokes its socket, and drains it when it reads again", async () => {
  const megabyte = new Uint8Array(1_000_000);
  const core = new ScriptedCore((input) =>
    input.type === "connected"
      ? Array.from({ length: 32 }, () => ({ type: "send", peer: input.peer, bytes: megabyte }))
      : []);
  const { driver, connect } = await drive(core);
  const socket = await connect();
  socket.pause();
  await core.saw("choked");
  assert.equal(core.inputs.some(({ type }) => type === "drained"), false);
  socket.resume();
  await core.saw("drained");
  assert.equal(core.inputs.filter(({ type }) => type === "choked").length, 1);
  await driver.close();
});

test("that a socket is choked is told before what came while the step was carried out", async () => {
  const bytes = new Uint8Array(32_000_000);
  const core = new ScriptedCore((input) =>
    input.type === "connected"
      ? [
        { type: "dial", dial: 1 as DialId, address: ONION, route: DIRECT },
        { type: "send", peer: input.peer, bytes },
      ]
      : []);
  const { driver, connect } = await drive(core);
  (await connect()).pause();
  await core.saw("dial-failed");
  const types = core.inputs.map(({ type }) => type);
  assert.equal(types[types.indexOf("connected") + 1], "choked");
  await driver.close();
});

/** A socket of whose bytes nobody takes any. */
class DeafSocket extends Duplex {
  override _write(): void {}

  override _read(): void {}

  /** It waits for what is written to be sent, which never happens. */
  destroySoon(): void {}
}

test("of more than 32 sockets that are being closed and are not read, the first is closed at once", () => {
  const deaf = Array.from({ length: 33 }, () => new DeafSocket());
  const sockets = new PeerSockets({ dial: () => () => {} }, { feed: () => {} });
  deaf.forEach((socket, index) => {
    const peer = index as PeerId;
    sockets.accept({ socket: socket as unknown as net.Socket, remote: local(1), local: local(2) });
    sockets.send(peer, new Uint8Array(100));
    sockets.flush();
    sockets.close(peer, "enough");
    assert.equal(deaf[0]?.destroyed, index === 32);
  });
  assert.equal(deaf.filter(({ destroyed }) => destroyed).length, 1);
  sockets.abandon("failed");
});

test("a paused peer is not read until it is resumed", async () => {
  const core = new ScriptedCore((input) =>
    input.type === "connected" ? [{ type: "pause", peer: input.peer }] :
    input.type === "command" ? [{ type: "resume", peer: 0 as PeerId }] : []);
  const { driver, connect } = await drive(core);
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
