import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { dial } from "./dial.ts";

function local(port: number): NetworkAddress {
  return { network: "ipv4", bytes: Uint8Array.of(127, 0, 0, 1), port };
}

async function listening(): Promise<{ readonly server: net.Server; readonly port: number }> {
  const server = net.createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as net.AddressInfo).port };
}

test("an attempt that takes too long fails, and says so", async () => {
  const { server, port } = await listening();
  const reason = await new Promise<string>((resolve, reject) => {
    dial(local(port), { opened: () => reject(new Error("opened")), failed: resolve }, 0);
    // Keeps the loop from seeing the connection before the timer.
    const until = performance.now() + 3;
    while (performance.now() < until);
  });
  assert.equal(reason, "connection timed out after 0 ms");
  server.close();
});

test("an attempt that was given up calls nobody", async () => {
  const { server, port } = await listening();
  for (const address of [local(port), local(1), { ...local(0), network: "onion" as const }]) {
    const giveUp = dial(address, { opened: () => assert.fail("opened"), failed: (reason) => assert.fail(reason) });
    giveUp();
  }
  await nextTurn();
  await nextTurn();
  server.close();
});

test("an open socket is left without listeners of ours", async () => {
  const { server, port } = await listening();
  const socket = await new Promise<net.Socket>((resolve, reject) => {
    dial(local(port), { opened: resolve, failed: reject });
  });
  assert.deepEqual([socket.listenerCount("error"), socket.listenerCount("close")], [0, 0]);
  assert.equal(socket.remotePort, port);
  socket.destroy();
  server.close();
});
