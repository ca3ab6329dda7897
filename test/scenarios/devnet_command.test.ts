/**
 * `tidings devnet` as a process of its own: what scripts see of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

const folder = mkdtempSync(join(tmpdir(), "tidings-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The compiled program, wherever this test was compiled to. */
const program = join(folder, "tidings.mjs");
const main = pathToFileURL(join(import.meta.dirname, "..", "..", "src", "cli", "tidings.js")).href;
writeFileSync(program, `const { main } = await import("${main}");\nawait main(process.argv.slice(2));\n`);

/** So that this test disturbs no network of the clone. */
const NAME = `test-${process.pid}`;

interface Line {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Its lines as they come, and its exit code. */
class Process {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly #lines: Line[] = [];
  #errors = "";
  /** Says how it ended, once it has. */
  #end: string | undefined;
  #wake = (): void => {};

  constructor(...flags: readonly string[]) {
    this.child = spawn(
      process.execPath, [program, "devnet", "--json", ...flags], { stdio: ["ignore", "pipe", "pipe"] },
    );
    after(() => this.child.kill("SIGKILL"));
    this.exited = new Promise((resolve) => this.child.on("exit", resolve));
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    this.child.on("close", (code, signal) => {
      this.#end = `it ended with ${code ?? signal}`;
      this.#wake();
    });
    createInterface({ input: this.child.stdout! }).on("line", (text) => {
      this.#lines.push(JSON.parse(text) as Line);
      this.#wake();
    });
  }

  /** The next line of this type. */
  async next(type: string): Promise<Line> {
    for (;;) {
      const at = this.#lines.findIndex((line) => line.type === type);
      if (at !== -1) return this.#lines.splice(0, at + 1).at(-1) as Line;
      assert.equal(this.#end, undefined, `no line of type ${type}: ${this.#errors}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

test("a devnet answers, refuses a second one, and keeps its state", { timeout: 60_000 }, async () => {
  const state = join(folder, "state");
  const flags = ["--nodes", "3", "--block", "auto", "--traffic", "5/s", "--name", NAME, "--state", state];
  const first = new Process(...flags);
  const ready = await first.next("ready");
  const nodes =
    ready["nodes"] as readonly { readonly name: string; readonly height: number; readonly rpc: string }[];
  assert.deepEqual(nodes.map(({ name }) => name), ["alice", "bob", "carol"]);
  // Where the machine is slow, blocks are made before it says so.
  assert.ok(nodes.every(({ height }) => height >= 110 && height === nodes[0]?.height), JSON.stringify(nodes));

  const tx = await first.next("tx");
  // A block is made as soon as alice has it, which may be before carol does.
  assert.ok(tx["nodes"] === 3 || (tx["mined"] === true && tx["of"] === 3), JSON.stringify(tx));
  const block = await first.next("block");
  assert.ok((block["height"] as number) > 110, JSON.stringify(block));

  const port = String(nodes[1]?.rpc.split(":")[1]);
  const place = ["rpc", "--chain", "regtest", "--datadir", join(state, "bob"), "--rpc", port];
  const { stdout } = await run(process.execPath, [program, ...place, "getblockcount"]);
  assert.ok(Number(stdout) >= 111, stdout);

  const second = await run(process.execPath, [program, "devnet", "--name", NAME]).then(
    () => undefined, (error: unknown) => error,
  );
  const { code, stderr } = second as { readonly code: number; readonly stderr: string };
  assert.equal(code, 1);
  assert.match(
    stderr, new RegExp(`already running here \\(pid ${first.child.pid}, RPC of alice on port \\d+\\)`),
  );

  first.child.kill("SIGINT");
  await first.next("stopped");
  assert.equal(await first.exited, 130);

  const again = new Process(
    "--block", "off", "--traffic", "off", "--name", NAME, "--state", state, "--quiet",
  );
  const kept = (await again.next("ready"))["nodes"] as typeof nodes;
  assert.ok(kept.every(({ height }) => height >= (block["height"] as number)), JSON.stringify(kept));
  again.child.kill("SIGTERM");
  assert.equal(await again.exited, 0);
  assert.ok(existsSync(join(state, "alice")) && !existsSync(join(state, "running.json")));
});
