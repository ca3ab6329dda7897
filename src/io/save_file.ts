import { promises as fs } from "node:fs";
import * as path from "node:path";
import type { Bytes } from "../base/bytes.ts";
import { FILE_MODE } from "./file_modes.ts";
import { syncFolder } from "./sync_folder.ts";

/**
 * Puts `content` in place of the whole file: at every moment a reader finds the old one or the new
 * one, and after a power cut as well.
 */
export async function saveFile(name: string, content: Bytes | string): Promise<void> {
  const fresh = `${name}.new`;
  const file = await fs.open(fresh, "w", FILE_MODE);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await fs.rename(fresh, name);
  await syncFolder(path.dirname(name));
}
