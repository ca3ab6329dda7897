import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempDir } from "../../test/support/temp_dir.ts";
import { settleSnapshot } from "./snapshot_folder.ts";

const BASE = new Uint8Array(32).fill(0xb5);

/** A data directory with these files; a file's text says which folder it was made in. */
function folderOf(...files: readonly string[]): string {
  const folder = tempDir();
  for (const file of files) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), file.endsWith("base_blockhash") ? BASE : file);
  }
  return folder;
}

function coinsOf(folder: string): string {
  return readFileSync(join(folder, "chainstate", "coins"), "utf8");
}

const OLD = "chainstate/coins";
const NEW = "chainstate_snapshot/coins";
const HAS_BASE = "chainstate_snapshot/base_blockhash";
const VALIDATED = "chainstate_snapshot/validated";

test("without a snapshot nothing changes", async () => {
  const folder = folderOf(OLD);
  assert.deepEqual(await settleSnapshot(folder), { base: undefined, notes: [] });
  assert.deepEqual(readdirSync(folder), ["chainstate"]);
});

test("a snapshot that is being checked stays, and tells its block", async () => {
  const folder = folderOf(OLD, NEW, HAS_BASE);
  assert.deepEqual(await settleSnapshot(folder), { base: BASE, notes: [] });
  assert.deepEqual(readdirSync(folder).sort(), ["chainstate", "chainstate_snapshot"]);
});

test("a snapshot that was not loaded whole is removed", async () => {
  const folder = folderOf(OLD, NEW);
  const { base, notes } = await settleSnapshot(folder);
  assert.deepEqual([base, notes.length], [undefined, 1]);
  assert.deepEqual(readdirSync(folder), ["chainstate"]);
});

/** What a crash between two steps of putting the one in the place of the other leaves. */
const STAGES: readonly (readonly [name: string, files: readonly string[]])[] = [
  ["before the first step", [OLD, NEW, HAS_BASE, VALIDATED]],
  ["once the old coins are out of the way", ["chainstate_todelete/coins", NEW, HAS_BASE, VALIDATED]],
  ["with what an earlier attempt left", [OLD, "chainstate_todelete/coins", NEW, HAS_BASE, VALIDATED]],
];

for (const [name, files] of STAGES) {
  test(`coins that were found good take the place of the old ones: ${name}`, async () => {
    const folder = folderOf(...files);
    const { base, notes } = await settleSnapshot(folder);
    assert.deepEqual([base, notes], [
      undefined, ["[snapshot] cleaning up unneeded background chainstate, then reinitializing"],
    ]);
    assert.deepEqual(readdirSync(folder), ["chainstate"]);
    assert.deepEqual(readdirSync(join(folder, "chainstate")), ["coins"]);
    assert.equal(coinsOf(folder), NEW);
  });
}

test("what is left to remove after the last step is removed by the next start", async () => {
  const folder = folderOf(OLD, "chainstate/base_blockhash", "chainstate/validated", "chainstate_todelete/coins");
  assert.deepEqual(await settleSnapshot(folder), { base: undefined, notes: [] });
  assert.deepEqual(readdirSync(folder), ["chainstate"]);
  assert.deepEqual(readdirSync(join(folder, "chainstate")), ["coins"]);
});

test("coins that were found wrong are put aside", async () => {
  const folder = folderOf(OLD, NEW, HAS_BASE, "chainstate_snapshot/refuted", "chainstate_snapshot_INVALID/older");
  const { base, notes } = await settleSnapshot(folder);
  assert.deepEqual([base, notes.length], [undefined, 1]);
  assert.equal(coinsOf(folder), OLD);
  assert.ok(existsSync(join(folder, "chainstate_snapshot_INVALID", "coins")));
  assert.ok(!existsSync(join(folder, "chainstate_snapshot_INVALID", "older")));
});
