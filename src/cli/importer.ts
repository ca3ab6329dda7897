/** Files into a node, as if a peer had sent what they hold. @module */
import { setImmediate as nextTurn } from "node:timers/promises";
import { equalBytes } from "../base/bytes.ts";
import { decodeWith } from "../codec/codec.ts";
import { DecodeError } from "../codec/decode_error.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { RunningNode } from "../io/node_host.ts";
import { type Block, blockCodec } from "../primitives/block.ts";
import { displayHash, type HashKey, hashKey } from "../primitives/hash.ts";
import { headerCodec } from "../primitives/header.ts";
import { FramingError, type Piece, type PiecePlace, piecesOf, readPiece } from "./import_files.ts";

/** What of a node an import needs. */
export type ImportTarget = Pick<RunningNode, "core" | "command">;

/** Pieces handed to the node and not answered yet: enough to keep it busy. */
const IN_FLIGHT_MAX = 32;
/** Bytes of them: the node keeps about twice as much decoded, and would read again what is more. */
const IN_FLIGHT_BYTES_MAX = 8_000_000;
/** To hash a block of this size takes a good part of a turn of the loop: what follows waits for its own. */
const LONG_BYTES = 200_000;
/** Milliseconds in which pieces are handed over before others have a turn of the loop. */
const TURN_MS = 4;

/** A piece that was handed over. */
interface Due {
  readonly bytes: number;
  readonly answer: Promise<string | undefined>;
}

/** What was refused, as a sentence; `undefined` when all was taken. */
export async function importFiles(node: ImportTarget, files: readonly string[]): Promise<string | undefined> {
  const importer = new Importer(node);
  const { magic } = node.core.chain.params;
  for (const file of files) {
    try {
      for (const piece of piecesOf(file, magic)) {
        const refusal = await importer.take(piece);
        if (refusal !== undefined) return refusal;
      }
    } catch (error) {
      const refusal = await importer.finish();
      if (refusal !== undefined) return refusal;
      if (error instanceof FramingError) {
        return `${error.file} at byte ${error.offset}: framing, ${error.message}`;
      }
      throw error;
    }
  }
  return (await importer.finish()) ?? importer.unconnected();
}

/** Takes pieces in any order, a child before its parent too. */
export class Importer {
  readonly #node: ImportTarget;
  /** Answers that are due, oldest first. */
  readonly #due: Due[] = [];
  #dueBytes = 0;
  #turnBegan = performance.now();
  /** Where blocks stand whose parent has not come, by its hash: there may be more than memory holds. */
  readonly #waiting = new Map<HashKey, PiecePlace[]>();
  /** Handed to the node by now. */
  readonly #given = new Set<HashKey>();

  constructor(node: ImportTarget) {
    this.#node = node;
  }

