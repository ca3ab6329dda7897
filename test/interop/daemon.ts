/**
 * A node in a process of its own, bitcoind or tidingsd, started with the same flags and driven over
 * JSON-RPC.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { freePorts } from "../support/free_port.ts";

export type Program = "bitcoind" | "tidingsd";

/** The path of a bitcoind, told by the environment. */
const BITCOIND = process.env["BITCOIND"] ?? "";

/** For the `skip` option of a test that starts one. */
export const skipWithoutBitcoind = BITCOIND === "" ? "needs BITCOIND" : false;

/** Milliseconds that anything asked of a node may take; a busy machine is slow. */
const DEADLINE = 30_000;
/** Milliseconds between two questions of the same kind. */
const POLL = 20;

/** Peers of this machine are told of transactions at once, not after some seconds. */
const TRUSTED = "-whitelist=in,out,noban@127.0.0.1";

const FLAGS = [
  TRUSTED,
  "-regtest", "-server", "-listen=1", "-dnsseed=0", "-fixedseeds=0", "-listenonion=0", "-discover=0",
  "-natpmp=0", "-printtoconsole=0", "-debug=net", "-fallbackfee=0.0002", "-dbcache=16",
];

/** The module that a bin of the package runs, beside these tests. */
export function cliModule(name: string): string {
  return pathToFileURL(join(import.meta.dirname, "..", "..", "src", "cli", `${name}.js`)).href;
}

/** What `getpeerinfo` tells, as far as it is read here. */
export interface PeerInfo {
  readonly id: number;
  readonly inbound: boolean;
  readonly subver: string;
  readonly servicesnames: readonly string[];
  readonly synced_headers: number;
  readonly bytesrecv_per_msg: Readonly<Record<string, number>>;
  readonly bytessent_per_msg: Readonly<Record<string, number>>;
  readonly transport_protocol_type: string;
  readonly session_id: string;
}

interface Reply<T> {
  readonly result: T;
  readonly error?: { readonly code: number; readonly message: string };
}

/** The node answered with an error. */
class RpcFailure extends Error {
  override readonly name = "RpcFailure";
  readonly code: number;

  constructor(method: string, code: number, message: string) {
    super(`${method}: ${message} (${code})`);
    this.code = code;
  }
}

export class Daemon {
  readonly program: Program;
  readonly dataDir: string;
  readonly port: number;
  readonly #rpcPort: number;
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;
  #output = "";
  #authorization = "";

  private constructor(program: Program, dataDir: string, ports: readonly number[], flags: readonly string[]) {
    this.program = program;
    this.dataDir = dataDir;
    [this.port = 0, this.#rpcPort = 0] = ports;
    this.#flags = flags;
  }

  /** Started, and answering. */
  static async start(program: Program, dataDir: string, ...flags: string[]): Promise<Daemon> {
    mkdirSync(dataDir, { recursive: true });
    const daemon = new Daemon(program, dataDir, await freePorts(2), flags);
    await daemon.start();
    return daemon;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The files of the network. */
  get networkDir(): string {
    return join(this.dataDir, "regtest");
  }

  get log(): string {
    return readFileSync(join(this.networkDir, "debug.log"), "utf8");
  }

  /** Again, after `stop` or `kill`. */
  async start(): Promise<void> {
    const flags = [
      ...FLAGS, `-datadir=${this.dataDir}`, `-bind=${this.address}`, `-rpcport=${this.#rpcPort}`,
        ...this.#flags,
    ];
    const child = this.program === "bitcoind" ? spawn(BITCOIND, flags) : spawn(process.execPath,
      nodeArguments(flags));
    this.#child = child;
    this.#output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => void (this.#output += text));
    }
    await until(`${this.program} answers`, async () => {
      assert.equal(child.exitCode, null, `${this.program} has stopped: ${this.#output}`);
      try {
        this.#authorization = readFileSync(join(this.networkDir, ".cookie"), "utf8");
        await this.call("getblockcount");
        return true;
      } catch {
        return false;
      }
    });
  }

  async call<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    const { result, error } = await this.#post<Reply<T>>({ jsonrpc: "2.0", id: 1, method, params });
    if (error !== undefined) throw new RpcFailure(method, error.code, error.message);
    return result;
  }

