/**
 * Files that exist while a node runs: the RPC cookie and the process number.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { promises as fs } from "node:fs";
import { FILE_MODE } from "./file_modes.ts";

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Bitcoin Core's name for whoever can read the cookie. */
const COOKIE_USER = "__cookie__";

/**
 * Writes `user:password` with a new password, which only our own user can read. Complete at the
 * moment when it becomes visible, since clients poll for it.
 */
export async function writeCookie(file: string): Promise<Credentials> {
  const password = randomBytes(32).toString("hex");
  await fs.writeFile(`${file}.tmp`, `${COOKIE_USER}:${password}`, { mode: FILE_MODE });
  await fs.rename(`${file}.tmp`, file);
  return { user: COOKIE_USER, password };
}

/** The number of this process, and a newline. */
export async function writePidFile(file: string): Promise<void> {
  await fs.writeFile(file, `${process.pid}\n`, { mode: FILE_MODE });
}

export async function removeRunFile(file: string): Promise<void> {
  await fs.rm(file, { force: true });
}
