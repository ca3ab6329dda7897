import assert from "node:assert/strict";
import { assert as ensure } from "../../src/base/assert.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { planNode } from "../../src/cli/node_plan.ts";
import { Settings } from "../../src/cli/settings.ts";
import { openNode, type RunningNode } from "../../src/io/node_host.ts";
import type { NodeOptions } from "../../src/node/node_options.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { ALL_METHODS } from "../../src/rpc/all_methods.ts";
import { ScanSeat } from "../../src/rpc/scan_seat.ts";
import { RpcServer } from "../../src/rpc/request.ts";

interface Reply {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/**
 * A real node in memory, on regtest and alone, that is asked by JSON-RPC; each answer is held against
 * its help. What its host would tell is fixed: how long it runs, the delays of its loop, its log.
 */
export class RpcWorld {
  readonly node: RunningNode;
  /** The methods that were called. */
  readonly called = new Set<string>();
  readonly #server = new RpcServer({ methods: ALL_METHODS, logger: silentLogger, checkResults: true });

  private constructor(node: RunningNode) {
    this.node = node;
    this.#server.open({
      core: node.core,
      command: (command) => node.command(command),
      listen: (listener) => node.listen(listener),
      scanCoins: () => node.scanCoins(),
      snapshots: node.snapshots,
      coinScan: new ScanSeat(),
      blockScan: new ScanSeat(),
      uptime: () => 5.5,
      delay: (length) => new Promise((resolve) => void setTimeout(resolve, length).unref()),
      stopping: node.stopping,
      requestStop: () => node.requestStop(),
      loopDelay: {
        read: () => ({ seconds: 2, looks: 200, mean: 0.5, median: 0.25, p99: 3, longest: 7.12345 }),
        reset() {},
      },
      logPath: "/x/debug.log",
      logging: { enabled: new Set(["net"]), set() {} },
    });
  }

  /** `adjust` has the last word on the node's options; with `dataDir` it is on disk. */
  static async open(
    { adjust = (options) => options, dataDir }: {
      readonly adjust?: (options: NodeOptions) => NodeOptions;
      readonly dataDir?: string;
    } = {},
  ): Promise<RpcWorld> {
    const settings = new Settings();
    for (const name of ["connect", "listen"]) settings.commandLine.add(name, "0");
    settings.commandLine.add("par", "1");
    const { options } = await planNode(settings, REGTEST);
    const node = await openNode({ options: adjust(options), dataDir, listen: [], logger: silentLogger });
    return new RpcWorld(node);
  }

  close(): Promise<void> {
    return this.node.close();
  }

  /** The answer as it goes out. */
  async bodyOf(method: string, ...params: unknown[]): Promise<string> {
    this.called.add(method);
    const { body } =
      await this.#server.handle(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }), "test");
    return body ?? "null";
  }

  async ask(method: string, ...params: unknown[]): Promise<Reply> {
    return JSON.parse(await this.bodyOf(method, ...params)) as Reply;
  }

  async resultOf<T = unknown>(method: string, ...params: unknown[]): Promise<T> {
    const { result, error } = await this.ask(method, ...params);
    assert.equal(error, undefined);
    return result as T;
  }

  async errorOf(method: string, ...params: unknown[]): Promise<readonly [code: number, message: string]> {
    const { error } = await this.ask(method, ...params);
    ensure(error !== undefined, `${method} is refused`);
    return [error.code, error.message];
  }

  /** The id of the coinbase at `height`. */
  async coinbase(height: number): Promise<string> {
    const hash = await this.resultOf<string>("getblockhash", height);
    const { tx: [coinbase] } = await this.resultOf<{ tx: [string] }>("getblock", hash);
    return coinbase;
  }
}