  /** The same method once for each of `calls`, in one request. */
  async callEach<T>(method: string, calls: readonly (readonly unknown[])[]): Promise<readonly T[]> {
    const requests = calls.map((params, id) => ({ jsonrpc: "2.0", id, method, params }));
    const replies = await this.#post<readonly Reply<T>[]>(requests);
    return replies.map(({ result, error }) => {
      if (error !== undefined) throw new RpcFailure(method, error.code, error.message);
      return result;
    });
  }

  async #post<T>(body: unknown): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.#rpcPort}/`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(this.#authorization).toString("base64")}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE),
    });
    assert.equal(response.status, 200, `${this.program} answers with status ${response.status}`);
    return (await response.json()) as T;
  }

  /** A clean stop: the exit code is zero, and nothing was said on the way out. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    await this.call("stop");
    await gone;
    assert.equal(child.exitCode, 0, `${this.program} stopped with ${child.exitCode}: ${this.#output}`);
  }

  /** As a power switch does, but for what the system has taken over already. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  tip(): Promise<string> {
    return this.call("getbestblockhash");
  }

  height(): Promise<number> {
    return this.call("getblockcount");
  }

  peers(): Promise<readonly PeerInfo[]> {
    return this.call("getpeerinfo");
  }

  /** Opens a connection to `other`, and waits until both are through the handshake. */
  async connect(other: Daemon): Promise<void> {
    const [ours, theirs] = [await this.#readyCount(), await other.#readyCount()];
    await this.call("addnode", other.address, "onetry");
    await until(`${this.program} is connected to ${other.program}`, async () => {
      return (await this.#readyCount()) > ours && (await other.#readyCount()) > theirs;
    });
  }

  async reaches(hash: string): Promise<void> {
    await until(`${this.program} has the tip ${hash}`, async () => (await this.tip()) === hash);
  }

  async hasInMempool(txid: string): Promise<void> {
    await until(`${this.program} has transaction ${txid}`, async () => {
      return (await this.call<readonly string[]>("getrawmempool")).includes(txid);
    });
  }

  /** Peers that have answered our first ping: after the handshake, and all that follows it at once. */
  async #readyCount(): Promise<number> {
    return (await this.peers()).filter(({ bytesrecv_per_msg: received }) =>
      received["pong"] !== undefined).length;
  }
}

/** For Node.js, to run `tidingsd` of the same build. */
export function nodeArguments(flags: readonly string[]): readonly string[] {
  const main = `await (await import(${JSON.stringify(cliModule("tidingsd"))})).main(process.argv.slice(1));`;
  return ["--no-warnings", "--input-type=module", "--eval", main, "--", ...flags];
}

/** What both nodes answer, which must be the same; `what` says what is compared. */
export async function sameAnswer<T>(
  nodes: readonly [core: Daemon, ours: Daemon], method: string, params: readonly unknown[],
  what = `${method} ${JSON.stringify(params)}`,
): Promise<T> {
  const [theirs, own] = await Promise.all(nodes.map((node) => answerOf(node, method, params)));
  assert.deepEqual(own, theirs, what);
  return theirs as T;
}

/** What `node` answers; an error counts as an answer: its code, and its text. */
async function answerOf(node: Daemon, method: string, params: readonly unknown[]): Promise<unknown> {
  try {
    return await node.call(method, ...params);
  } catch (error) {
    if (error instanceof RpcFailure) return { code: error.code, message: error.message };
    throw error;
  }
}

/** Asks until the answer is yes. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, `In ${DEADLINE / 1000} s it did not come about that ${what}`);
    await delay(POLL);
  }
}
