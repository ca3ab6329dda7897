import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { tempDir } from "../../test/support/temp_dir.ts";
import { isTidingsError } from "../api/errors.ts";
import { closeServer, listenOn } from "../io/listener.ts";
import { LOOPBACK } from "./ports.ts";
import { Registration, REGISTRATION_FILE } from "./registration.ts";

/** No process has this number. */
const NOBODY = 2 ** 22 + 1;

function nodeOn(rpcPort: number) {
  return { name: "alice", role: "miner", p2pPort: 1, rpcPort, cookieFile: "c", dataDir: "d" };
}

function isRunning(error: unknown): boolean {
  return isTidingsError(error, "ALREADY_RUNNING") && error.data.pid === process.pid;
}

test("a folder is taken by one at a time, and told who has it", async () => {
  const folder = join(tempDir(), "net");
  const first = await Registration.take(folder);
  await assert.rejects(Registration.take(folder), isRunning, "while it starts");

  const server = net.createServer();
  const bound = await listenOn(server, { host: LOOPBACK, port: 0 });
  assert.ok(bound);
  await first.announce([nodeOn(bound.port)]);
  await assert.rejects(Registration.take(folder), (error) => {
    return isRunning(error) && (error as Error).message.includes(`port ${bound.port}`);
  });
  await closeServer(server);

  await first.release();
  assert.ok(!existsSync(folder), "nothing is left of it");
  await (await Registration.take(folder)).release();
});

test("what a killed process left behind does not count", async () => {
  const folder = tempDir();
  const file = join(folder, REGISTRATION_FILE);
  const gone = JSON.stringify({ pid: NOBODY, nodes: [] });
  const reused = JSON.stringify({ pid: process.pid, nodes: [nodeOn(9)] });
  for (const text of [gone, reused, "", "{", "null"]) {
    writeFileSync(file, text);
    const taken = await Registration.take(folder);
    assert.equal((JSON.parse(readFileSync(file, "utf8")) as { pid: number }).pid, process.pid);
    await taken.release();
    assert.ok(!existsSync(file));
    mkdirSync(folder, { recursive: true });
  }
});
