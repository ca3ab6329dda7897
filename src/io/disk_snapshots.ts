/**
 * Snapshots of the coins: files of the operator's, and the store that one is loaded into.
 *
 * @module
 */
import { promises as fs } from "node:fs";
import * as path from "node:path";
import type { Bytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import { populateSnapshot } from "../chain/snapshot/populate_snapshot.ts";
import { SnapshotError, type SnapshotHead } from "../chain/snapshot/snapshot_format.ts";
import type { Command, CommandResult } from "../node/command.ts";
import { snapshotRefusal } from "../node/chain_commands.ts";
import type { NodeCore } from "../node/node_core.ts";
import { findAssumeUtxo } from "../params/assume_utxo.ts";
import type { NewFile, ReadFile, Scratch, SnapshotDesk } from "../rpc/snapshot_desk.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { DiskStore } from "./disk_store.ts";
import { FILE_MODE } from "./file_modes.ts";
import type { OptionalStore } from "./optional_store.ts";

/** Bytes read at once. */
const READ_BYTES = 256 * 1024;

export interface SnapshotNode {
  readonly core: NodeCore;
  command(command: Command): Promise<CommandResult>;
  readonly stopping: Promise<void>;
}

export class DiskSnapshots implements SnapshotDesk {
  readonly #node: SnapshotNode;
  readonly #logger: Logger;
  /** Where relative paths begin. */
  readonly #folder: string;
  readonly #coins: OptionalStore;
  #isLoading = false;
  #isStopping = false;

  constructor(node: SnapshotNode, logger: Logger, folder: string, coins: OptionalStore) {
    this.#node = node;
    this.#logger = logger;
    this.#folder = folder;
    this.#coins = coins;
    void node.stopping.then(() => {
      this.#isStopping = true;
    });
  }

  resolve(name: string): string {
    return path.resolve(this.#folder, name);
  }

  async exists(file: string): Promise<boolean> {
    return (await fs.stat(file).catch(() => undefined)) !== undefined;
  }

  async create(file: string): Promise<NewFile | undefined> {
    const handle = await fs.open(file, "w", FILE_MODE).catch(() => undefined);
    if (handle === undefined) return undefined;
    let isOpen = true;
    return {
      async write(offset, bytes) {
        for (let done = 0; done < bytes.length;) {
          done += (await handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
        }
      },
      async close() {
        if (!isOpen) return;
        isOpen = false;
        try {
          await handle.sync();
        } finally {
          await handle.close();
        }
      },
    };
  }

  async open(file: string): Promise<ReadFile | undefined> {
    const handle = await fs.open(file, "r").catch(() => undefined);
    if (handle === undefined) return undefined;
    const read = async (length: number): Promise<Bytes> => {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, length - done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    };
    return {
      head: read,
      async *rest() {
        for (let bytes = await read(READ_BYTES); bytes.length > 0; bytes = await read(READ_BYTES)) {
          yield bytes;
        }
      },
      close: () => handle.close(),
    };
  }

  rename(from: string, to: string): Promise<void> {
    return fs.rename(from, to);
  }

  remove(file: string): Promise<void> {
    return fs.rm(file, { force: true });
  }

  async scratch(folder: string | undefined): Promise<Scratch> {
    if (folder === undefined) return { store: new MemoryStore(), remove: async () => {} };
    await fs.rm(folder, { recursive: true, force: true });
    const store = await DiskStore.open(folder);
    return {
      store,
      async remove() {
        await store.close();
        await fs.rm(folder, { recursive: true, force: true });
      },
    };
  }

  async load(head: SnapshotHead, file: ReadFile): Promise<void> {
    if (this.#isLoading) throw new SnapshotError("Another snapshot is being loaded");
    this.#isLoading = true;
    try {
      await this.#load(head, file);
    } finally {
      this.#isLoading = false;
    }
  }

  async #load(head: SnapshotHead, file: ReadFile): Promise<void> {
    const { core } = this.#node;
    const refusal = snapshotRefusal(core, head.base);
    if (refusal !== undefined) throw new SnapshotError(refusal);
    const expected = findAssumeUtxo(core.chain.params, head.base);
    if (expected === undefined || !core.chain.isSnapshotAhead(head.base)) {
      throw new SnapshotError("Population failed: Work does not exceed active chainstate");
    }
    await this.#coins.open();
    try {
      await this.#populate(head, file);
      const result = await this.#node.command({ type: "activate-snapshot", base: head.base });
      if (result.ok) return;
      throw new SnapshotError(result.fault.code === "snapshot-refused" ? result.fault.why : "Shutting down");
    } catch (error) {
      // Not the active one: nobody has read from it, and nobody writes to it.
      if (core.chain.coinsStore !== "snapshot") await this.#coins.drop();
      throw error;
    }
  }

  async #populate(head: SnapshotHead, file: ReadFile): Promise<void> {
    const { chain } = this.#node.core;
    const expected = findAssumeUtxo(chain.params, head.base);
    if (expected === undefined) return;
    const ports = { logger: this.#logger, store: this.#coins, isStopped: () => this.#isStopping };
    try {
      await populateSnapshot(file.rest(), head, expected, ports);
    } catch (error) {
      if (error instanceof SnapshotError) throw new SnapshotError(`Population failed: ${error.message}`);
      throw error;
    }
  }
}
