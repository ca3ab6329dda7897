/**
 * A worker that opens connections to a node on regtest, shakes hands, answers pings, and reads and
 * forgets everything else.
 *
 * @module
 */
import * as net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import { V1Transport } from "../../src/transport/v1_transport.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/wire/message.ts";

export interface HoldRequest {
  readonly port: number;
  readonly count: number;
}

/** Opened one after the other, so many at a time. */
const BURST = 20;
const BURST_INTERVAL = 100;

const HERE: NetworkAddress = { network: "ipv4", bytes: Uint8Array.of(127, 0, 0, 1), port: 0 };

/** Resolves once the handshake is complete. */
function hold(port: number): Promise<void> {
  const socket = net.connect(port, "127.0.0.1");
  const transport = new V1Transport(REGTEST.magic);
  const send = (message: Message): void => {
    socket.write(transport.send({ type: message.type, payload: encodeMessage(message) }));
  };
  const endpoint = { services: 0n, address: HERE };
  return new Promise((resolve, reject) => {
    socket.on("connect", () => send({
      type: "version",
      value: {
        version: 70_016, services: 0n, time: BigInt(Math.floor(Date.now() / 1000)), receiver: endpoint,
        sender: endpoint, nonce: BigInt(Math.floor(Math.random() * 2 ** 53)), userAgent: "/hold/", startHeight: 0,
        relay: true,
      },
    }));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("A held connection was closed")));
    socket.on("data", (chunk: Buffer) => {
      for (const { type, payload } of transport.receive(chunk)) {
        if (type === "version") {
          send({ type: "wtxidrelay", value: null });
          send({ type: "verack", value: null });
        } else if (type === "verack") {
          resolve();
        } else if (type === "ping") {
          const ping = decodeMessage("ping", payload);
          if (ping.type === "ping") send({ type: "pong", value: ping.value });
        }
      }
    });
  });
}

async function run({ port, count }: HoldRequest): Promise<void> {
  for (let held = 0; held < count; held += BURST) {
    await Promise.all(Array.from({ length: Math.min(BURST, count - held) }, () => hold(port)));
    await delay(BURST_INTERVAL);
  }
  parentPort?.postMessage("held");
}

installNodeCrypto();
await run(workerData as HoldRequest);
