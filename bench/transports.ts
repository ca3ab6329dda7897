/**
 * The encrypted transport beside the plain one: bytes through both over loopback and in memory, and
 * what 100 strangers a second cost who each want a key exchange.
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import * as net from "node:net";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { silentLogger } from "../src/base/logger.ts";
import { randomBytes, seededRng } from "../src/base/rng.ts";
import { curve } from "../src/crypto/crypto.ts";
import { installNodeCrypto } from "../src/io/node_crypto.ts";
import { openNode } from "../src/io/node_host.ts";
import { SecureRng } from "../src/io/secure_rng.ts";
import { VerifyPool } from "../src/io/verify_pool.ts";
import { defaultNodeOptions } from "../src/node/node_options.ts";
import { REGTEST } from "../src/params/regtest.ts";
import { makeTransport } from "../src/transport/make_transport.ts";
import type { Transport } from "../src/transport/transport.ts";
import type { ExchangeReport, ExchangeRequest } from "./support/exchanger.ts";
import { LoopWatch } from "./support/loop_watch.ts";
import { type Measurement, ratePerSecond, round } from "./support/measurement.ts";
import type { SenderRequest } from "./support/transport_sender.ts";

const MESSAGE_BYTES = 1_000_000;
const MESSAGES = 300;
const SHORT_BYTES = 61;
/** Long enough to be warm and to average over collections of garbage. */
const MEASURE_MS = 300;

const EXCHANGES_PER_SECOND = 100;
const EXCHANGE_SECONDS = 6;

export async function run(): Promise<readonly Measurement[]> {
  installNodeCrypto();
  const rows: Measurement[] = [];
  const speed = { v1: await throughLoopback("v1"), v2: await throughLoopback("v2") };
  for (const speech of ["v1", "v2"] as const) {
    const value = round(speed[speech], 0);
    rows.push({ name: `${speech}: 1 MB messages over loopback`, value, unit: "MB/s" });
  }
  rows.push({ name: "v2 as a share of v1", value: round((100 * speed.v2) / speed.v1, 0), unit: "%" });
  for (const speech of ["v1", "v2"] as const) rows.push(...inMemory(speech));
  return [...rows, ...arithmetic(), ...await underExchanges()];
}

/** A worker sends, this thread receives, as a node would. */
async function throughLoopback(speech: "v1" | "v2"): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const workerData: SenderRequest = { port, speech, count: MESSAGES, messageBytes: MESSAGE_BYTES };
  const worker = new Worker(new URL("./support/transport_sender.js", import.meta.url), { workerData });
  const [socket] = (await once(server, "connection")) as [net.Socket];
  const transport = makeTransport(speech === "v1" ? "v1" : "theirs", ports());
  const seconds = await new Promise<number>((resolve, reject) => {
    let received = 0;
    let start = 0;
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      received += transport.receive(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)).length;
      while (transport.hasWork) received += transport.work().length;
      const output = transport.takeOutput();
      if (output.length > 0) socket.write(output);
      // The first is to warm up with.
      if (start === 0 && received > 0) start = performance.now();
      if (received === MESSAGES) resolve((performance.now() - start) / 1000);
    });
  });
  socket.destroy();
  server.close();
  await worker.terminate();
  return ((MESSAGES - 1) * MESSAGE_BYTES) / 1e6 / seconds;
}

function inMemory(speech: "v1" | "v2"): readonly Measurement[] {
  const { from, to } = agreed(speech);
  const rows: Measurement[] = [];
  for (const [label, length] of [["1 MB", MESSAGE_BYTES], ["61-byte", SHORT_BYTES]] as const) {
    const payload = randomBytes(seededRng(1), length);
    // Both at once: no packet can be opened twice.
    const each = ratePerSecond(MEASURE_MS, () => to.receive(from.send({ type: "tx", payload })));
    rows.push({ name: `${speech} sent and received, ${label} payloads`, value: each, unit: "messages/s" });
  }
  return rows;
}

function agreed(speech: "v1" | "v2"): { readonly from: Transport; readonly to: Transport } {
  const from = makeTransport(speech, ports());
  const to = makeTransport(speech === "v1" ? "v1" : "theirs", ports());
  for (let round = 0; round < 3; round++) {
    for (const [one, other] of [[from, to], [to, from]] as const) {
      while (one.hasWork) one.work();
      other.receive(one.takeOutput());
    }
  }
  return { from, to };
}

function arithmetic(): readonly Measurement[] {
  const rng = new SecureRng();
  const secretKey = randomBytes(rng, 32);
  const ours = curve().createEllswift(secretKey, randomBytes(rng, 32));
  const keys = ratePerSecond(MEASURE_MS, () => curve().createEllswift(secretKey, randomBytes(rng, 32)));
  const secrets = ratePerSecond(MEASURE_MS, () => {
    curve().ellswiftSecret({ secretKey, ours, theirs: randomBytes(rng, 64), isInitiator: false });
  });
  return [
    { name: "key made", value: round(1000 / keys, 2), unit: "ms" },
    { name: "secret found", value: round(1000 / secrets, 2), unit: "ms" },
  ];
}

/** A node in this process; another dials it. */
async function underExchanges(): Promise<readonly Measurement[]> {
  const node = await openNode({
    options: { ...defaultNodeOptions(REGTEST), connectOnly: [], maxConnections: 1_000, localPeers: true },
    dataDir: undefined,
    listen: [{ host: "127.0.0.1", port: 0 }],
    logger: silentLogger,
    pool: new VerifyPool({ threads: 0, report: (error) => void console.error(error) }),
  });
  const request: ExchangeRequest = {
    port: node.addresses[0]?.port ?? 0, perSecond: EXCHANGES_PER_SECOND, seconds: EXCHANGE_SECONDS,
  };
  const dialler = fork(fileURLToPath(new URL("./support/exchanger.js", import.meta.url)));
  await once(dialler, "message");
  dialler.send(request);
  const watch = new LoopWatch();
  const before = process.cpuUsage();
  const [{ completed, seconds }] = (await once(dialler, "message")) as [ExchangeReport];
  const { user, system } = process.cpuUsage(before);
  const { p99, longest } = watch.stop();
  await node.close();
  return [
    { name: "inbound v2 handshakes", value: round(completed / seconds, 0), unit: "/s" },
    { name: "each: processor time", value: round((user + system) / 1000 / completed, 2), unit: "ms" },
    { name: "meanwhile: p99 of the loop's delay", value: round(p99, 1), unit: "ms" },
    { name: "meanwhile: longest delay of the loop", value: round(longest, 1), unit: "ms" },
  ];
}

function ports() {
  return { magic: REGTEST.magic, rng: new SecureRng() };
}
