import { once } from "node:events";
import * as net from "node:net";
import { type Bytes, concatBytes, NO_BYTES, toLatin1 } from "../../src/base/bytes.ts";
import { below, type Rng } from "../../src/base/rng.ts";
import type { ProxyPlace } from "../../src/connections/route.ts";
import { SocketTalk } from "../../src/io/networks/socket_talk.ts";

/** What a proxy was asked for. */
export interface SocksRequest {
  /** 1 for IPv4, 3 for a name, 4 for IPv6. */
  readonly addressType: number;
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

export interface SocksBehaviour {
  /** The method that it chooses; by default credentials, where they are offered. */
  readonly method?: number;
  /** Its answer to the request; zero connects. */
  readonly reply?: number;
  /** In place of all that it would say, in turn; then it closes. */
  readonly says?: readonly Bytes[];
  /** Says nothing from here on. */
  readonly silentAfter?: "greeting" | "request";
  /** Cuts what it says into pieces, each in a packet of its own. */
  readonly cuts?: Rng;
  /** Names the address from which it connects in this form. */
  readonly bound?: "ipv4" | "ipv6" | "name";
  /** Sent right after the answer, in one piece with it: what the target says first. */
  readonly after?: Bytes;
  /** Where a host is to be found; `undefined` refuses. */
  route?(request: SocksRequest): { readonly host: string; readonly port: number } | undefined;
}

const WAIT = 10_000;
const BOUND: Readonly<Record<"ipv4" | "ipv6" | "name", Bytes>> = {
  ipv4: Uint8Array.of(1, 127, 0, 0, 1, 0, 9),
  ipv6: Uint8Array.of(4, ...new Uint8Array(15), 1, 0, 9),
  name: Uint8Array.of(3, 2, 0x68, 0x69, 0, 9),
};

/** A SOCKS5 proxy on this machine (RFC 1928, RFC 1929), as well behaved as a test wants it. */
export class SocksProxy {
  readonly requests: SocksRequest[] = [];
  readonly place: ProxyPlace;
  readonly #server: net.Server;
  readonly #behaviour: SocksBehaviour;
  readonly #sockets = new Set<net.Socket>();

  private constructor(server: net.Server, place: ProxyPlace, behaviour: SocksBehaviour) {
    this.#server = server;
    this.place = place;
    this.#behaviour = behaviour;
    server.on("connection", (socket) => {
      this.#keep(socket);
      // What goes wrong here is seen at the other end.
      this.#serve(socket).catch(() => socket.destroy());
    });
  }

  /** On loopback, or on a socket at `path`. */
  static async start(behaviour: SocksBehaviour = {}, path?: string): Promise<SocksProxy> {
    const server = net.createServer({ noDelay: true });
    server.listen(path === undefined ? { host: "127.0.0.1", port: 0 } : { path });
    await once(server, "listening");
    const place: ProxyPlace = path === undefined
      ? { type: "tcp", host: "127.0.0.1", port: (server.address() as net.AddressInfo).port }
      : { type: "unix", path };
    return new SocksProxy(server, place, behaviour);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
  }

  async #serve(socket: net.Socket): Promise<void> {
    const talk = new SocketTalk(socket);
    const { says, silentAfter, method, reply = 0, bound = "ipv4", after = NO_BYTES } = this.#behaviour;
    const [, methodCount = 0] = await talk.bytes(2, WAIT);
    const methods = await talk.bytes(methodCount, WAIT);
    if (says !== undefined) return this.#recite(talk, says);
    if (silentAfter === "greeting") return;
    const chosen = method ?? (methods.includes(2) ? 2 : 0);
    await this.#say(socket, Uint8Array.of(5, chosen));
    const [username, password] = chosen === 2 ? await this.#credentials(talk) : [];
    const [, , , addressType = 0] = await talk.bytes(4, WAIT);
    const host = toLatin1(await talk.bytes((await talk.bytes(1, WAIT))[0] ?? 0, WAIT));
    const [high = 0, low = 0] = await talk.bytes(2, WAIT);
    const request = { addressType, host, port: (high << 8) | low, username, password };
    this.requests.push(request);
    if (silentAfter === "request") return;
    const target = this.#behaviour.route?.(request);
    const code = this.#behaviour.route !== undefined && target === undefined ? 4 : reply;
    const upstream = code === 0 && target !== undefined ? await this.#connect(target) : undefined;
    await this.#say(socket, concatBytes(Uint8Array.of(5, code, 0), BOUND[bound], after));
    if (upstream !== undefined) talk.release().pipe(upstream).pipe(socket);
  }

  async #credentials(talk: SocketTalk): Promise<readonly [string, string]> {
    const text = async (): Promise<string> => {
      const [length = 0] = await talk.bytes(1, WAIT);
      return toLatin1(await talk.bytes(length, WAIT));
    };
    await talk.bytes(1, WAIT);
    const credentials = [await text(), await text()] as const;
    await this.#say(talk.socket, Uint8Array.of(1, 0));
    return credentials;
  }

  async #recite({ socket }: SocketTalk, says: readonly Bytes[]): Promise<void> {
    for (const bytes of says) await this.#say(socket, bytes);
    socket.end();
  }

  async #connect({ host, port }: { readonly host: string; readonly port: number }): Promise<net.Socket> {
    const upstream = net.connect({ host, port, noDelay: true });
    this.#keep(upstream);
    await once(upstream, "connect");
    return upstream;
  }

  async #say(socket: net.Socket, bytes: Bytes): Promise<void> {
    const { cuts } = this.#behaviour;
    if (cuts === undefined) {
      socket.write(bytes);
      return;
    }
    for (let at = 0; at < bytes.length;) {
      const length = 1 + below(cuts, bytes.length - at);
      socket.write(bytes.subarray(at, at + length));
      at += length;
      await new Promise(setImmediate);
    }
  }
}
