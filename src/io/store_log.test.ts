import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempDir } from "../../test/support/temp_dir.ts";
import { DiskStore, StoreCorruptError } from "./disk_store.ts";
import { damagedAt } from "./store_log.ts";

const root = tempDir();

/** A store with a log of about 100 KB, closed; and where its log is. */
async function makeStore(name: string): Promise<{ readonly folder: string; readonly log: string }> {
  const folder = join(root, name);
  const store = await DiskStore.open(folder);
  for (let i = 0; i < 300; i++) {
    await store.write([{ type: "put", key: Uint8Array.of(i >>> 8, i), value: new Uint8Array(300).fill(i) }]);
  }
  await store.close();
  const log = readdirSync(folder).find((file) => /^\d+\.log$/.test(file)) ?? assert.fail("there is a log");
  return { folder, log: join(folder, log) };
}

async function entriesIn(folder: string): Promise<number> {
  const store = await DiskStore.open(folder);
  let count = 0;
  for await (const _ of store.scan(new Uint8Array(0), Uint8Array.of(0xff))) count++;
  await store.close();
  return count;
}

test("a log that LevelDB wrote is sound, and every changed byte but in its last block is noticed", async () => {
  const { log } = await makeStore("sound");
  const bytes = new Uint8Array(readFileSync(log));
  assert.ok(bytes.length > 2 * 32_768);
  assert.equal(damagedAt(bytes), undefined);
  for (let at = 5; at < 2 * 32_768; at += 997) {
    const changed = bytes.slice();
    changed[at]! ^= 0x40;
    const found = damagedAt(changed);
    assert.ok(found !== undefined && found <= at, `byte ${at} is not noticed`);
  }
});

test("a store with damage in the middle of its log is refused, again and again, and not made worse", async () => {
  const { folder, log } = await makeStore("middle");
  const bytes = readFileSync(log);
  bytes[20_000]! ^= 1;
  writeFileSync(log, bytes);
  for (let i = 0; i < 2; i++) {
    await assert.rejects(DiskStore.open(folder), (error) =>
      error instanceof StoreCorruptError && /the store is damaged \(\d+\.log, byte \d+\)/.test(error.message));
  }
  assert.deepEqual(readFileSync(log), bytes);
});

test("a log that breaks off, or ends in noise, is one to which less was written", async () => {
  for (const [name, damage] of [
    ["torn", (bytes: Buffer) => bytes.subarray(0, bytes.length - 100)],
    ["noise", (bytes: Buffer) => Buffer.concat([bytes.subarray(0, bytes.length - 100), Buffer.alloc(100, 0x5a)])],
    ["unused", (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(5000)])],
  ] as const) {
    const { folder, log } = await makeStore(name);
    writeFileSync(log, damage(readFileSync(log)));
    assert.equal(await entriesIn(folder), name === "unused" ? 300 : 299, name);
  }
});
