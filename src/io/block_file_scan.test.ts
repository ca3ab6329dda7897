import assert from "node:assert/strict";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempDir } from "../../test/support/temp_dir.ts";
import { REGTEST } from "../params/regtest.ts";
import { BlockFileScan, HEADER_READ_BYTES } from "./block_file_scan.ts";

const MEBIBYTE = 1024 * 1024;

/** A file that is empty but for a block at each of these places. */
function fileWith(...offsets: readonly number[]): string {
  const file = join(tempDir(), "blk00000.dat");
  const { bytes } = REGTEST.genesis;
  const record = new Uint8Array([...REGTEST.magic, bytes.length, bytes.length >>> 8, 0, 0, ...bytes]);
  const descriptor = openSync(file, "w");
  for (const offset of offsets) writeSync(descriptor, record, 0, record.length, offset);
  closeSync(descriptor);
  return file;
}

test("a block far behind others is found, with breaks for whoever waits meanwhile", () => {
  const scan = new BlockFileScan(fileWith(0, 20 * MEBIBYTE), REGTEST.magic, undefined, HEADER_READ_BYTES);
  const found: number[] = [];
  let breaks = 0;
  for (let place = scan.next(); place !== undefined; place = scan.next()) {
    if (place === "more") {
      breaks++;
      continue;
    }
    found.push(place.offset);
    scan.taken(place);
  }
  scan.close();
  assert.deepEqual(found, [8, 20 * MEBIBYTE + 8]);
  assert.ok(breaks >= 2, `${breaks} breaks`);
});
