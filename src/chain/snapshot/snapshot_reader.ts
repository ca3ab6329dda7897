/**
 * The coins of a snapshot, read as they come, piece by piece: no more of the file is in memory than one
 * piece and the coin that it cuts.
 *
 * What is wrong is said in the words of Bitcoin Core, and at the same coin (validation.cpp,
 * PopulateAndValidateSnapshot).
 *
 * @module
 */
import { type Bytes, concatBytes, NO_BYTES } from "../../base/bytes.ts";
import { ByteReader } from "../../codec/byte_reader.ts";
import { DecodeError } from "../../codec/decode_error.ts";
import { isMoney, type Sats } from "../../primitives/amount.ts";
import type { Coin } from "../../primitives/coin.ts";
import { HASH_BYTES, type Txid } from "../../primitives/hash.ts";
import type { OutPoint } from "../../primitives/transaction.ts";
import { OP_RETURN, SCRIPT_BYTES_MAX } from "../../script/opcodes.ts";
import { SnapshotError } from "./snapshot_format.ts";
import { decompressAmount, readSnapshotScript, readSnapshotVarint } from "./snapshot_output.ts";

/** Longer than what stands before a coin, and it with the longest script that is kept. */
const ITEM_BYTES_MAX = HASH_BYTES + 9 + 9 + 5 + 10 + 5 + SCRIPT_BYTES_MAX;

/** In the place of a script too long to be of use: one that nobody can satisfy either. */
const UNSPENDABLE = Uint8Array.of(OP_RETURN);

export interface SnapshotCoin {
  readonly outPoint: OutPoint;
  readonly coin: Coin;
}

export class SnapshotReader {
  readonly #count: bigint;
  readonly #baseHeight: number;
  #bytes: Bytes = NO_BYTES;
  #isWhole = false;
  /** Bytes to come that are of no use. */
  #skip = 0;
  #read = 0n;
  #txid: Txid | undefined;
  /** Coins of `#txid` still to come. */
  #leftInGroup = 0;

  /** `count`, as the file says, of coins as of the block at `baseHeight`. */
  constructor(count: bigint, baseHeight: number) {
    this.#count = count;
    this.#baseHeight = baseHeight;
  }

  /** How many coins were read. */
  get coins(): bigint {
    return this.#read;
  }

  /** Takes in what stands next in the file, and gives the coins that are whole. @throws {SnapshotError} */
  push(piece: Bytes): readonly SnapshotCoin[] {
    this.#bytes = this.#bytes.length === 0 ? piece : concatBytes(this.#bytes, piece);
    return this.#readAll();
  }

  /** The file ends here. Gives the last coins. @throws {SnapshotError} when there should be more, or fewer */
  end(): readonly SnapshotCoin[] {
    this.#isWhole = true;
    return this.#readAll();
  }

  #readAll(): readonly SnapshotCoin[] {
    const coins: SnapshotCoin[] = [];
    const reader = new ByteReader(this.#bytes);
    for (;;) {
      const canSkip = Math.min(this.#skip, reader.remaining);
      reader.skip(canSkip);
      this.#skip -= canSkip;
      if (this.#skip > 0 && this.#isWhole) throw this.#truncated(this.#read - 1n);
      // A group of no coins counts for nothing, and one may follow the other.
      const isDone = this.#read === this.#count && this.#skip === 0;
      if (isDone && reader.remaining > 0) {
        throw new SnapshotError(`Bad snapshot - coins left over after deserializing ${this.#count} coins`);
      }
      if (isDone || this.#skip > 0 || (!this.#isWhole && reader.remaining < ITEM_BYTES_MAX)) break;
      const coin = this.#next(reader);
      if (coin !== undefined) coins.push(coin);
    }
    this.#bytes = reader.bytes(reader.remaining);
    return coins;
  }

  /** `undefined` for the beginning of a group without coins. */
  #next(reader: ByteReader): SnapshotCoin | undefined {
    try {
      if (this.#leftInGroup === 0) this.#openGroup(reader);
      return this.#leftInGroup === 0 ? undefined : this.#coin(reader);
    } catch (error) {
      if (error instanceof DecodeError) throw this.#truncated();
      throw error;
    }
  }

  #openGroup(reader: ByteReader): void {
    this.#txid = reader.copy(HASH_BYTES) as Txid;
    this.#leftInGroup = reader.count("coins of a transaction");
    if (BigInt(this.#leftInGroup) > this.#count - this.#read) {
      throw new SnapshotError("Mismatch in coins count in snapshot metadata and actual snapshot data");
    }
  }

  #coin(reader: ByteReader): SnapshotCoin {
    const index = reader.count("output index");
    const code = Number(readSnapshotVarint(reader, 32));
    const amount = decompressAmount(readSnapshotVarint(reader, 64));
    const found = readSnapshotScript(reader, SCRIPT_BYTES_MAX);
    if ("skip" in found) this.#skipScript(reader, found.skip);
    const height = Math.floor(code / 2);
    const bad = `Bad snapshot data after deserializing ${this.#read} coins`;
    if (height > this.#baseHeight) throw new SnapshotError(bad);
    if (!isMoney(Number(amount))) throw new SnapshotError(`${bad} - bad tx out value`);
    this.#read++;
    this.#leftInGroup--;
    const script = "skip" in found ? UNSPENDABLE : found;
    const coin = { value: Number(amount) as Sats, script, height, isCoinbase: code % 2 === 1 };
    return { outPoint: { txid: this.#txid as Txid, index }, coin };
  }

  #skipScript(reader: ByteReader, length: number): void {
    // Where the file ends too early is found before anything is said of the coin.
    if (this.#isWhole && reader.remaining < length) throw this.#truncated();
    this.#skip = length;
  }

  #truncated(whole = this.#read): SnapshotError {
    return new SnapshotError(`Bad snapshot format or truncated snapshot after deserializing ${whole} coins`);
  }
}
