import assert from "node:assert/strict";
import { readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fromHex as hex } from "../base/bytes.ts";
import { obeysFileStore } from "../../test/contract/file_store.ts";
import { tempDir } from "../../test/support/temp_dir.ts";
import { DiskFiles } from "./disk_files.ts";

const root = tempDir();
let folders = 0;

function freshFolder(): string {
  folders += 1;
  return join(root, String(folders));
}

obeysFileStore("DiskFiles", async () => new DiskFiles(freshFolder()));

test("what was written is found by the next to open the folder", async () => {
  const folder = freshFolder();
  const first = new DiskFiles(folder);
  await first.write([{ name: "blocks/blk00000.dat", offset: 0, bytes: hex("0011") }]);
  await first.close();
  const second = new DiskFiles(folder);
  assert.deepEqual(second.read("blocks/blk00000.dat", 0, 2), hex("0011"));
  await second.close();
});

test("load reads as read does, also a file that is removed meanwhile", async () => {
  const files = new DiskFiles(freshFolder());
  await files.write([{ name: "blk", offset: 0, bytes: hex("00112233") }]);
  assert.deepEqual(await files.load("blk", 1, 2), hex("1122"));
  assert.equal(await files.load("blk", 1, 4), undefined);
  assert.equal(await files.load("missing", 0, 1), undefined);
  const loading = files.load("blk", 0, 4);
  await files.remove(["blk"]);
  assert.deepEqual(await loading, hex("00112233"));
  await files.close();
});

test("a file that someone took away is missed at once, and found when it comes back", async () => {
  const folder = freshFolder();
  const files = new DiskFiles(folder);
  await files.write([{ name: "blk", offset: 0, bytes: hex("0011") }]);
  assert.deepEqual(files.read("blk", 0, 2), hex("0011"));
  renameSync(join(folder, "blk"), join(folder, "elsewhere"));
  assert.equal(files.read("blk", 0, 2), undefined);
  assert.equal(await files.load("blk", 0, 2), undefined);
  renameSync(join(folder, "elsewhere"), join(folder, "blk"));
  assert.deepEqual(files.read("blk", 0, 2), hex("0011"));
  await files.close();
});

test("more files than may be open at once are all written and read", async () => {
  const files = new DiskFiles(freshFolder());
  const names = Array.from({ length: 100 }, (_, i) => `blocks/blk${String(i).padStart(5, "0")}.dat`);
  await files.write(names.map((name, i) => ({ name, offset: 0, bytes: Uint8Array.of(i) })), { sync: true });
  for (const [i, name] of names.entries()) assert.deepEqual(files.read(name, 0, 1), Uint8Array.of(i));
  if (process.platform === "linux") {
    assert.ok(readdirSync("/proc/self/fd").length < 100, "no more descriptors than the bound");
  }
  await files.close();
});

test("only the owner may read what is written", { skip: process.platform === "win32" }, async () => {
  const folder = freshFolder();
  const files = new DiskFiles(folder);
  await files.write([{ name: "blocks/blk00000.dat", offset: 0, bytes: hex("00") }]);
  await files.close();
  assert.equal(statSync(join(folder, "blocks")).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, "blocks", "blk00000.dat")).mode & 0o777, 0o600);
});

test("a name that leads out of the folder is a bug of ours", () => {
  const files = new DiskFiles(freshFolder());
  assert.throws(() => files.read("../secret", 0, 1), { name: "InvariantError" });
  assert.throws(() => files.read("/etc/passwd", 0, 1), { name: "InvariantError" });
});
