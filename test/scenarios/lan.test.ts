/** Two nodes that nobody tells of each other, on one network. @module */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { after, test } from "node:test";
import { silentLogger } from "../../src/base/logger.ts";
import { openNode, type RunningNode } from "../../src/io/node_host.ts";
import { defaultNodeOptions } from "../../src/node/node_options.ts";
import { REGTEST } from "../../src/params/regtest.ts";

const LOOPBACK = "127.0.0.1";
const nodes: RunningNode[] = [];
after(() => Promise.all(nodes.map((node) => node.close())));

async function start(udpPort: number): Promise<RunningNode> {
  const node = await openNode({
    options: { ...defaultNodeOptions(REGTEST), coinsCacheBytes: 4 * 1024 * 1024 },
    dataDir: undefined,
    listen: [{ host: LOOPBACK, port: 0 }],
    lan: { interface: LOOPBACK, udpPort },
    logger: silentLogger,
  });
  nodes.push(node);
  return node;
}

/** One that no responder of this machine has. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, LOOPBACK, resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

function connected(node: RunningNode): Promise<void> {
  return new Promise((resolve) => {
    node.listen((event) => {
      if (event.type === "peer:ready") resolve();
    });
  });
}

test("nodes that look for each other on the local network become peers", { timeout: 20_000 }, async () => {
  const udpPort = await freeUdpPort();
  const first = await start(udpPort);
  const isConnected = connected(first);
  const second = await start(udpPort);
  await isConnected;
  const added = await second.command({ type: "add-node", address: addressOf(first), mode: "add" });
  assert.deepEqual(added, { ok: false, fault: { code: "node-already-added" } });
});

function addressOf(node: RunningNode): { network: "ipv4"; bytes: Uint8Array; port: number } {
  return { network: "ipv4", bytes: Uint8Array.of(127, 0, 0, 1), port: node.addresses[0]?.port ?? 0 };
}
