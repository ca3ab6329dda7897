import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fromHex as hex } from "../base/bytes.ts";
import { obeysKeyValueStore } from "../../test/contract/key_value_store.ts";
import { repoRoot } from "../../test/support/paths.ts";
import { tempDir } from "../../test/support/temp_dir.ts";
import { DiskStore, StoreCorruptError, StoreLockedError } from "./disk_store.ts";

const root = tempDir();
let folders = 0;

function freshFolder(): string {
  folders += 1;
  return join(root, String(folders));
}

obeysKeyValueStore("DiskStore", () => DiskStore.open(freshFolder()));

test("what was written is found by the next to open the folder", async () => {
  const folder = freshFolder();
  const first = await DiskStore.open(folder);
  await first.write([{ type: "put", key: hex("01"), value: hex("aa") }], { sync: true });
  await first.close();
  const second = await DiskStore.open(folder);
  assert.deepEqual(second.get(hex("01")), hex("aa"));
  await second.close();
});

test("what is read is a plain Uint8Array, whose slice copies", async () => {
  const store = await DiskStore.open(freshFolder());
  await store.write([{ type: "put", key: hex("01"), value: hex("aa") }]);
  assert.equal(store.get(hex("01"))?.constructor, Uint8Array);
  for await (const [key, value] of store.scan(hex("00"), hex("ff"))) {
    assert.equal(key.constructor, Uint8Array);
    assert.equal(value.constructor, Uint8Array);
  }
  await store.close();
});

test("a sync of nothing leaves the store as it is", async () => {
  const store = await DiskStore.open(freshFolder());
  await store.write([{ type: "put", key: hex("01"), value: hex("aa") }]);
  await store.write([], { sync: true });
  await store.write([], { sync: true });
  const found: Uint8Array[] = [];
  for await (const [key] of store.scan(hex(""), hex("ff"))) found.push(key);
  assert.deepEqual(found, [hex("01")]);
  await store.close();
});

test("a scan of more entries than are fetched at once gives them all", async () => {
  const store = await DiskStore.open(freshFolder());
  const keys = Array.from({ length: 2_500 }, (_, i) => Uint8Array.of(1, i >> 8, i & 0xff));
  await store.write(keys.map((key) => ({ type: "put", key, value: key })));
  const found: Uint8Array[] = [];
  for await (const [key] of store.scan(hex("01"), hex("02"))) found.push(key);
  assert.deepEqual(found, keys);
  await store.close();
});

test("a folder that is open in this process is refused", async () => {
  const folder = freshFolder();
  const store = await DiskStore.open(folder);
  await assert.rejects(DiskStore.open(folder), (error: Error) => {
    assert.ok(error instanceof StoreLockedError);
    assert.equal(error.message, `Cannot open ${folder}: already open by another process`);
    return true;
  });
  await store.close();
});

test("a folder that another process has open is refused", async () => {
  const folder = freshFolder();
  const store = await DiskStore.open(folder);
  const { stdout } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", `
      import { ClassicLevel } from "classic-level";
      await new ClassicLevel(${JSON.stringify(folder)}).open().catch((error) => console.log(error.cause.code));`],
    { cwd: repoRoot, encoding: "utf8" },
  );
  assert.equal(stdout.trim(), "LEVEL_LOCKED");
  await store.close();
});

test("a damaged store is refused by name", async () => {
  const folder = freshFolder();
  await (await DiskStore.open(folder)).close();
  const manifest = readdirSync(folder).find((name) => name.startsWith("MANIFEST"));
  writeFileSync(join(folder, String(manifest)), "not a manifest, but long enough to be read as one");
  await assert.rejects(DiskStore.open(folder), StoreCorruptError);
});

test("a folder that cannot be made is an error that names it", async () => {
  const folder = join(root, "missing", "deeper", "still");
  await assert.rejects(DiskStore.open(join(root, "\0")), Error);
  writeFileSync(join(root, "missing"), "a file");
  await assert.rejects(DiskStore.open(folder), /missing/);
});
