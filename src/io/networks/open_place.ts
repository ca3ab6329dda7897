import * as net from "node:net";
import type { ProxyPlace } from "../../connections/route.ts";
import { errorCode } from "../errno.ts";
import { SOCKET_BUFFER_BYTES } from "../peer_socket.ts";

/** Bitcoin Core's nConnectTimeout. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** Messages are small and each is awaited: none waits for the next to fill a packet. */
export const SOCKET_OPTIONS = {
  noDelay: true,
  highWaterMark: SOCKET_BUFFER_BYTES,
  autoSelectFamily: false,
} as const;

/** No connection to this place. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
}

/**
 * A socket that is connected to `place`, without listeners. It is destroyed when `signal` is aborted
 * before that; afterwards it is the caller's.
 *
 * @throws {ConnectError}
 */
export function openPlace(
  place: ProxyPlace, signal: AbortSignal, timeout = CONNECT_TIMEOUT_MS,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const where = place.type === "unix" ? { path: place.path } : { host: place.host, port: place.port };
    let socket: net.Socket;
    try {
      socket = net.connect({ ...where, ...SOCKET_OPTIONS });
    } catch (error) {
      // Port zero and the like: an address that gossip may well carry.
      return reject(new ConnectError(errorCode(error) ?? String(error)));
    }
    let reason: string | undefined;
    const giveUp = (why: string): void => {
      reason ??= why;
      socket.destroy();
    };
    const timer = setTimeout(() => giveUp(`connection timed out after ${timeout} ms`), timeout);
    const aborted = (): void => giveUp("given up");
    const failed = (error: Error): void => {
      reason ??= errorCode(error) ?? error.message;
    };
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", aborted);
    };
    const closed = (): void => {
      settle();
      reject(new ConnectError(reason ?? "connection closed"));
    };
    // Whatever happens before someone else listens is told by "close".
    socket.on("error", () => {});
    socket.once("error", failed).once("close", closed);
    socket.once("connect", () => {
      settle();
      socket.off("error", failed).off("close", closed);
      resolve(socket);
    });
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted);
  });
}
