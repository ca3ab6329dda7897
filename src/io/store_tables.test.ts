import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ClassicLevel } from "classic-level";
import { tempDir } from "../../test/support/temp_dir.ts";
import { below, seededRng } from "../base/rng.ts";
import { crc32c } from "./crc32c.ts";
import { DiskStore, StoreCorruptError } from "./disk_store.ts";
import { readStoreParts } from "./store_manifest.ts";
import { findTableDamage } from "./store_tables.ts";

const root = tempDir();

/** A store of some tables, closed. */
async function makeStore(name: string): Promise<string> {
  const folder = join(root, name);
  for (let round = 0; round < 3; round++) {
    const store = await DiskStore.open(folder);
    await store.write(Array.from({ length: 1_000 }, (_, i) => {
      const key = Uint8Array.of(round, i >>> 8, i);
      return { type: "put" as const, key, value: new Uint8Array(30).fill(i) };
    }));
    await store.close();
  }
  const level = new ClassicLevel(folder, { compression: false });
  await level.open();
  await level.compactRange("\u0000", "\uffff");
  await level.close();
  return folder;
}

test("the checksum of nine digits is the published one", () => {
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe306_9283);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8_ab43);
});

test("tables that LevelDB wrote are sound, and every changed byte but the footer's zeros is noticed", async () => {
  const folder = await makeStore("tables");
  const parts = await readStoreParts(folder);
  assert.ok(typeof parts === "object" && parts.tables.length > 0);
  assert.equal(await findTableDamage(folder, parts.tables), undefined);
  const seed = 7;
  const rng = seededRng(seed);
  for (const number of parts.tables) {
    const file = join(folder, `${String(number).padStart(6, "0")}.ldb`);
    const bytes = readFileSync(file);
    for (let run = 0; run < 150; run++) {
      // A third of them in the last bytes, where each has a meaning of its own.
      const at = run % 3 === 0 ? bytes.length - 1 - below(rng, 60) : below(rng, bytes.length);
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << below(rng, 8);
      writeFileSync(file, changed);
      const isFooter = at >= bytes.length - 48 && at < bytes.length - 8;
      const found = await findTableDamage(folder, parts.tables);
      // A number may be written longer than it need be.
      if (found !== undefined || !isFooter) assert.match(found ?? "nothing", /^\d+\.ldb, byte \d+$/, `seed ${seed}, byte ${at}`);
    }
    writeFileSync(file, bytes);
  }
});

test("of large tables, all that leads to the data is checked", async () => {
  const folder = await makeStore("large");
  const parts = await readStoreParts(folder);
  assert.ok(typeof parts === "object");
  const [number] = parts.tables;
  const file = join(folder, `${String(number).padStart(6, "0")}.ldb`);
  const bytes = readFileSync(file);
  for (const [at, isFound] of [[100, false], [bytes.length - 60, true]] as const) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 1;
    writeFileSync(file, changed);
    assert.equal((await findTableDamage(folder, parts.tables, 1_000)) !== undefined, isFound);
  }
});

test("a changed byte in the list of tables is noticed, or changes nothing", async () => {
  const folder = await makeStore("manifest");
  const name = readdirSync(folder).find((each) => each.startsWith("MANIFEST")) ?? assert.fail();
  const bytes = readFileSync(join(folder, name));
  const before = await readStoreParts(folder);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 0x10;
    writeFileSync(join(folder, name), changed);
    const found = await readStoreParts(folder);
    if (typeof found === "object") assert.deepEqual(found, before, `byte ${at}`);
  }
  writeFileSync(join(folder, name), bytes.subarray(0, bytes.length - 3));
  assert.equal(typeof (await readStoreParts(folder)), "object", "an edit that breaks off was never made");
});

test("a table that is missing, and a CURRENT that names nothing, are named", async () => {
  const folder = await makeStore("missing");
  const table = readdirSync(folder).find((each) => each.endsWith(".ldb")) ?? assert.fail();
  rmSync(join(folder, table));
  const isNamed = (error: unknown) => error instanceof StoreCorruptError && error.message.includes("is missing");
  await assert.rejects(DiskStore.open(folder), isNamed);
  writeFileSync(join(folder, "CURRENT"), "MANIFEST-999999\n");
  await assert.rejects(DiskStore.open(folder), isNamed);
});
