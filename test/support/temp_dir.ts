import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** A new empty folder, removed with what is in it when the tests of the file are over. */
export function tempDir(): string {
  const folder = mkdtempSync(join(tmpdir(), "tidings-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
