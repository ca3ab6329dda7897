/**
 * JSON-RPC's way in: HTTP POST with a password. Knows nothing of methods.
 *
 * @module
 */
import * as http from "node:http";
import type { Socket } from "node:net";
import { asIpv4, hasPrefixBits, isLocalIp, parseIp } from "../base/ip_address.ts";
import type { Logger } from "../base/logger.ts";
import type { Subnet } from "../base/subnet.ts";
import { formatHostPort } from "../primitives/host_text.ts";
import { errorStack, errorText } from "./errno.ts";
import { type ListenAddress, listenOn } from "./listener.ts";
import { authenticate, type RpcUser } from "./rpc_auth.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless `headers` say otherwise; `undefined` for none. */
  readonly body: string | undefined;
}

export interface HttpServerOptions {
  /** `-rpcbind`: every one of them must be had. */
  readonly listen: readonly ListenAddress[];
  readonly users: readonly RpcUser[];
  /** `-rpcallowip`, besides this machine, which always may. */
  readonly allow: readonly Subnet[];
  /** Requests that may be unanswered at once (`-rpcthreads` and `-rpcworkqueue`). */
  readonly pendingMax: number;
  /** How long a client may take over a request, or be idle, in milliseconds (`-rpcservertimeout`). */
  readonly timeout: number;
  /** Told to callers on this machine who bring no password: where it stands. */
  readonly authHint: string;
  readonly logger: Logger;
  handle(body: string, user: string): Promise<HttpAnswer>;
}

/** Bitcoin Core's DEFAULT_HTTP_THREADS and DEFAULT_HTTP_WORKQUEUE. */
export const PENDING_MAX_DEFAULT = 16 + 64;
/** Bitcoin Core's DEFAULT_HTTP_SERVER_TIMEOUT. */
export const TIMEOUT_DEFAULT = 30_000;

/** Bitcoin Core's MAX_SIZE: a block of 4 MB is 8 MB of hex. */
export const BODY_BYTES_MAX = 32 * 1024 * 1024;
/** Bitcoin Core's MAX_HEADERS_SIZE. */
const HEADER_BYTES_MAX = 8_192;
/** What each wrong password costs whoever tries many. */
const WRONG_PASSWORD_DELAY_MS = 250;
/** Bitcoin Core's words (httpserver.cpp). */
const QUEUE_FULL = "Request rejected because http work queue depth exceeded, it can be increased with the " +
  "-rpcworkqueue= setting";
/** How long answers that are ready may take to leave when we stop. */
const CLOSE_TIMEOUT_MS = 5_000;

