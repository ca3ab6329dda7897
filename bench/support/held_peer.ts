import * as net from "node:net";
import type { Bytes } from "../../src/base/bytes.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import { V1Transport } from "../../src/transport/v1_transport.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/wire/message.ts";

const HERE: NetworkAddress = { network: "ipv4", bytes: Uint8Array.of(127, 0, 0, 1), port: 0 };

/** One end of a connection to a node on regtest, which shakes hands and answers pings. */
export class HeldPeer {
  readonly #socket: net.Socket;
  readonly #transport = new V1Transport(REGTEST.magic);
  /** Hears everything else, once the handshake is complete. */
  onMessage: (type: string, payload: Bytes) => void = () => {};

  private constructor(socket: net.Socket) {
    this.#socket = socket;
  }

  /** Resolves once the handshake is complete. */
  static open(port: number): Promise<HeldPeer> {
    const socket = net.connect(port, "127.0.0.1");
    const peer = new HeldPeer(socket);
    return new Promise((resolve, reject) => {
      socket.on("connect", () => peer.#introduce());
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("A held connection was closed")));
      socket.on("data", (chunk: Buffer) => peer.#read(chunk, () => resolve(peer)));
    });
  }

  send(message: Message): void {
    this.#socket.write(this.#transport.send({ type: message.type, payload: encodeMessage(message) }));
  }

  #introduce(): void {
    const endpoint = { services: 0n, address: HERE };
    this.send({
      type: "version",
      value: {
        version: 70_016, services: 0n, time: BigInt(Math.floor(Date.now() / 1000)), receiver: endpoint,
        sender: endpoint, nonce: BigInt(Math.floor(Math.random() * 2 ** 53)), userAgent: "/hold/",
        startHeight: 0, relay: true,
      },
    });
  }

  #read(chunk: Bytes, ready: () => void): void {
    for (const { type, payload } of this.#transport.receive(chunk)) {
      if (type === "version") {
        this.send({ type: "wtxidrelay", value: null });
        this.send({ type: "verack", value: null });
      } else if (type === "verack") {
        ready();
      } else if (type === "ping") {
        const ping = decodeMessage("ping", payload);
        if (ping.type === "ping") this.send({ type: "pong", value: ping.value });
      } else {
        this.onMessage(type, payload);
      }
    }
  }
}

/** Opened one after the other, so many at a time. */
const BURST = 20;
const BURST_INTERVAL = 100;

export async function openPeers(port: number, count: number): Promise<readonly HeldPeer[]> {
  const peers: HeldPeer[] = [];
  while (peers.length < count) {
    const burst = Math.min(BURST, count - peers.length);
    peers.push(...await Promise.all(Array.from({ length: burst }, () => HeldPeer.open(port))));
    await new Promise((resolve) => setTimeout(resolve, BURST_INTERVAL));
  }
  return peers;
}
