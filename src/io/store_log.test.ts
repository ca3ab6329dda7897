import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempDir } from "../../test/support/temp_dir.ts";
import { DiskStore, StoreLockedError } from "./disk_store.ts";
import { firstDamage } from "./store_log.ts";

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

test("a log that LevelDB wrote is sound, and every changed byte is noticed", async () => {
  const { log } = await makeStore("sound");
  const bytes = new Uint8Array(readFileSync(log));
  assert.ok(bytes.length > 2 * 32_768);
  assert.equal(firstDamage(bytes), undefined);
  for (let at = 5; at < bytes.length; at += 997) {
    const changed = bytes.slice();
    changed[at]! ^= 0x40;
    const found = firstDamage(changed);
    assert.ok(found !== undefined && found <= at, `byte ${at} is not noticed`);
  }
});

test("a log is cut off where its damage begins: what stands there was written without a gap", async () => {
  for (const [name, damage, kept] of [
    ["middle", (bytes: Buffer) => bytes.fill(0x5a, 20_000, 20_001), 61],
    // What a power cut leaves when the system wrote a later page first.
    ["page", (bytes: Buffer) => bytes.fill(0, 40_960, 45_056), 126],
    ["torn", (bytes: Buffer) => bytes.subarray(0, bytes.length - 100), 299],
    ["noise", (bytes: Buffer) => Buffer.concat([bytes.subarray(0, bytes.length - 100), Buffer.alloc(100, 0x5a)]), 299],
    ["unused", (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(5000)]), 300],
  ] as const) {
    const { folder, log } = await makeStore(name);
    writeFileSync(log, damage(readFileSync(log)));
    const store = await DiskStore.open(folder);
    const keys: number[] = [];
    for await (const [key] of store.scan(new Uint8Array(0), Uint8Array.of(0xff))) {
      keys.push((key[0] as number) * 256 + (key[1] as number));
    }
    assert.deepEqual(keys, Array.from({ length: kept }, (_, i) => i), name);
    assert.equal(store.mendedAt !== undefined, kept < 300, name);
    await store.close();
    const again = await DiskStore.open(folder);
    assert.equal(again.mendedAt, undefined);
    await again.close();
  }
});

test("a log that another part of the process writes to is not touched", async () => {
  const { folder, log } = await makeStore("busy");
  const store = await DiskStore.open(folder);
  const live = readdirSync(folder).filter((file) => /^\d+\.log$/.test(file));
  writeFileSync(join(folder, live[0] ?? log), Buffer.alloc(200, 0x5a));
  await assert.rejects(DiskStore.open(folder), StoreLockedError);
  assert.equal(statSync(join(folder, live[0] ?? log)).size, 200);
  await store.close();
});