export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #servers: http.Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #open = new Set<http.ServerResponse>();
  #pending = 0;
  #isClosing = false;
  #lastAnswered: (() => void) | undefined;
  #addresses: readonly ListenAddress[] = [];

  private constructor(options: HttpServerOptions) {
    this.#options = options;
  }

  /** @throws {ListenError} when an address cannot be had; then nothing listens */
  static async start(options: HttpServerOptions): Promise<HttpServer> {
    const server = new HttpServer(options);
    const bound: ListenAddress[] = [];
    try {
      for (const wanted of options.listen) {
        const address = await server.#listen(wanted);
        if (address !== undefined) bound.push(address);
      }
    } catch (error) {
      await server.close();
      throw error;
    }
    server.#addresses = bound;
    return server;
  }

  /** Where it listens, in the order of `listen`, with the ports that were had. */
  get addresses(): readonly ListenAddress[] {
    return this.#addresses;
  }

  /** Takes no more requests, lets the pending answers out, and closes. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    }));
    const timer = setTimeout(() => this.#lastAnswered?.(), CLOSE_TIMEOUT_MS);
    if (this.#open.size > 0) await new Promise<void>((resolve) => void (this.#lastAnswered = resolve));
    clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroySoon();
    await Promise.all(closed);
  }

  #listen(address: ListenAddress): Promise<ListenAddress | undefined> {
    const { timeout } = this.#options;
    const server = http.createServer({
      maxHeaderSize: HEADER_BYTES_MAX,
      requestTimeout: timeout,
      headersTimeout: timeout,
      keepAliveTimeout: timeout,
      noDelay: true,
    });
    server.on("request", (request, response) => void this.#serve(request, response));
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#servers.push(server);
    return listenOn(server, address);
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.#open.add(response);
    response.on("close", () => {
      this.#open.delete(response);
      if (this.#open.size === 0) this.#lastAnswered?.();
    });
    let answer: HttpAnswer;
    try {
      answer = await this.#answer(request);
    } catch (error) {
      // The caller has hung up half way: there is no one to answer.
      if (!request.complete) return void response.destroy();
      this.#options.logger.error(`A request failed: ${errorStack(error)}`);
      answer = failure(500, -32603, `Internal error: ${errorText(error)}`);
    }
    this.#send(request, response, answer);
  }

  async #answer(request: http.IncomingMessage): Promise<HttpAnswer> {
    const { logger, pendingMax, handle } = this.#options;
    const refusal = await this.#refuse(request);
    if (refusal !== undefined) return refusal;
    if (this.#pending >= pendingMax) {
      logger.warning(QUEUE_FULL);
      // As text, since that is what bitcoin-cli shows.
      const headers = { "Retry-After": "1", "Content-Type": "text/plain" };
      return { status: 503, headers, body: "Work queue depth exceeded" };
    }
    this.#pending++;
    try {
      const user = this.#user(request) as string;
      const body = await readBody(request);
      if (body === undefined) return failure(413, -32600, `Request body is over ${BODY_BYTES_MAX} bytes`);
      return await handle(body, user);
    } finally {
      this.#pending--;
    }
  }

  /** In the order in which Bitcoin Core checks (httpserver.cpp, httprpc.cpp). */
  async #refuse(request: http.IncomingMessage): Promise<HttpAnswer | undefined> {
    const { logger, authHint } = this.#options;
    const { remoteAddress = "", remotePort = 0 } = request.socket;
    const caller = formatHostPort(remoteAddress, remotePort);
    const isLocal = isLocalHost(remoteAddress);
    if (!isLocal && !this.#isAllowed(remoteAddress)) {
      logger.debug("http", () =>
        `HTTP request from ${caller} rejected: Client network is not allowed RPC access`);
      return { status: 403, body: undefined };
    }
    if (request.method !== "POST") {
      const headers = { Allow: "POST" };
      return { ...failure(405, -32600, "JSONRPC server handles only POST requests"), headers };
    }
    if (this.#user(request) !== undefined) return undefined;
    if (request.headers.authorization !== undefined) {
      logger.warning(`ThreadRPCServer incorrect password attempt from ${caller}`);
      await new Promise((resolve) => setTimeout(resolve, WRONG_PASSWORD_DELAY_MS));
    }
    const headers = { "WWW-Authenticate": 'Basic realm="jsonrpc"' };
    if (!isLocal) return { status: 401, headers, body: undefined };
    const hint = `This server wants a user and a password. ${authHint}`.trim();
    return { ...failure(401, -32600, hint), headers };
  }

  #user(request: http.IncomingMessage): string | undefined {
    return authenticate(request.headers.authorization ?? "", this.#options.users);
  }

  #isAllowed(host: string): boolean {
    const ip = parseIp(host);
    return ip !== undefined && this.#options.allow.some(({ address, prefixBits }) =>
      address.length === ip.length && hasPrefixBits(ip, address, prefixBits));
  }

  #send(request: http.IncomingMessage, response: http.ServerResponse, answer: HttpAnswer): void {
    const { status, headers, body } = answer;
    response.statusCode = status;
    if (body !== undefined) response.setHeader("Content-Type", "application/json");
    for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
    // The rest of a body that is too long is not waited for; of one that was refused it is skipped.
    if (this.#isClosing || status === 413) response.setHeader("Connection", "close");
    else request.resume();
    response.end(body);
  }
}

function failure(status: number, code: number, message: string): HttpAnswer {
  return { status, body: `${JSON.stringify({ result: null, error: { code, message }, id: null })}\n` };
}

function isLocalHost(host: string): boolean {
  const ip = parseIp(host);
  return ip !== undefined && isLocalIp(asIpv4(ip) ?? ip);
}

/** `undefined` when it is too long. */
async function readBody(request: http.IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > BODY_BYTES_MAX) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString("utf8");
}
