import * as net from "node:net";
import { closeServer, type ListenAddress, listenOn } from "./listener.ts";
import { SOCKET_BUFFER_BYTES } from "./peer_socket.ts";

/** Connections held until the node takes them; more are turned away. */
const EARLY_SOCKETS_MAX = 512;

interface Bound {
  readonly server: net.Server;
  readonly address: ListenAddress;
}

/**
 * The addresses on which a node is reached, bound before the node is made: a busy port is found out
 * early, and the node can be told the port that it got.
 */
export class PeerListener {
  /** With the ports that were had, in the order asked for. */
  readonly addresses: readonly ListenAddress[];
  readonly #servers: readonly net.Server[];
  /** Those who came before the node was there. */
  readonly #early: net.Socket[] = [];
  #take: ((socket: net.Socket) => void) | undefined;

  private constructor(bound: readonly Bound[]) {
    this.#servers = bound.map(({ server }) => server);
    this.addresses = bound.map(({ address }) => address);
    const connected = (socket: net.Socket): void => this.#connected(socket);
    for (const server of this.#servers) server.on("connection", connected);
  }

  /** @throws {ListenError} when an address cannot be had; then nothing listens */
  static async bind(addresses: readonly ListenAddress[]): Promise<PeerListener> {
    const bound: Bound[] = [];
    try {
      for (const wanted of addresses) {
        const server = net.createServer({ noDelay: true, highWaterMark: SOCKET_BUFFER_BYTES });
        const address = await listenOn(server, wanted);
        if (address !== undefined) bound.push({ server, address });
      }
    } catch (error) {
      await Promise.all(bound.map(({ server }) => closeServer(server)));
      throw error;
    }
    return new PeerListener(bound);
  }

  /** Hands over every connection, those that wait first. `failed`: one could not be accepted. */
  accept(take: (socket: net.Socket) => void, failed: (error: Error) => void): void {
    this.#take = take;
    for (const server of this.#servers) server.on("error", failed);
    for (const socket of this.#early.splice(0)) {
      socket.removeAllListeners("error");
      take(socket);
    }
  }

  /** Resolves when the last connection is gone too; at once nobody new comes in. */
  async close(): Promise<void> {
    for (const socket of this.#early.splice(0)) socket.destroy();
    this.#take = (socket) => socket.destroy();
    await Promise.all(this.#servers.map(closeServer));
  }

  #connected(socket: net.Socket): void {
    if (this.#take !== undefined) return this.#take(socket);
    socket.on("error", () => {});
    if (this.#early.length < EARLY_SOCKETS_MAX) this.#early.push(socket);
    else socket.destroy();
  }
}
