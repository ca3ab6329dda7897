import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { test } from "node:test";
import { ListenError } from "./listener.ts";
import { PeerListener } from "./peer_listener.ts";

const ANY_PORT = { host: "127.0.0.1", port: 0 };

test("a busy port is an error that names it, and nothing is left listening", async () => {
  const first = await PeerListener.bind([ANY_PORT]);
  const free = await PeerListener.bind([ANY_PORT]);
  const [busyPort, freePort] = [first.addresses[0]?.port ?? 0, free.addresses[0]?.port ?? 0];
  await free.close();
  const both = PeerListener.bind([{ ...ANY_PORT, port: freePort }, { ...ANY_PORT, port: busyPort }]);
  await assert.rejects(both, (error: Error) => {
    assert.ok(error instanceof ListenError);
    assert.deepEqual([error.reason, error.port], ["port-in-use", busyPort]);
    assert.equal(
      error.message,
      `Unable to bind to 127.0.0.1:${busyPort} on this computer. tidings is probably already running.`,
    );
    return true;
  });
  await (await PeerListener.bind([{ ...ANY_PORT, port: freePort }])).close();
  await first.close();
});

test("an address that this machine does not have is refused, or done without where it is optional", async () => {
  // 192.0.2.0/24 is set aside for documentation (RFC 5737).
  const elsewhere = { host: "192.0.2.1", port: 0 };
  await assert.rejects(PeerListener.bind([elsewhere]), (error: Error) =>
    error instanceof ListenError && error.reason === "no-such-address" && error.message.includes("EADDRNOTAVAIL"));
  const listener = await PeerListener.bind([{ ...elsewhere, isOptional: true }, ANY_PORT]);
  assert.deepEqual(listener.addresses.map(({ host }) => host), ["127.0.0.1"]);
  await listener.close();
});

test("who connects before the node is there is handed over with what was sent meanwhile", async () => {
  const listener = await PeerListener.bind([ANY_PORT]);
  const client = net.connect(listener.addresses[0]?.port ?? 0, "127.0.0.1");
  await once(client, "connect");
  client.write("early");
  const socket = await new Promise<net.Socket>((resolve) => {
    listener.accept(resolve, (error) => assert.fail(error));
  });
  const [bytes] = await once(socket, "data");
  assert.equal(String(bytes), "early");
  client.destroy();
  socket.destroy();
  await listener.close();
});

test("nobody is handed over after close", async () => {
  const listener = await PeerListener.bind([ANY_PORT]);
  const port = listener.addresses[0]?.port ?? 0;
  const client = net.connect(port, "127.0.0.1").on("error", () => {});
  await once(client, "connect");
  await Promise.all([listener.close(), once(client, "close")]);
  const late = net.connect(port, "127.0.0.1");
  const [error] = await once(late, "error");
  assert.equal((error as NodeJS.ErrnoException).code, "ECONNREFUSED");
});
