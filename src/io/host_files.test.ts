import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempDir } from "../../test/support/temp_dir.ts";
import { AddressBook } from "../addrbook/address_book.ts";
import { readableBook } from "../addrbook/address_file.ts";
import { NetGroups } from "../addrbook/net_groups.ts";
import { type Bytes, fromLatin1 } from "../base/bytes.ts";
import { silentLogger } from "../base/logger.ts";
import { seededRng } from "../base/rng.ts";
import type { UnixSeconds } from "../base/time.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { readHostFiles } from "./host_files.ts";

const MAGIC = Uint8Array.of(1, 2, 3, 4);
const folder = tempDir();

/** The files as they are handed over, what was saved, and the log. */
async function start(files: Readonly<Record<string, Bytes>>, asmapFile?: string) {
  const saved: Record<string, Bytes> = {};
  const log: string[] = [];
  const note = (text: string) => void log.push(text);
  const disk = {
    loadSmall: async (name: string) => files[name],
    save: async (name: string, bytes: Bytes) => {
      saved[name] = bytes;
    },
  };
  const found = await readHostFiles(
    disk, { dataDir: folder, magic: MAGIC, asmapFile }, { ...silentLogger, info: note, warning: note });
  return { ...found, saved, log: log.join("\n") };
}

function book(): Bytes {
  const clock = new VirtualClock(1_700_000_000 as UnixSeconds);
  const groups = new NetGroups(undefined, false);
  return new AddressBook({ clock, rng: seededRng(1), logger: silentLogger, groups }).save(MAGIC);
}

test("files that are not there are no fault, and peers.dat that can be read is handed over", async () => {
  const none = await start({});
  assert.deepEqual([none.savedBook, none.savedBans, none.asmap], [undefined, undefined, undefined]);
  assert.match(none.log, /Creating peers\.dat because the file was not found \(".*peers\.dat"\)/);
  assert.match(none.log, /Using \/16 prefix for IP bucketing/);
  const bytes = book();
  const some = await start({ "peers.dat": bytes, "banlist.json": fromLatin1("{}") });
  assert.deepEqual([some.savedBook, some.savedBans], [readableBook(bytes, MAGIC), fromLatin1("{}")]);
  assert.notEqual(some.savedBook, undefined);
});

test("a peers.dat that is damaged ends the start with what to do about it", async () => {
  const bytes = book();
  await assert.rejects(start({ "peers.dat": bytes.subarray(0, -1) }), {
    name: "DataDirError",
    message: /^Invalid or corrupt peers\.dat \(AutoFile::read: end of file.*move the file \(".*peers\.dat"\)/,
  });
});

test("a peers.dat of a newer format, or of our first, is set aside", async () => {
  const newer = book();
  newer[5] = 32 + 111;
  for (const bytes of [newer, fromLatin1("TADR and so on")]) {
    const { savedBook, saved, log } = await start({ "peers.dat": bytes });
    assert.equal(savedBook, undefined);
    assert.deepEqual(saved, { "peers.dat.bak": bytes });
    assert.match(log, /Creating new peers\.dat because the file version was not compatible/);
  }
});

test("a map of systems is read from the folder or by its path, or refused by name", async () => {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "map");
  writeFileSync(path, Uint8Array.of(0, 0, 0));
  for (const name of ["map", path]) {
    const { asmap, log } = await start({}, name);
    assert.equal(asmap?.asn(new Uint8Array(16)), 1);
    assert.match(log, /Opened asmap file ".*map" \(3 bytes\) from disk\nUsing asmap version [0-9a-f]{64} /);
  }
  const missing = join(folder, "missing");
  await assert.rejects(start({}, "missing"), { message: `Could not find asmap file "${missing}"` });
  writeFileSync(path, "");
  await assert.rejects(start({}, "map"), { message: `Could not parse asmap file "${path}"` });
});
