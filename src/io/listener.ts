/**
 * Listening sockets, and what is said when there can be none.
 *
 * @module
 */
import type * as net from "node:net";
import { formatHostPort } from "../primitives/host_text.ts";
import { errorCode } from "./errno.ts";

export interface ListenAddress {
  /** An IP address of this machine; `0.0.0.0` and `::` mean all of them. */
  readonly host: string;
  /** Zero lets the system choose a free one. */
  readonly port: number;
  /** Done without where this machine has no such address: for `::1` and `::`. */
  readonly isOptional?: boolean;
}

/** No listening on this address. `reason` is stable. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly reason: "port-in-use" | "not-permitted" | "no-such-address" | "other";
  readonly host: string;
  readonly port: number;

  /** The texts are Bitcoin Core's (net.cpp, `BindListenPort`). */
  constructor({ host, port }: ListenAddress, cause: unknown) {
    const code = errorCode(cause);
    const place = `Unable to bind to ${formatHostPort(host, port)} on this computer`;
    super(
      code === "EADDRINUSE"
        ? `${place}. tidings is probably already running.`
        : `${place} (bind returned error ${code ?? String(cause)})`,
      { cause },
    );
    this.reason = reasonOf(code);
    this.host = host;
    this.port = port;
  }
}

function reasonOf(code: string | undefined): ListenError["reason"] {
  switch (code) {
    case "EADDRINUSE":
      return "port-in-use";
    case "EACCES":
    case "EPERM":
      return "not-permitted";
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
      return "no-such-address";
    default:
      return "other";
  }
}

/** Connections that the system holds for us until we take them: a burst of a few hundred peers. */
const BACKLOG = 512;

/**
 * Binds `server` and waits until it listens; returns the address with the port that it got, or
 * `undefined` for an optional one that is not there.
 *
 * @throws {ListenError}
 */
export async function listenOn(
  server: net.Server,
  address: ListenAddress,
): Promise<ListenAddress | undefined> {
  try {
    await bind(server, address);
  } catch (error) {
    const refused = new ListenError(address, error);
    if (address.isOptional === true && refused.reason === "no-such-address") return undefined;
    throw refused;
  }
  const bound = server.address() as net.AddressInfo;
  return { host: bound.address, port: bound.port };
}

function bind(server: net.Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // As Bitcoin Core has it, `::` leaves IPv4 to a listener of its own.
    server.listen({ host, port, backlog: BACKLOG, ipv6Only: host.includes(":") }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

/** Resolves when it accepts no more and its last connection is gone. */
export function closeServer(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
