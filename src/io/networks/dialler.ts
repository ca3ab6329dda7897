/**
 * Opens connections, by whichever way the node chose.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type * as net from "node:net";
import { unreachable } from "../../base/assert.ts";
import type { Logger } from "../../base/logger.ts";
import { shuffle } from "../../base/rng.ts";
import { formatPlace, type Socks5Proxy, type Route } from "../../connections/route.ts";
import { formatAddress, formatHost, isHostName, isPublicName } from "../../primitives/host_text.ts";
import { isNamed, type NetworkAddress } from "../../primitives/network_address.ts";
import { errorText } from "../errno.ts";
import { lookUp } from "../look_up.ts";
import { SecureRng } from "../secure_rng.ts";
import { networkAddress, socketHost } from "../socket_address.ts";
import type { I2pRouter } from "./i2p_router.ts";
import { ConnectError, CONNECT_TIMEOUT_MS, openPlace } from "./open_place.ts";
import { SamError } from "./sam_session.ts";
import { connectBySocks5, ProxyError } from "./socks5.ts";
import { SocketTalk } from "./socket_talk.ts";

export interface DiallerPorts {
  readonly logger: Logger;
  /** Of networks, in milliseconds (`-timeout`); proxies and routers take their own time. */
  readonly timeout?: number;
  /** Whether names of peers may be looked up here (`-dns`); proxies look up theirs. */
  readonly looksUpNames?: boolean;
  readonly i2p?: I2pRouter;
  /** Left out: the system's. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** An open connection, and who is at its ends as far as the way there shows. */
export interface OpenedSocket {
  readonly socket: net.Socket;
  /** `undefined`: what the socket says. */
  readonly remote: NetworkAddress | undefined;
  readonly local: NetworkAddress | undefined;
}

export interface DialResult {
  /** Called in a later turn. */
  opened(opened: OpenedSocket): void;
  /** Called instead. `isProxyFault`: it did not come as far as the address. */
  failed(reason: string, isProxyFault: boolean): void;
}

const CREDENTIAL_BYTES = 8;

export class Dialler {
  readonly #ports: DiallerPorts;
  readonly #rng = new SecureRng();

  constructor(ports: DiallerPorts) {
    this.#ports = ports;
  }

  /** One attempt. Returns how to give it up, after which nothing is called. */
  dial(address: NetworkAddress, route: Route, result: DialResult): () => void {
    const abort = new AbortController();
    this.#open(address, route, abort.signal).then((opened) => {
      if (abort.signal.aborted) opened.socket.destroy();
      else result.opened(opened);
    }, (error: unknown) => {
      if (!abort.signal.aborted) result.failed(errorText(error), isFaultOfProxy(error, route));
    });
    return () => abort.abort();
  }

  #open(address: NetworkAddress, route: Route, signal: AbortSignal): Promise<OpenedSocket> {
    switch (route.type) {
      case "direct":
        return isNamed(address) ? this.#openNamed(address, signal) : this.#openDirect(address, signal);
      case "socks5":
        return this.#openByProxy(address, route.proxy, signal);
      case "i2p":
        return this.#openByI2p(address, route.isTransient, signal);
      default:
        return unreachable(route);
    }
  }

  async #openDirect(address: NetworkAddress, signal: AbortSignal): Promise<OpenedSocket> {
    const host = socketHost(address);
    if (host === undefined) throw new ConnectError(`no proxy for ${address.network}`);
    const place = { type: "tcp", host, port: address.port } as const;
    const socket = await openPlace(place, signal, this.#ports.timeout ?? CONNECT_TIMEOUT_MS);
    return { socket, remote: undefined, local: undefined };
  }

  /** Each address of a name in turn, in random order: one of them may be down. */
  async #openNamed({ name = "", port }: NetworkAddress, signal: AbortSignal): Promise<OpenedSocket> {
    if (this.#ports.looksUpNames === false) throw new ConnectError("names are not looked up (-dns=0)");
    // RFC 7686 has it so for Tor's.
    if (!isHostName(name) || !isPublicName(name)) throw new ConnectError(`${name} is no address, and is not looked up`);
    const hosts = shuffle(this.#rng, [...await this.#resolve(name)]);
    let failure: unknown = new ConnectError("the name leads nowhere");
    for (const host of hosts) {
      const address = networkAddress(host, port);
      if (address === undefined || signal.aborted) continue;
      try {
        const { socket } = await this.#openDirect(address, signal);
        return { socket, remote: { ...address, name }, local: undefined };
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #resolve(host: string): Promise<readonly string[]> {
    try {
      if (this.#ports.resolve !== undefined) return await this.#ports.resolve(host);
      return await lookUp(host);
    } catch (error) {
      throw new ConnectError(`cannot resolve ${host}: ${errorText(error)}`);
    }
  }

  async #openByProxy(
    address: NetworkAddress, proxy: Socks5Proxy, signal: AbortSignal,
  ): Promise<OpenedSocket> {
    const { logger } = this.#ports;
    const host = formatHost(address);
    logger.debug("proxy", () =>
      `Using proxy: ${formatPlace(proxy.place)} to connect to ${formatAddress(address)}`);
    const socket = await openPlace(proxy.place, signal);
    const talk = new SocketTalk(socket);
    const release = talk.endOn(signal);
    try {
      logger.debug("net", () => `SOCKS5 connecting ${host}`);
      const credentials = proxy.isolated ? newCredentials() : undefined;
      await connectBySocks5(talk, { host, port: address.port }, credentials);
      logger.debug("net", () => `SOCKS5 connected ${host}`);
      return { socket: talk.release(), remote: address, local: undefined };
    } catch (error) {
      socket.destroy();
      logger.debug("net", () => `Socks5() connect to ${host}:${address.port} failed: ${errorText(error)}`);
      throw error;
    } finally {
      release();
    }
  }

  #openByI2p(address: NetworkAddress, isTransient: boolean, signal: AbortSignal): Promise<OpenedSocket> {
    const { i2p } = this.#ports;
    if (i2p === undefined) return Promise.reject(new ConnectError("no router of I2P"));
    return i2p.connect(address, isTransient, signal);
  }
}

function isFaultOfProxy(error: unknown, route: Route): boolean {
  if (error instanceof ProxyError) return error.isProxyFault;
  if (error instanceof SamError) return error.isRouterFault;
  // There was no way to the proxy, or no word from it.
  return route.type !== "direct";
}

/** Tor sends what comes with other credentials over another circuit; they need not be secret. */
function newCredentials(): { readonly username: string; readonly password: string } {
  const text = randomBytes(CREDENTIAL_BYTES).toString("hex");
  return { username: text, password: text };
}
