import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Bytes } from "../../base/bytes.ts";
import { formatHost, parseIp } from "../../primitives/host_text.ts";
import type { NetworkHost } from "../../primitives/network_address.ts";
import type { Gateway } from "./gateways.ts";

/** Datagrams are lost: each is sent so often, and each time an answer is waited for. */
const TRIES = 3;
const TRY_TIMEOUT_MS = 1_000;

/** A socket that only the gateway can send to. */
export class GatewaySocket {
  /** Our address towards the gateway. */
  readonly client: NetworkHost;
  readonly #socket: Socket;

  private constructor(socket: Socket, client: NetworkHost) {
    this.#socket = socket;
    this.client = client;
    // That nobody listens there may be told of a datagram whose answer is waited for no more.
    socket.on("error", () => {});
  }

  /**
   * `from`: the address to send from, when it is not to be the machine's choice.
   *
   * @throws {Error} the system's, when there is no way to the gateway
   */
  static async open(gateway: Gateway, port: number, from?: NetworkHost): Promise<GatewaySocket> {
    const isIpv6 = gateway.host.network === "ipv6";
    const socket = createSocket(isIpv6 ? "udp6" : "udp4");
    try {
      if (from !== undefined) {
        socket.bind(0, formatHost(from));
        await once(socket, "listening");
      }
      const text = formatHost(gateway.host);
      socket.connect(port, isIpv6 && text.startsWith("fe80:") ? `${text}%${gateway.interface}` : text);
      await once(socket, "connect");
      const client = parseIp(socket.address().address.replace(/%.*$/, ""));
      if (client === undefined) throw new Error(`${socket.address().address} is no address`);
      return new GatewaySocket(socket, client);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** The first answer that `read` makes something of; `undefined` when none has come. */
  async ask<T>(request: Bytes, read: (answer: Bytes) => T | undefined): Promise<T | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await this.#askOnce(request, read);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  close(): void {
    this.#socket.close();
  }

  #askOnce<T>(request: Bytes, read: (answer: Bytes) => T | undefined): Promise<T | undefined> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const end = (answer: T | undefined): void => {
        clearTimeout(timer);
        socket.off("message", hear);
        socket.off("error", fail);
        resolve(answer);
      };
      const hear = (bytes: Bytes): void => {
        const answer = read(bytes);
        if (answer !== undefined) end(answer);
      };
      // Nobody is there: as good as no answer, but sooner.
      const fail = (): void => end(undefined);
      const timer = setTimeout(() => end(undefined), TRY_TIMEOUT_MS);
      socket.on("message", hear);
      socket.on("error", fail);
      socket.send(request, (error) => {
        if (error !== null) fail();
      });
    });
  }
}
