/**
 * A process that dials a node at a steady rate, agrees on keys with it (BIP324), and hangs up.
 *
 * @module
 */
import * as net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { SecureRng } from "../../src/io/secure_rng.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { V2Transport } from "../../src/transport/v2_transport.ts";

export interface ExchangeRequest {
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
}

export interface ExchangeReport {
  readonly completed: number;
  readonly seconds: number;
}

/** Whether they came to an agreement. */
function exchange(port: number): Promise<boolean> {
  const transport = new V2Transport("initiator", { magic: REGTEST.magic, rng: new SecureRng() });
  const socket = net.connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    const step = (): void => {
      while (transport.hasWork) transport.work();
      const output = transport.takeOutput();
      if (output.length > 0) socket.write(output);
      if (transport.type !== "v2") return;
      resolve(true);
      socket.end();
    };
    socket.on("connect", step);
    socket.on("data", (chunk: Buffer) => {
      transport.receive(new Uint8Array(chunk));
      step();
    });
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(false));
  });
}

async function run({ port, perSecond, seconds }: ExchangeRequest): Promise<ExchangeReport> {
  const start = performance.now();
  const outcomes: Promise<boolean>[] = [];
  for (let i = 0; i < perSecond * seconds; i++) {
    const wait = start + (1000 * i) / perSecond - performance.now();
    if (wait > 1) await delay(wait);
    outcomes.push(exchange(port));
  }
  const completed = (await Promise.all(outcomes)).filter((isAgreed) => isAgreed).length;
  return { completed, seconds: (performance.now() - start) / 1000 };
}

installNodeCrypto();
process.once("message", (request: ExchangeRequest) => {
  void run(request).then((report) => {
    process.send?.(report);
    process.disconnect();
  });
});
process.send?.("ready");
