/**
 * JSON-RPC of one node: the server, its passwords, and what the methods ask of the process.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../base/logger.ts";
import type { Subnet } from "../base/subnet.ts";
import { ALL_METHODS } from "../rpc/all_methods.ts";
import { RpcServer } from "../rpc/request.ts";
import { ScanSeat } from "../rpc/scan_seat.ts";
import type { RpcHost } from "../rpc/rpc_host.ts";
import { DebugLog } from "./debug_log.ts";
import { HttpServer, PENDING_MAX_DEFAULT, TIMEOUT_DEFAULT } from "./http_server.ts";
import { LoopDelay } from "./loop_delay.ts";
import type { ListenAddress } from "./listener.ts";
import { hashedUser, type RpcUser } from "./rpc_auth.ts";
import { type Credentials, removeRunFile, writeCookie } from "./run_files.ts";

export interface NodeRpcOptions {
  readonly listen: readonly ListenAddress[];
  /** Absolute path of the cookie, which is made at the start and removed at the end. */
  readonly cookieFile?: string;
  /** `-rpcuser` and `-rpcpassword`; in their place there is no cookie. */
  readonly password?: Credentials;
  /** `-rpcauth` */
  readonly users?: readonly RpcUser[];
  /** `-rpcallowip` */
  readonly allow?: readonly Subnet[];
  readonly pendingMax?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  /** `-rpcdoccheck` */
  readonly checkResults?: boolean;
}

/** What `open` needs of a running node. */
type Host = Pick<
  RpcHost, "core" | "command" | "listen" | "scanCoins" | "snapshots" | "stopping" | "requestStop"
>;

export class NodeRpc {
  readonly #startedAt = performance.now();
  readonly #loopDelay = new LoopDelay();
  readonly #server: RpcServer;
  readonly #http: HttpServer;
  readonly #cookieFile: string | undefined;
  #closed: Promise<void> | undefined;

  private constructor(server: RpcServer, httpServer: HttpServer, cookieFile: string | undefined) {
    this.#server = server;
    this.#http = httpServer;
    this.#cookieFile = cookieFile;
  }

  /**
   * From now on callers are told that the node is warming up.
   *
   * @throws {ListenError}
   */
  static async start(options: NodeRpcOptions, logger: Logger): Promise<NodeRpc> {
    const { cookieFile, password, checkResults = false } = options;
    const server = new RpcServer({ methods: ALL_METHODS, logger, checkResults });
    const users = [...(options.users ?? [])];
    if (password !== undefined) users.push(hashedUser(password));
    const writesCookie = password === undefined && cookieFile !== undefined;
    const credentials = writesCookie ? await writeCookie(cookieFile) : undefined;
    if (credentials !== undefined) users.push(hashedUser(credentials));
    try {
      const httpServer = await HttpServer.start({
        listen: options.listen,
        users,
        allow: options.allow ?? [],
        pendingMax: options.pendingMax ?? PENDING_MAX_DEFAULT,
        timeout: options.timeout ?? TIMEOUT_DEFAULT,
        authHint: writesCookie ? `They stand in ${cookieFile}.` : "",
        logger,
        handle: (body, user) => server.handle(body, user),
      });
      return new NodeRpc(server, httpServer, writesCookie ? cookieFile : undefined);
    } catch (error) {
      if (writesCookie) await removeRunFile(cookieFile);
      throw error;
    }
  }

  get addresses(): readonly ListenAddress[] {
    return this.#http.addresses;
  }

  /** What callers are told until `open`. */
  say(warmup: string): void {
    this.#server.warmup = warmup;
  }

  /** From now on methods are run. */
  open(node: Host, logger: Logger): void {
    this.#server.open({
      core: node.core,
      command: (command) => node.command(command),
      listen: (listener) => node.listen(listener),
      scanCoins: () => node.scanCoins(),
      snapshots: node.snapshots,
      coinScan: new ScanSeat(),
      blockScan: new ScanSeat(),
      uptime: () => (performance.now() - this.#startedAt) / 1000,
      // Not kept alive by a caller's long wait.
      delay: (length) => delay(length, undefined, { ref: false }),
      stopping: node.stopping,
      requestStop: () => node.requestStop(),
      loopDelay: this.#loopDelay,
      logPath: logger instanceof DebugLog ? logger.path : "",
      logging: logger instanceof DebugLog ? logger : { enabled: new Set(), set() {} },
    });
  }

  /** Lets pending answers out, and removes the cookie. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#loopDelay.close();
    await this.#http.close();
    if (this.#cookieFile !== undefined) await removeRunFile(this.#cookieFile);
  }
}
