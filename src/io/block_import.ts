/**
 * Blocks from files at a start: from the node's own, to make the block index again (`-reindex`), and
 * from others (`-loadblock`).
 *
 * Each file is read twice: for its headers, which puts blocks that stand in any order in theirs, and
 * tells how much work the whole chain has before the first script is checked; then for its blocks.
 * A file that was read before costs little the second time.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Bytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { FilePosition } from "../chain/block_table.ts";
import type { ChainState } from "../chain/chain_state.ts";
import { decodeWith } from "../codec/codec.ts";
import { decoded } from "../codec/decode_error.ts";
import type { Command, CommandResult } from "../node/command.ts";
import { type Block, blockCodec } from "../primitives/block.ts";
import { displayHash, type HashKey, hashKey } from "../primitives/hash.ts";
import { BlockHeader, HEADER_BYTES } from "../primitives/header.ts";
import {
  BLOCK_READ_BYTES, BlockFileScan, type BlockRecordPlace, HEADER_READ_BYTES,
} from "./block_file_scan.ts";
import { errorText } from "./errno.ts";

/** What of a node an import needs. */
export interface ImportTarget {
  readonly core: { readonly chain: ChainState };
  command(command: Command): Promise<CommandResult>;
}

export interface BlockImportPlan {
  /** Folder of our own block files, when the index is made again from them. */
  readonly ownFolder: string | undefined;
  readonly mask: Bytes | undefined;
  /** Other files, read after it. */
  readonly files: readonly string[];
}

/** Blocks handed to the node and not connected yet: enough to keep it busy. */
const IN_FLIGHT_MAX = 32;
/** Bytes of them: the node keeps about twice as much decoded. */
const IN_FLIGHT_BYTES_MAX = 8_000_000;
/** Milliseconds that reading may hold the loop, about: callers and peers are answered in between. */
const TURN_MS = 5;

/** The node is being stopped. */
class StoppedError extends Error {}

export class BlockImport {
  readonly #node: ImportTarget;
  readonly #logger: Logger;
  /** Headers whose parent has not come, by its hash. */
  readonly #waiting = new Map<HashKey, BlockHeader[]>();
  readonly #inFlight: { readonly bytes: number; readonly answer: Promise<CommandResult> }[] = [];
  #inFlightBytes = 0;
  #turnEndsAt = 0;

  constructor(node: ImportTarget, logger: Logger) {
    this.#node = node;
    this.#logger = logger;
  }

  /** Reads everything; false when the node was stopped before. `reindexed`: all own files are read. */
  async run(
    { ownFolder, mask, files }: BlockImportPlan, reindexed: () => Promise<void>,
  ): Promise<boolean> {
    const logger = this.#logger;
    logger.info("initload thread start");
    try {
      if (ownFolder !== undefined) {
        await this.#reindex(ownFolder, mask);
        logger.info("Reindexing finished");
        await this.#command({ type: "flush" });
        await reindexed();
      }
      for (const file of files) await this.#load(file);
      await this.#command({ type: "blocks-loaded" });
      return true;
    } catch (error) {
      if (error instanceof StoppedError) return false;
      throw error;
    } finally {
      logger.info("initload thread exit");
    }
  }

