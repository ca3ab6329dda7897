/**
 * A `tidingsd` that is killed without warning, and tells by its log what it was doing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cliModule } from "../interop/daemon.ts";
import { freePort } from "../support/free_port.ts";

/** Milliseconds that a start, with all that it has to mend, may take; a busy machine is slow. */
const START_DEADLINE = 60_000;

const FLAGS = [
  "-regtest", "-server", "-listen=0", "-connect=0", "-dbcache=4", "-dbbatchsize=16384", "-par=1", "-fastprune",
  "-debug=coindb", "-debug=prune", "-printtoconsole", "-nodebuglogfile",
];

export class KillTarget {
  readonly dataDir: string;
  readonly #port: number;
  readonly #child: ChildProcess;
  readonly #agent = new http.Agent({ keepAlive: true });
  #authorization = "";
  /** Since it was started. */
  readonly lines: string[] = [];
  #listener: (line: string) => void = () => {};

  private constructor(dataDir: string, port: number, child: ChildProcess) {
    this.dataDir = dataDir;
    this.#port = port;
    this.#child = child;
    let rest = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          this.lines.push(line);
          this.#listener(line);
        }
      });
    }
  }

  /** Started, answering, and done with whatever it had to mend. */
  static async start(dataDir: string, ...flags: string[]): Promise<KillTarget> {
    mkdirSync(dataDir, { recursive: true });
    const port = await freePort();
    // A file, as bin/tidingsd is: workers take over the flags of the process.
    const launcher = `${dataDir}.mjs`;
    const module = JSON.stringify(cliModule("tidingsd"));
    writeFileSync(launcher, `await (await import(${module})).main(process.argv.slice(2));`);
    const all = [...FLAGS, `-datadir=${dataDir}`, `-rpcport=${port}`, ...flags];
    const child = spawn(process.execPath, ["--no-warnings", launcher, ...all]);
    const target = new KillTarget(dataDir, port, child);
    await target.#answers();
    return target;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async call<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const reply = JSON.parse(await this.#post(body)) as { result: T; error?: { message: string } };
    if (reply.error !== undefined) throw new Error(`${method}: ${reply.error.message}`);
    return reply.result;
  }

  /** Resolves once a line since the start matches, be it an old one or the next. */
  async hasLogged(pattern: RegExp): Promise<void> {
    const isThere = () => this.lines.some((line) => pattern.test(line));
    if (!isThere()) await this.line(pattern);
    assert.ok(isThere(), `${pattern} was not logged before the end`);
  }

  /** Resolves with the next line that matches; at once when the process ends. */
  async line(pattern: RegExp): Promise<void> {
    await Promise.race([
      once(this.#child, "exit"),
      new Promise<void>((resolve) => {
        this.#listener = (line) => {
          if (!pattern.test(line)) return;
          this.#listener = () => {};
          resolve();
        };
      }),
    ]);
  }

  async kill(): Promise<void> {
    this.#agent.destroy();
    if (!this.isRunning) return;
    const gone = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await gone;
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, "close");
    await this.call("stop");
    await gone;
    assert.equal(this.#child.exitCode, 0, this.lines.slice(-5).join("\n"));
  }

  #post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = http.request({
        host: "127.0.0.1", port: this.#port, method: "POST", agent: this.#agent, auth: this.#authorization,
      }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => void (text += part));
        response.on("end", () => resolve(text)).on("error", reject);
      });
      request.on("error", reject).end(body);
    });
  }

  async #answers(): Promise<void> {
    const deadline = performance.now() + START_DEADLINE;
    for (;;) {
      assert.ok(this.isRunning, `it did not start:\n${this.lines.slice(-10).join("\n")}`);
      assert.ok(performance.now() < deadline, `it does not answer:\n${this.lines.slice(-10).join("\n")}`);
      try {
        this.#authorization = readFileSync(join(this.dataDir, "regtest", ".cookie"), "utf8");
        await this.call("getblockcount");
        return;
      } catch {
        await delay(10);
      }
    }
  }
}
