import * as net from "node:net";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { errorCode } from "./errno.ts";
import { SOCKET_BUFFER_BYTES } from "./peer_socket.ts";
import { socketHost } from "./socket_address.ts";

/** Bitcoin Core's nConnectTimeout, in milliseconds. */
const CONNECT_TIMEOUT = 5_000;

export interface DialResult {
  opened(socket: net.Socket): void;
  /** Called instead, in a later turn as well. */
  failed(reason: string): void;
}

/** One attempt to open a connection. Returns how to give it up, after which nothing is called. */
export function dial(address: NetworkAddress, result: DialResult, timeout = CONNECT_TIMEOUT): () => void {
  const host = socketHost(address);
  if (host === undefined) return failSoon(result, `no proxy for ${address.network}`);
  let socket: net.Socket;
  try {
    socket = net.connect({ host, port: address.port, ...SOCKET_OPTIONS });
  } catch (error) {
    // Port zero and the like: an address that gossip may well carry.
    return failSoon(result, errorCode(error) ?? String(error));
  }
  let reason: string | undefined;
  const timer = setTimeout(() => {
    reason = `connection timed out after ${timeout} ms`;
    socket.destroy();
  }, timeout);
  const failed = (error: Error): void => {
    reason ??= errorCode(error) ?? error.message;
  };
  const closed = (): void => {
    clearTimeout(timer);
    result.failed(reason ?? "connection closed");
  };
  socket.once("error", failed).once("close", closed);
  socket.once("connect", () => {
    clearTimeout(timer);
    socket.removeListener("error", failed).removeListener("close", closed);
    result.opened(socket);
  });
  return () => {
    clearTimeout(timer);
    socket.removeListener("close", closed);
    socket.destroy();
  };
}

/** Messages are small and each is awaited: none waits for the next to fill a packet. */
const SOCKET_OPTIONS = {
  noDelay: true,
  highWaterMark: SOCKET_BUFFER_BYTES,
  autoSelectFamily: false,
} as const;

function failSoon(result: DialResult, reason: string): () => void {
  const timer = setImmediate(() => result.failed(reason));
  return () => clearImmediate(timer);
}
