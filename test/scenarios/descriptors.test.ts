import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nodeArguments } from "../interop/daemon.ts";
import { tempDir } from "../support/temp_dir.ts";

/** Enough for Node.js to load our modules, of which it opens many at once. */
const LIMIT = 300;
const BINDS = 125;

test("a node that may open too few files is refused in Bitcoin Core's words, before it opens any", {
  skip: process.platform !== "linux",
}, () => {
  const dataDir = tempDir();
  const binds = Array.from({ length: BINDS }, (_, i) => `-bind=127.0.0.1:${20_000 + i}`);
  const command = [process.execPath, ...nodeArguments(["-regtest", `-datadir=${dataDir}`, ...binds])];
  const run = spawnSync("sh", ["-c", `ulimit -n ${LIMIT} && exec "$@"`, "sh", ...command], {
    encoding: "utf8", timeout: 30_000,
  });
  assert.equal(run.stderr, "Error: Not enough file descriptors available. 300 available, 303 required.\n");
  assert.equal(run.status, 1);
  assert.equal(existsSync(join(dataDir, "regtest", "blocks")), false);
});