  /** Hands a piece on. A string says what was refused, of this piece or an earlier one. */
  async take(piece: Piece): Promise<string | undefined> {
    if (performance.now() - this.#turnBegan >= TURN_MS) await this.#nextTurn();
    const fault = piece.kind === "header" ? this.#takeHeader(piece) : await this.#takeWhole(piece);
    if (fault !== undefined) return (await this.finish()) ?? fault;
    while (this.#due.length > IN_FLIGHT_MAX || this.#dueBytes > IN_FLIGHT_BYTES_MAX) {
      const refusal = await this.#answered();
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  async #nextTurn(): Promise<void> {
    await nextTurn();
    this.#turnBegan = performance.now();
  }

  /** Waits until everything has been answered. */
  async finish(): Promise<string | undefined> {
    while (this.#due.length > 0) {
      const refusal = await this.#answered();
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** A block whose parent never came. */
  unconnected(): string | undefined {
    for (const [first] of this.#waiting.values()) {
      if (first !== undefined) return refusalText(first, { rule: "prev-blk-not-found", detail: "" });
    }
    return undefined;
  }

  /** Waits for the oldest answer that is due. */
  async #answered(): Promise<string | undefined> {
    const oldest = this.#due.shift();
    if (oldest === undefined) return undefined;
    this.#dueBytes -= oldest.bytes;
    return oldest.answer;
  }

  #expect({ bytes }: Piece, answer: Promise<string | undefined>): void {
    this.#due.push({ bytes: bytes.length, answer });
    this.#dueBytes += bytes.length;
  }

  #takeHeader(piece: Piece): string | undefined {
    const header = decodeWith(headerCodec, piece.bytes);
    // A list may begin with the genesis block.
    if (this.#isKnown(hashKey(header.hash))) return undefined;
    this.#expect(piece, this.#node.command({ type: "submit-header", header }).then((result) => {
      if (!result.ok) return refusalText(piece, { rule: result.fault.code, detail: "" });
      const verdict = result.value.type === "header-verdict" ? result.value.verdict : "accepted";
      if (verdict === "accepted") return undefined;
      const isUnconnected = verdict === "unconnected";
      return refusalText(piece, isUnconnected ? { rule: "prev-blk-not-found", detail: "" } : verdict);
    }));
    return undefined;
  }

  async #takeWhole(piece: Piece): Promise<string | undefined> {
    const block = decoded(piece);
    if (typeof block === "string") return block;
    if (piece.bytes.length < LONG_BYTES) return this.#takeBlock(piece, block);
    // The ids are kept with the block.
    void block.txids;
    await this.#nextTurn();
    const fault = this.#takeBlock(piece, block);
    await this.#nextTurn();
    return fault;
  }

  #takeBlock(piece: Piece, block: Block): string | undefined {
    // Files of blocks begin with it.
    if (equalBytes(block.bytes, this.#node.core.chain.params.genesis.bytes)) return undefined;
    const parent = hashKey(block.header.previous);
    if (!this.#isKnown(parent)) {
      const waiting = this.#waiting.get(parent) ?? [];
      waiting.push({ kind: piece.kind, file: piece.file, offset: piece.offset, length: piece.bytes.length });
      this.#waiting.set(parent, waiting);
      return undefined;
    }
    return this.#submit(piece, block);
  }

  #submit(piece: Piece, block: Block): string | undefined {
    const key = hashKey(block.hash);
    this.#given.add(key);
    this.#expect(piece, this.#node.command({ type: "submit-block", block }).then((result) => {
      if (!result.ok) return refusalText(piece, { rule: result.fault.code, detail: "" }, block);
      const verdict = result.value.type === "block-verdict" ? result.value.verdict : "accepted";
      if (verdict === "duplicate-invalid") return refusalText(piece, { rule: verdict, detail: "" }, block);
      return typeof verdict === "string" ? undefined : refusalText(piece, verdict, block);
    }));
    const children = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (const child of children) {
      const read = readPiece(child);
      const block = decoded(read);
      const fault = typeof block === "string" ? block : this.#takeBlock(read, block);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #isKnown(key: HashKey): boolean {
    if (this.#given.has(key)) return true;
    const hash = Uint8Array.from(key, (letter) => letter.charCodeAt(0));
    return this.#node.core.chain.headers.find(hash) !== undefined;
  }
}

/** A string says why it is not a block. */
function decoded(piece: Piece): Block | string {
  try {
    return decodeWith(blockCodec, piece.bytes);
  } catch (error) {
    if (error instanceof DecodeError) return refusalText(piece, { rule: "encoding", detail: error.message });
    throw error;
  }
}

function refusalText(
  { file, offset, kind }: Omit<Piece, "bytes">, { rule, detail }: RuleViolation, block?: Block,
): string {
  const what = block === undefined ? "" : ` (block ${displayHash(block.hash)})`;
  return `${file} at byte ${offset}: ${kind} breaks ${rule}${detail === "" ? "" : `, ${detail}`}${what}`;
}
