/**
 * What is known of each header's block: how far it was checked, where its bytes stand.
 *
 * @module
 */
import { grown, type RowColumns } from "./columns.ts";

/** Bits of `flags`, as they are kept on disk. */
const HAS_BLOCK = 1;
const HAS_UNDO = 2;
const WAS_CONNECTED = 4;
const INVALID = 8;
const FLAGS = HAS_BLOCK | HAS_UNDO | WAS_CONNECTED | INVALID;

/** Where a block, or what undoes it, stands: in `blocks/blk<file>.dat` or `blocks/rev<file>.dat`. */
export interface FilePosition {
  readonly file: number;
  /** Of its first byte, behind magic and length. */
  readonly offset: number;
  readonly length: number;
}

/** A row as it is kept on disk. */
export interface BlockRecord {
  readonly flags: number;
  readonly transactionCount: number;
  readonly file: number;
  readonly offset: number;
  readonly length: number;
  readonly undoOffset: number;
  readonly undoLength: number;
}

export class BlockTable implements RowColumns {
  readonly #changed: (row: number) => void;
  #flags = new Uint8Array(0);
  #transactionCount = new Uint32Array(0);
  /** Of the whole chain up to here; a double, since main's will pass 2^32. Zero until all are known. */
  #chainTransactionCount = new Float64Array(0);
  #sequence = new Int32Array(0);
  #file = new Uint32Array(0);
  #offset = new Uint32Array(0);
  #length = new Uint32Array(0);
  #undoOffset = new Uint32Array(0);
  #undoLength = new Uint32Array(0);

  /** `changed` is told of each row that is no longer as it is on disk. */
  constructor(changed: (row: number) => void) {
    this.#changed = changed;
  }

  get bytes(): number {
    return this.#flags.byteLength + 7 * this.#file.byteLength + this.#chainTransactionCount.byteLength;
  }

  grow(rows: number): void {
    this.#flags = grown(this.#flags, rows);
    this.#transactionCount = grown(this.#transactionCount, rows);
    this.#chainTransactionCount = grown(this.#chainTransactionCount, rows);
    this.#sequence = grown(this.#sequence, rows);
    this.#file = grown(this.#file, rows);
    this.#offset = grown(this.#offset, rows);
    this.#length = grown(this.#length, rows);
    this.#undoOffset = grown(this.#undoOffset, rows);
    this.#undoLength = grown(this.#undoLength, rows);
  }

  hasBlock(row: number): boolean {
    return this.#has(row, HAS_BLOCK);
  }

  hasUndo(row: number): boolean {
    return this.#has(row, HAS_UNDO);
  }

  /** Its scripts were found good, on the active chain; it may have left it since. */
  wasConnected(row: number): boolean {
    return this.#has(row, WAS_CONNECTED);
  }

  isInvalid(row: number): boolean {
    return this.#has(row, INVALID);
  }

  /** Zero until the block has been here. */
  transactionCount(row: number): number {
    return this.#transactionCount[row] as number;
  }

  /** Of this block and all before it; zero while they are not linked. */
  chainTransactionCount(row: number): number {
    return this.#chainTransactionCount[row] as number;
  }

  /**
   * Whether this block and all before it are here, or have been and are not needed: those of the active
   * chain may be pruned, and those up to a block whose coins came in a snapshot need never have come.
   */
  isLinked(row: number): boolean {
    return this.chainTransactionCount(row) > 0;
  }

  /**
   * Order in which blocks became connectable: of two chains with equal work, the first one seen is kept.
   * Below zero for those that the operator prefers.
   */
  sequence(row: number): number {
    return this.#sequence[row] as number;
  }

  position(row: number): FilePosition | undefined {
    if (!this.hasBlock(row)) return undefined;
    const [file, offset] = [this.#file[row] as number, this.#offset[row] as number];
    return { file, offset, length: this.#length[row] as number };
  }

  undoPosition(row: number): FilePosition | undefined {
    if (!this.hasUndo(row)) return undefined;
    const [file, offset] = [this.#file[row] as number, this.#undoOffset[row] as number];
    return { file, offset, length: this.#undoLength[row] as number };
  }

  setStored(row: number, { file, offset, length }: FilePosition, transactionCount: number): void {
    this.#file[row] = file;
    this.#offset[row] = offset;
    this.#length[row] = length;
    this.#transactionCount[row] = transactionCount;
    // Its witnesses may be other ones than those checked before: the hash does not commit to them.
    this.#clear(row, WAS_CONNECTED | HAS_UNDO);
    this.#set(row, HAS_BLOCK);
  }

  setLinked(row: number, chainTransactionCount: number, sequence: number): void {
    this.#chainTransactionCount[row] = chainTransactionCount;
    this.#sequence[row] = sequence;
  }

  /** Its bytes, or those of a block before it, are not here any more. */
  setUnlinked(row: number): void {
    this.#chainTransactionCount[row] = 0;
  }

  setUndoStored(row: number, { offset, length }: FilePosition): void {
    this.#undoOffset[row] = offset;
    this.#undoLength[row] = length;
    this.#set(row, HAS_UNDO);
  }

  setConnected(row: number): void {
    this.#set(row, WAS_CONNECTED);
  }

  /** Its scripts are to be checked again. What undoes it, it shows itself whether that is right. */
  setUnchecked(row: number): void {
    this.#clear(row, WAS_CONNECTED);
  }

  /** It was connected to coins that were not the right ones. */
  setUnconnected(row: number): void {
    this.#clear(row, WAS_CONNECTED | HAS_UNDO);
  }

  setInvalid(row: number): void {
    this.#set(row, INVALID);
  }

  setValid(row: number): void {
    this.#clear(row, INVALID);
  }

  /** Pruned: block and undo are gone, the count stays. */
  setPruned(row: number): void {
    this.#clear(row, HAS_BLOCK | HAS_UNDO);
  }

  /** What undoes it is damaged: it is made again when the block is connected again. */
  setUndoLost(row: number): void {
    this.#clear(row, HAS_UNDO);
  }

  /** Never was here after all, or is damaged. */
  setLost(row: number): void {
    this.#transactionCount[row] = 0;
    this.#clear(row, HAS_BLOCK | HAS_UNDO);
  }

  record(row: number): BlockRecord {
    return {
      flags: this.#flags[row] as number,
      transactionCount: this.transactionCount(row),
      file: this.#file[row] as number,
      offset: this.#offset[row] as number,
      length: this.#length[row] as number,
      undoOffset: this.#undoOffset[row] as number,
      undoLength: this.#undoLength[row] as number,
    };
  }

  /** A row as it was read from disk. */
  restore(row: number, record: BlockRecord): void {
    this.#flags[row] = record.flags & FLAGS;
    this.#transactionCount[row] = record.transactionCount;
    this.#file[row] = record.file;
    this.#offset[row] = record.offset;
    this.#length[row] = record.length;
    this.#undoOffset[row] = record.undoOffset;
    this.#undoLength[row] = record.undoLength;
  }

  #has(row: number, flag: number): boolean {
    return ((this.#flags[row] as number) & flag) !== 0;
  }

  #set(row: number, flags: number): void {
    this.#flags[row] = (this.#flags[row] as number) | flags;
    this.#changed(row);
  }

  #clear(row: number, flags: number): void {
    this.#flags[row] = (this.#flags[row] as number) & ~flags;
    this.#changed(row);
  }
}
