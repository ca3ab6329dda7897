import assert from "node:assert/strict";
import * as net from "node:net";
import { test } from "node:test";
import { closeServer, listenOn } from "../io/listener.ts";
import { describeMove, freePorts, LOOPBACK, portMoves, wantedPorts } from "./ports.ts";

test("the first node has Bitcoin Core's ports, and the next ones every tenth after", () => {
  assert.deepEqual([0, 1, 5].map(wantedPorts), [
    { p2p: 18444, rpc: 18443 }, { p2p: 18454, rpc: 18453 }, { p2p: 18494, rpc: 18493 },
  ]);
});

test("a port that is taken gives way to any free one, and it is said who has it", async () => {
  const server = net.createServer();
  const bound = await listenOn(server, { host: LOOPBACK, port: 0 });
  assert.ok(bound);
  const free = await freePorts({ p2p: bound.port, rpc: 0 });
  assert.deepEqual(free, { p2p: 0, rpc: 0 });
  const moves = portMoves(
    [{ node: "alice", wanted: { p2p: bound.port, rpc: 5 }, used: { p2p: 49213, rpc: 5 } }],
  );
  assert.equal(moves.length, 1);
  const text = describeMove(moves[0]!);
  if (process.platform === "linux") {
    assert.match(
      text, new RegExp(`^${bound.port} is in use \\(pid ${process.pid} .+\\), alice uses 49213 for P2P$`),
    );
  } else {
    assert.equal(text, `${bound.port} is in use, alice uses 49213 for P2P`);
  }
  await closeServer(server);
  assert.deepEqual(await freePorts({ p2p: bound.port, rpc: 0 }), { p2p: bound.port, rpc: 0 });
});