  async #reindex(folder: string, mask: Bytes | undefined): Promise<void> {
    const names = readdirSync(folder).filter((name) => /^blk\d+\.dat$/.test(name)).sort();
    for (const name of names) await this.#headers(path.join(folder, name), mask);
    this.#waiting.clear();
    for (const [at, name] of names.entries()) {
      const done = Math.floor((at * 100) / names.length);
      this.#logger.info(`Reindexing block file ${name} (${done}% complete)...`);
      await this.#blocks(path.join(folder, name), mask, parseInt(name.slice(3), 10));
    }
    await this.#settled(0);
  }

  async #load(file: string): Promise<void> {
    if (!existsSync(file)) {
      this.#logger.warning(`Could not open blocks file ${file}`);
      return;
    }
    this.#logger.info(`Importing blocks file ${file}...`);
    try {
      await this.#headers(file, undefined);
      this.#waiting.clear();
      await this.#blocks(file, undefined, undefined);
      await this.#settled(0);
    } catch (error) {
      if (error instanceof StoppedError) throw error;
      this.#logger.error(`Cannot read blocks file ${file}: ${errorText(error)}`);
    }
  }

  async #headers(file: string, mask: Bytes | undefined): Promise<void> {
    const scan = this.#open(file, mask, HEADER_READ_BYTES);
    try {
      for await (const place of this.#places(scan)) {
        const header = new BlockHeader(scan.bytes(place.offset, HEADER_BYTES).slice());
        await this.#takeHeader(header);
        // Unless something stands where its length leads, the length may be what is wrong.
        if (scan.isFollowedWell(place)) scan.taken(place);
        else scan.refused();
      }
    } finally {
      scan.close();
    }
  }

  /** Each thing that looks like a record, which the caller takes or refuses. */
  async *#places(scan: BlockFileScan): AsyncGenerator<BlockRecordPlace, undefined> {
    for (let found = scan.next(); found !== undefined; found = scan.next()) {
      if (found !== "more") yield found;
      if (found !== "more" && performance.now() < this.#turnEndsAt) continue;
      await nextTurn();
      this.#turnEndsAt = performance.now() + TURN_MS;
    }
    return undefined;
  }

  async #takeHeader(header: BlockHeader): Promise<void> {
    if (this.#isKnown(header)) return;
    if (!this.#hasParent(header)) {
      this.#logger.debug("reindex", () => `LoadExternalBlockFile: Out of order block ` +
        `${displayHash(header.hash)}, parent ${displayHash(header.previous)} not known`);
      const key = hashKey(header.previous);
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), header]);
      return;
    }
    const queue = [header];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      await this.#command({ type: "submit-header", header: next });
      const { hash } = next;
      const children = this.#waiting.get(hashKey(hash)) ?? [];
      this.#waiting.delete(hashKey(hash));
      for (const child of children) {
        this.#logger.debug("reindex", () => `LoadExternalBlockFile: Processing out of order child ` +
          `${displayHash(child.hash)} of ${displayHash(hash)}`);
        queue.push(child);
      }
    }
  }

  /** `number`: of our own file, whose blocks stay where they are. */
  async #blocks(file: string, mask: Bytes | undefined, number: number | undefined): Promise<void> {
    const scan = this.#open(file, mask, BLOCK_READ_BYTES);
    const start = performance.now();
    let loaded = 0;
    try {
      for await (const place of this.#places(scan)) {
        if (await this.#takeBlock(scan, place, number)) loaded++;
      }
    } finally {
      scan.close();
    }
    const took = Math.round(performance.now() - start);
    this.#logger.info(`Loaded ${loaded} blocks from external file in ${took}ms`);
  }

  async #takeBlock(scan: BlockFileScan, place: BlockRecordPlace, file: number | undefined): Promise<boolean> {
    const { headers } = this.#node.core.chain;
    const header = new BlockHeader(scan.bytes(place.offset, HEADER_BYTES));
    const id = headers.find(header.hash);
    if (id !== undefined && headers.hasBlock(id) && scan.isFollowedWell(place)) {
      scan.taken(place);
      return false;
    }
    const bytes = scan.bytes(place.offset, place.length).slice();
    const block = decoded(() => decodeWith(blockCodec, bytes));
    if (block === undefined) {
      scan.refused();
      return false;
    }
    scan.taken(place);
    if (id === undefined || headers.hasBlock(id)) return false;
    const position: FilePosition | undefined = file === undefined ? undefined : { file, ...place };
    this.#submit(block, position);
    await this.#settled(IN_FLIGHT_MAX);
    return true;
  }

  #submit(block: Block, position: FilePosition | undefined): void {
    const place = position === undefined ? {} : { position };
    const answer = this.#command({ type: "submit-block", block, ...place });
    // Waited for in its turn; until then it is nobody's failure.
    answer.catch(() => {});
    this.#inFlight.push({ bytes: block.bytes.length, answer });
    this.#inFlightBytes += block.bytes.length;
  }

  /** Waits until at most `count` blocks are in flight. */
  async #settled(count: number): Promise<void> {
    while (this.#inFlight.length > count || this.#inFlightBytes > IN_FLIGHT_BYTES_MAX) {
      const oldest = this.#inFlight.shift();
      if (oldest === undefined) return;
      this.#inFlightBytes -= oldest.bytes;
      await oldest.answer;
    }
  }

  async #command(command: Command): Promise<CommandResult> {
    const result = await this.#node.command(command);
    if (!result.ok && result.fault.code === "shutting-down") throw new StoppedError();
    return result;
  }

  #isKnown({ hash }: BlockHeader): boolean {
    return this.#node.core.chain.headers.find(hash) !== undefined;
  }

  #hasParent({ previous }: BlockHeader): boolean {
    return this.#node.core.chain.headers.find(previous) !== undefined;
  }

  #open(file: string, mask: Bytes | undefined, readBytes: number): BlockFileScan {
    return new BlockFileScan(file, this.#node.core.chain.params.magic, mask, readBytes);
  }
}
