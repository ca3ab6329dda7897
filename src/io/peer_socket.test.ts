import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { test, type TestContext } from "node:test";
import type { PeerId } from "../peer/peer.ts";
import { PeerSocket } from "./peer_socket.ts";

/** One end of a connection, and at the other a socket that reads nothing. */
async function toDeafPeer(t: TestContext) {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const there = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
  there.on("error", () => {});
  there.pause();
  const [socket] = (await once(server, "connection")) as [net.Socket];
  server.close();
  t.after(() => there.destroy());
  const closed: { reason?: string } = {};
  const peer = new PeerSocket(0 as PeerId, socket, {
    received() {},
    drained() {},
    closed: (_, reason) => {
      closed.reason = reason;
    },
  });
  return { peer, socket, there, closed };
}

test("a peer that does not read, and for which more than a megabyte waits, is closed at once", async (t) => {
  const { peer, socket, closed } = await toDeafPeer(t);
  for (let i = 0; i < 12; i++) peer.send(new Uint8Array(1_000_000));
  assert.equal(peer.flush(), true);
  assert.ok(socket.writableLength > 1_000_000);
  peer.close("enough");
  assert.ok(socket.destroyed);
  await once(socket, "close");
  assert.equal(closed.reason, "enough");
});

test("the last words of a connection are heard, though they are read late", async (t) => {
  const { peer, there, socket } = await toDeafPeer(t);
  peer.send(new Uint8Array(500_000));
  peer.close("enough");
  let heard = 0;
  there.on("data", (bytes: Uint8Array) => {
    heard += bytes.length;
  });
  there.resume();
  await once(there, "end");
  assert.equal(heard, 500_000);
  there.end();
  if (!socket.closed) await once(socket, "close");
});
