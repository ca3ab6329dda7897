/**
 * A worker that dials a port, and sends messages of one length as fast as they are taken.
 *
 * @module
 */
import { once } from "node:events";
import * as net from "node:net";
import { workerData } from "node:worker_threads";
import { randomBytes, seededRng } from "../../src/base/rng.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { SecureRng } from "../../src/io/secure_rng.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { makeTransport } from "../../src/transport/make_transport.ts";

export interface SenderRequest {
  readonly port: number;
  readonly speech: "v1" | "v2";
  readonly count: number;
  readonly messageBytes: number;
}

async function run({ port, speech, count, messageBytes }: SenderRequest): Promise<void> {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  const transport = makeTransport(speech, { magic: REGTEST.magic, rng: new SecureRng() });
  const step = (): void => {
    while (transport.hasWork) transport.work();
    socket.write(transport.takeOutput());
  };
  step();
  socket.on("data", (chunk: Buffer) => {
    transport.receive(new Uint8Array(chunk));
    step();
  });
  // A message of our own network is what plain ends begin with.
  if (speech === "v1") socket.write(transport.send({ type: "version", payload: new Uint8Array(0) }));
  while (!transport.canSend) await once(socket, "data");
  const payload = randomBytes(seededRng(1), messageBytes);
  for (let sent = 0; sent < count; sent++) {
    if (!socket.write(transport.send({ type: "block", payload }))) await once(socket, "drain");
  }
}

installNodeCrypto();
await run(workerData as SenderRequest);
