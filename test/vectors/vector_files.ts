/**
 * Files of published test vectors, told apart by what they hold.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { sharedPath } from "../support/paths.ts";
import { BASE58_TEXTS, INVALID_ADDRESSES, VALID_ADDRESSES } from "./address_vectors.ts";
import { SCRIPT_ASSETS } from "./asset_vectors.ts";
import { BLOCK_FILTERS } from "./filter_vectors.ts";
import { ALTERNATE_HEADERS } from "./header_vectors.ts";
import { SCHNORR_SIGNATURES } from "./schnorr_vectors.ts";
import { SCRIPT_TESTS } from "./script_vectors.ts";
import { SIGNATURE_HASHES } from "./signature_hash_vectors.ts";
import { TAPROOT_WALLET } from "./taproot_vectors.ts";
import { INVALID_TRANSACTIONS, VALID_TRANSACTIONS } from "./transaction_vectors.ts";
import type { VectorCase, VectorContent, VectorFormat } from "./vector_format.ts";

export const VECTOR_FORMATS: readonly VectorFormat[] = [
  SCRIPT_TESTS, VALID_TRANSACTIONS, INVALID_TRANSACTIONS, SIGNATURE_HASHES, SCRIPT_ASSETS, TAPROOT_WALLET,
  SCHNORR_SIGNATURES, VALID_ADDRESSES, INVALID_ADDRESSES, BASE58_TEXTS, ALTERNATE_HEADERS, BLOCK_FILTERS,
];

/** Headers of CSV files that are known, and belong to what is not here. */
const UNSUPPORTED: readonly (readonly [firstColumn: string, what: string])[] = [
  ["ellswift", "ElligatorSwift decoding (BIP324)"],
  ["u", "ElligatorSwift encoding (BIP324)"],
  ["in_idx", "packet encoding (BIP324)"],
];

/** A file cannot be run; the message is for its user. */
export class VectorFileError extends Error {
  override readonly name = "VectorFileError";
}

export interface VectorFile {
  readonly format: VectorFormat;
  readonly content: VectorContent;
}

/** @throws {VectorFileError} */
export function readVectorFile(path: string): VectorFile {
  const content = parseContent(readText(path), path);
  const format = VECTOR_FORMATS.find((each) => each.isFormatOf(content));
  if (format !== undefined) return { format, content };
  const formats = VECTOR_FORMATS.map(({ name }) => name).join(", ");
  throw new VectorFileError(`${path}: ${whatItIs(content)}; supported are: ${formats}`);
}

/** The cases of a file beside the repository. */
export function sharedCases(format: VectorFormat, path: string, everyFlag = false): readonly VectorCase[] {
  const file = readVectorFile(sharedPath("vectors", path));
  if (file.format !== format) {
    throw new VectorFileError(`${path} holds ${file.format.name}, not ${format.name}`);
  }
  return format.cases(file.content, everyFlag);
}

function readText(path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const why = error instanceof TypeError ? "not text" : (error as Error).message;
    throw new VectorFileError(`${path}: cannot be read: ${why}`);
  }
}

function parseContent(text: string, path: string): VectorContent {
  const start = text.trimStart()[0];
  if (start !== "[" && start !== "{") {
    const rows = text.trim().split(/\r?\n/).map((line) => line.split(","));
    if ((rows[0]?.length ?? 0) < 2) {
      throw new VectorFileError(`${path}: cannot be read: neither JSON nor CSV`);
    }
    return { type: "csv", rows };
  }
  try {
    return { type: "json", value: JSON.parse(text) as unknown };
  } catch (error) {
    throw new VectorFileError(`${path}: cannot be read: ${(error as Error).message}`);
  }
}

function whatItIs(content: VectorContent): string {
  const first = content.type === "csv" ? content.rows[0]?.[0]?.trim() : undefined;
  const known = UNSUPPORTED.find(([column]) => column === first);
  return known === undefined ? "not a known format of test vectors" : `not supported: ${known[1]}`;
}
