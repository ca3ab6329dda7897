/**
 * Asking a SOCKS5 proxy for a connection (RFC 1928, RFC 1929).
 *
 * Every host goes to the proxy as text, addresses too, as Bitcoin Core has it: Tor takes only text,
 * and names are then looked up by nobody else.
 *
 * Source: Bitcoin Core, netbase.cpp, Socks5.
 *
 * @module
 */
import { type Bytes, concatBytes, fromLatin1, fromUtf8 } from "../../base/bytes.ts";
import { type SocketTalk, TalkError } from "./socket_talk.ts";

/** For Tor, other credentials mean another circuit. */
export interface ProxyCredentials {
  readonly username: string;
  readonly password: string;
}

export interface ProxyTarget {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** No connection by this proxy. `isProxyFault`: nothing is known of the target. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  readonly isProxyFault: boolean;

  constructor(message: string, isProxyFault: boolean) {
    super(message);
    this.isProxyFault = isProxyFault;
  }
}

/** For each answer of the proxy, in milliseconds. Connecting over Tor takes long. */
const ANSWER_TIMEOUT_MS = 20_000;

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const USER_PASSWORD = 2;
const USER_PASSWORD_VERSION = 1;
const CONNECT = 1;
/** Of the fields with a length byte. */
const TEXT_LENGTH_MAX = 255;

const ADDRESS_IPV4 = 1;
const ADDRESS_NAME = 3;
const ADDRESS_IPV6 = 4;

/** Replies that are not `succeeded`; those from 0xf0 on are Tor's own (socks-extensions.txt). */
const REPLIES: ReadonlyMap<number, string> = new Map([
  [0x01, "general failure"],
  [0x02, "connection not allowed"],
  [0x03, "network unreachable"],
  [0x04, "host unreachable"],
  [0x05, "connection refused"],
  [0x06, "TTL expired"],
  [0x07, "protocol error"],
  [0x08, "address type not supported"],
  [0xf0, "onion service descriptor can not be found"],
  [0xf1, "onion service descriptor is invalid"],
  [0xf2, "onion service introduction failed"],
  [0xf3, "onion service rendezvous failed"],
  [0xf4, "onion service missing client authorization"],
  [0xf5, "onion service wrong client authorization"],
  [0xf6, "onion service invalid address"],
  [0xf7, "onion service introduction timed out"],
]);

/** In Bitcoin Core's words. */
export function replyText(reply: number): string {
  return REPLIES.get(reply) ?? `unknown (0x${reply.toString(16).padStart(2, "0")})`;
}

/**
 * Has the proxy at the other end of `talk` connect to `target`: from then on the socket is that
 * connection.
 *
 * @throws {ProxyError}
 */
export async function connectBySocks5(
  talk: SocketTalk, { host, port }: ProxyTarget, credentials: ProxyCredentials | undefined,
  timeout = ANSWER_TIMEOUT_MS,
): Promise<void> {
  const name = fromUtf8(host);
  if (name.length > TEXT_LENGTH_MAX) throw new ProxyError("Hostname too long", false);
  const read = async (count: number, what: string): Promise<Bytes> => {
    try {
      return await talk.bytes(count, timeout);
    } catch (error) {
      throw error instanceof TalkError ? new ProxyError(`${what}: ${error.message}`, true) : error;
    }
  };
  await authenticate(talk, credentials, read);
  talk.write(concatBytes(
    Uint8Array.of(VERSION, CONNECT, 0, ADDRESS_NAME, name.length), name,
    Uint8Array.of(port >>> 8, port & 0xff)));
  // A proxy that is silent here is still connecting: that says something about the target only.
  const answer = await talk.bytes(4, timeout).catch((error: unknown) => {
    const isTimeout = error instanceof TalkError && error.reason === "timeout";
    const text = isTimeout ? "connection timed out" : "Error while reading proxy response";
    throw new ProxyError(text, !isTimeout);
  });
  if (answer[0] !== VERSION) throw new ProxyError("Proxy failed to accept request", true);
  if (answer[1] !== 0) throw new ProxyError(replyText(answer[1] as number), false);
  if (answer[2] !== 0) throw new ProxyError("Error: malformed proxy response", true);
  const lengths: Readonly<Record<number, number>> = { [ADDRESS_IPV4]: 4, [ADDRESS_IPV6]: 16 };
  const length = answer[3] === ADDRESS_NAME
    ? (await read(1, "Error reading from proxy"))[0]
    : lengths[answer[3] as number];
  if (length === undefined) throw new ProxyError("Error: malformed proxy response", true);
  // Where it says that it connects from: of no use here.
  await read(length + 2, "Error reading from proxy");
}

async function authenticate(
  talk: SocketTalk, credentials: ProxyCredentials | undefined,
  read: (count: number, what: string) => Promise<Bytes>,
): Promise<void> {
  const methods = credentials === undefined ? [NO_AUTHENTICATION] : [NO_AUTHENTICATION, USER_PASSWORD];
  talk.write(Uint8Array.of(VERSION, methods.length, ...methods));
  const [version, method] = await read(2, "proxy does not answer");
  if (version !== VERSION) throw new ProxyError("Proxy failed to initialize", true);
  if (method === NO_AUTHENTICATION) return;
  if (method !== USER_PASSWORD || credentials === undefined) {
    const text = (method as number).toString(16).padStart(2, "0");
    throw new ProxyError(`Proxy requested wrong authentication method ${text}`, true);
  }
  const [username, password] = [fromLatin1(credentials.username), fromLatin1(credentials.password)];
  if (username.length > TEXT_LENGTH_MAX || password.length > TEXT_LENGTH_MAX) {
    throw new ProxyError("Proxy username or password too long", true);
  }
  talk.write(concatBytes(
    Uint8Array.of(USER_PASSWORD_VERSION, username.length), username,
    Uint8Array.of(password.length), password));
  const [replyVersion, status] = await read(2, "Error reading proxy authentication response");
  if (replyVersion !== USER_PASSWORD_VERSION || status !== 0) {
    throw new ProxyError("Proxy authentication unsuccessful", true);
  }
}
