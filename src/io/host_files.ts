/**
 * What the start reads of other hosts: their addresses, bans, and whose addresses are whose.
 *
 * Log and error texts are Bitcoin Core's (addrdb.cpp, init.cpp, util/asmap.cpp).
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { decodeBook, type SavedBook } from "../addrbook/address_file.ts";
import { Asmap } from "../addrbook/asmap.ts";
import { type Bytes, equalBytes, fromLatin1, reversed, toHex } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import { BANS_FILE, PEERS_FILE } from "../node/known_hosts.ts";
import type { NodePorts } from "../node/node_ports.ts";
import { DataDirError } from "./data_dir_error.ts";
import type { NodeDisk } from "./node_disk.ts";
import { BUG_REPORTS } from "./version.ts";

/** How versions before Bitcoin Core's format was taken over began the file. */
const OLD_MAGIC = fromLatin1("TADR");

export interface HostFilesOptions {
  /** The network's folder; `undefined` for a node in memory. */
  readonly dataDir: string | undefined;
  /** Of the network. */
  readonly magic: Bytes;
  /** Relative to the folder, or absolute. */
  readonly asmapFile: string | undefined;
  /** In place of the file. */
  readonly asmap?: Asmap | undefined;
}

/** @throws {DataDirError} when a file is there and of no use: what to do is the operator's choice */
export async function readHostFiles(
  disk: Pick<NodeDisk, "loadSmall" | "save">, options: HostFilesOptions, logger: Logger,
): Promise<Pick<NodePorts, "savedBook" | "savedBans" | "asmap">> {
  const asmap = await readAsmap(options, logger);
  return {
    asmap,
    savedBook: await readBook(disk, options, logger),
    savedBans: await disk.loadSmall(BANS_FILE),
  };
}

async function readBook(
  disk: Pick<NodeDisk, "loadSmall" | "save">, { dataDir, magic }: HostFilesOptions, logger: Logger,
): Promise<SavedBook | undefined> {
  const file = `"${path.join(dataDir ?? "", PEERS_FILE)}"`;
  const bytes = await disk.loadSmall(PEERS_FILE);
  if (bytes === undefined) {
    logger.info(`Creating ${PEERS_FILE} because the file was not found (${file})`);
    return undefined;
  }
  const isOld = equalBytes(bytes.subarray(0, OLD_MAGIC.length), OLD_MAGIC);
  const reading = isOld ? undefined : decodeBook(bytes, magic);
  if (reading?.type === "book") return reading.book;
  if (reading?.type === "corrupt") {
    throw new DataDirError("damaged", `Invalid or corrupt ${PEERS_FILE} (${reading.why}). If you believe this ` +
      `is a bug, please report it to ${BUG_REPORTS}. As a workaround, you can move the file (${file}) out of ` +
      "the way (rename, move, or delete) to have a new one created on the next start.");
  }
  await disk.save(`${PEERS_FILE}.bak`, bytes);
  logger.warning(`Creating new ${PEERS_FILE} because the file version was not compatible (${file}). ` +
    `Original backed up to ${PEERS_FILE}.bak`);
  return undefined;
}

async function readAsmap(options: HostFilesOptions, logger: Logger): Promise<Asmap | undefined> {
  const { asmap = await readAsmapFile(options, logger) } = options;
  if (asmap === undefined) logger.info("Using /16 prefix for IP bucketing");
  else logger.info(`Using asmap version ${toHex(reversed(asmap.version))} for IP bucketing`);
  return asmap;
}

async function readAsmapFile(
  { dataDir, asmapFile }: HostFilesOptions, logger: Logger,
): Promise<Asmap | undefined> {
  if (asmapFile === undefined) return undefined;
  const file = path.resolve(dataDir ?? "", asmapFile);
  const bytes = await readFile(file).catch(() => {
    throw new DataDirError("unreadable", `Could not find asmap file "${file}"`);
  });
  logger.info(`Opened asmap file "${file}" (${bytes.length} bytes) from disk`);
  const asmap = Asmap.parse(bytes);
  if (asmap === undefined) throw new DataDirError("unreadable", `Could not parse asmap file "${file}"`);
  return asmap;
}
