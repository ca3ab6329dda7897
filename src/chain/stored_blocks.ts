import type { Bytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import { decodeWith } from "../codec/codec.ts";
import { decoded } from "../codec/decode_error.ts";
import { checkBlock } from "../consensus/block_rules.ts";
import { describeViolation } from "../consensus/rule_violation.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { type Block, blockCodec } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import { displayHash } from "../primitives/hash.ts";
import type { FileWrite } from "../store/file_store.ts";
import type { BlockFiles } from "./block_files.ts";
import type { FilePosition } from "./block_table.ts";
import type { FileRange } from "./chain_ports.ts";
import { type BlockId, GENESIS, type HeaderIndex } from "./header_index.ts";

/** Serialised bytes of blocks kept decoded until they are connected; others are read from disk again. */
const RECENT_BYTES_MAX = 16 * 1024 * 1024;

/** Blocks by id: written, read back, and kept for a while as they came. */
export class StoredBlocks {
  readonly #headers: HeaderIndex;
  readonly #files: BlockFiles;
  readonly #params: ChainParams;
  readonly #logger: Logger;
  /** The oldest first. */
  readonly #recent = new Map<BlockId, Block>();
  #recentBytes = 0;
  readonly #unwritten = new Set<BlockId>();

  constructor(headers: HeaderIndex, files: BlockFiles, params: ChainParams, logger: Logger) {
    this.#headers = headers;
    this.#files = files;
    this.#params = params;
    this.#logger = logger;
  }

  /**
   * Finds a place for a block, if it has none; the writes are the caller's to have made, and to report
   * by `written`.
   */
  store(id: BlockId, block: Block, found?: FilePosition): readonly FileWrite[] {
    const height = this.#headers.height(id);
    if (found !== undefined) this.#files.restoreBlock(found, height);
    const { position, writes } =
      found === undefined ? this.#files.placeBlock(block.bytes, height) : { position: found, writes: [] };
    this.#headers.blocks.setStored(id, position, block.transactionCount);
    this.#unwritten.add(id);
    this.#remember(id, block);
    return writes;
  }

  /** The same for what undoes it. */
  storeUndo(id: BlockId, undo: Bytes): readonly FileWrite[] {
    const block = this.#headers.blocks.position(id);
    if (block === undefined) return [];
    // It may be there from before a crash: a power cut can have torn it.
    if (this.#headers.blocks.hasUndo(id) && this.undo(id) !== undefined) return [];
    const { position, writes } = this.#files.placeUndo(block.file, this.#previousHash(id), undo);
    this.#headers.blocks.setUndoStored(id, position);
    return writes;
  }

  written(id: BlockId | undefined, writes: readonly FileWrite[]): void {
    if (id !== undefined) this.#unwritten.delete(id);
    this.#files.written(writes);
  }

  isWritten(id: BlockId): boolean {
    return !this.#unwritten.has(id);
  }

  range(id: BlockId): FileRange | undefined {
    const position = this.#headers.blocks.position(id);
    return position === undefined ? undefined : this.#files.range(position);
  }

  read(id: BlockId): Bytes | undefined {
    const position = this.#headers.blocks.position(id);
    if (position === undefined) return undefined;
    return this.#recent.get(id)?.bytes ?? this.#files.readBlock(position, this.#headers.hash(id));
  }

  /** Decoded, and checked again when it comes from disk: what is damaged is logged, and not here. */
  block(id: BlockId): Block | undefined {
    const recent = this.#recent.get(id);
    if (recent !== undefined) return recent;
    const bytes = this.read(id);
    if (bytes === undefined) return undefined;
    const block = decoded(() => decodeWith(blockCodec, bytes));
    const fault = block === undefined ? undefined : checkBlock(block, this.#params);
    if (block !== undefined && (fault === undefined || id === GENESIS)) return block;
    const why = fault === undefined ? "it cannot be decoded" : describeViolation(fault);
    const range = this.range(id);
    const hash = displayHash(this.#headers.hash(id));
    this.#logger.error(`Block ${hash} at ${range?.name}, offset ${range?.offset}, is damaged: ${why}`);
    return undefined;
  }

  undo(id: BlockId): readonly Coin[] | undefined {
    const position = this.#headers.blocks.undoPosition(id);
    return position === undefined ? undefined : this.#files.readUndo(position, this.#previousHash(id));
  }

  /** It is connected, or will not be soon: whoever wants it reads it from disk. */
  forget(id: BlockId): void {
    const block = this.#recent.get(id);
    if (block === undefined) return;
    this.#recent.delete(id);
    this.#recentBytes -= block.bytes.length;
  }

  #remember(id: BlockId, block: Block): void {
    this.#recent.set(id, block);
    this.#recentBytes += block.bytes.length;
    for (const oldest of this.#recent.keys()) {
      if (this.#recentBytes <= RECENT_BYTES_MAX || oldest === id) break;
      this.forget(oldest);
    }
  }

  #previousHash(id: BlockId) {
    return this.#headers.hash(this.#headers.previous(id) ?? GENESIS);
  }
}
