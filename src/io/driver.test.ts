import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { DONE, drive, local, nowhere, ScriptedCore } from "../../test/support/driven_core.ts";
import { fromLatin1 } from "../base/bytes.ts";
import { silentLogger } from "../base/logger.ts";
import type { PersistBatch } from "../chain/chain_ports.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import type { CommandResult } from "../node/command.ts";
import type { NodeEvent } from "../node/event.ts";
import { MemoryFiles } from "../store/memory_files.ts";

const NO_JOB: VerifyJob = {
  kind: "block", bytes: new Uint8Array(), spentOutputs: new Uint8Array(), flags: 0, inputCount: 0,
};
const NO_WRITES: PersistBatch = { files: [], index: [], coins: [], removeFiles: [], sync: false };

/** Files that only remove, and that as the test says. */
function filesThat(remove: () => Promise<void>): MemoryFiles {
  const files = new MemoryFiles();
  files.remove = remove;
  return files;
}

test("a command given by an event's listener waits for the step that is under way", async () => {
  const core = new ScriptedCore((input) =>
    input.type === "command" && input.command.type === "ping"
      ? [{ type: "event", event: warning(1) }, { type: "event", event: warning(2) }]
      : []);
  const { driver } = await drive(core);
  const seen: number[] = [];
  const inner: Promise<CommandResult>[] = [];
  const stop = driver.listen(({ seq }) => {
    seen.push(seq);
    inner.push(driver.command({ type: "settle" }));
  });
  assert.deepEqual(await driver.command({ type: "ping" }), DONE);
  assert.deepEqual(await Promise.all(inner), [DONE, DONE]);
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(driver.eventsSince(1).events, [warning(2)]);
  stop();
  await driver.close();
});

function warning(seq: number): NodeEvent {
  return { seq, time: 0, type: "node:warning", data: { text: "" } };
}

test("a listener that throws is logged, and the node goes on", async () => {
  const core = new ScriptedCore((input) =>
    input.type === "command" ? [{ type: "event", event: warning(1) }] : []);
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (text: string) => void errors.push(text) };
  const { driver } = await drive(core, { logger });
  driver.listen(() => {
    throw new Error("mine");
  });
  assert.deepEqual(await driver.command({ type: "ping" }), DONE);
  assert.match(String(errors[0]), /A listener to events failed: Error: mine/);
  await driver.close();
});

test("verify, load, resolve and persist are answered by inputs in later turns", async () => {
  const core = new ScriptedCore((input) =>
    input.type === "command" && input.command.type === "ping"
      ? [
        { type: "verify", job: 3, payload: NO_JOB },
        { type: "load", request: 4, range: { name: "blk", offset: 8, length: 2 } },
        { type: "resolve", host: "127.0.0.1", port: 8333 },
        { type: "persist", batch: 5, writes: NO_WRITES },
        { type: "save", name: "peers.dat", bytes: fromLatin1("x") },
      ]
      : []);
  const saved: string[] = [];
  const { driver } = await drive(core, {
    verify: async () => ({ rule: "bad", detail: "" }),
    load: async ({ offset, length }) => Uint8Array.of(offset, length),
    save: async (name) => void saved.push(name),
  });
  await driver.command({ type: "ping" });
  const violation = { rule: "bad", detail: "" };
  assert.deepEqual(await core.saw("verified"), { type: "verified", job: 3, violation });
  assert.deepEqual(await core.saw("loaded"), { type: "loaded", request: 4, bytes: Uint8Array.of(8, 2) });
  assert.deepEqual((await core.saw("resolved")).addresses, [local(8333)]);
  assert.equal((await core.saw("persisted")).batch, 5);
  await driver.close();
  assert.deepEqual(saved, ["peers.dat"]);
});

test("a write that fails stops the node, with a clear message, once", async () => {
  const writes = { ...NO_WRITES, removeFiles: ["x"] };
  const core = new ScriptedCore((input) =>
    input.type === "command" ? [{ type: "persist", batch: 1, writes }] : []);
  const failures: string[] = [];
  const files = filesThat(() => Promise.reject(new Error("ENOSPC: no space left on device")));
  const { driver, connect } = await drive(core, {
    stores: { ...nowhere, files },
    failed: (error) => failures.push(error.message),
  });
  const socket = await connect();
  await core.saw("connected");
  const gone = once(socket, "close");
  await driver.command({ type: "ping" });
  await gone;
  assert.deepEqual(failures, ["Cannot write to the data directory: ENOSPC: no space left on device"]);
  assert.deepEqual(await driver.command({ type: "ping" }), { ok: false, fault: { code: "shutting-down" } });
  await driver.close();
});

test("a core that throws stops the node rather than go on wrongly", async () => {
  const core = new ScriptedCore((input) => {
    if (input.type === "command") throw new Error("Invariant broken: something");
    return [];
  });
  const failures: string[] = [];
  const { driver } = await drive(core, { failed: (error) => failures.push(error.message) });
  assert.deepEqual(await driver.command({ type: "ping" }), { ok: false, fault: { code: "shutting-down" } });
  assert.deepEqual(failures, [
    "The node has a bug, and stops rather than go on wrongly: Invariant broken: something",
  ]);
  await driver.close();
});

test("closing tells the core first, writes what is left, and leaves no socket", async () => {
  const written: number[] = [];
  const core = new ScriptedCore((input) =>
    input.type === "command" && input.command.type === "shut-down"
      ? [{ type: "persist", batch: 1, writes: { ...NO_WRITES, removeFiles: ["x"] } }, {
        type: "save", name: "peers.dat", bytes: new Uint8Array(),
      }]
      : []);
  const files = filesThat(async () => void written.push(1));
  const { driver, connect } = await drive(core, { stores: { ...nowhere, files } });
  const socket = await connect();
  await core.saw("connected");
  const gone = once(socket.resume(), "close");
  await Promise.all([driver.close(), driver.close()]);
  await gone;
  assert.deepEqual(written, [1]);
  assert.deepEqual(await driver.command({ type: "ping" }), { ok: false, fault: { code: "shutting-down" } });
});
