import { fromHex, reversed, toHex } from "../../src/base/bytes.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import {
  filterHash, filterHeader, type FilterHeader, readBasicFilter,
} from "../../src/filters/basic_filter.ts";
import { type Block, blockCodec } from "../../src/primitives/block.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import { OP_RETURN } from "../../src/script/opcodes.ts";
import { basicFilter } from "../support/basic_filter.ts";
import {
  areMostly, compared, isHexText, isLoneText, jsonRows, type Mismatch, need, type VectorFormat,
} from "./vector_format.ts";

/** BIP158's test vectors: `[height, hash, block, [scripts spent], header before, filter, header, note]`. */
export const BLOCK_FILTERS: VectorFormat = {
  name: "block filters",
  isFormatOf: (content) => areMostly(content, ([height, hash, block, spent, previous, filter, header]) =>
    Number.isInteger(height) && [hash, block, previous, filter, header].every(isHexText) &&
      Array.isArray(spent)),
  cases: (content) => (jsonRows(content) ?? [])
    .filter(({ fields }) => !isLoneText(fields))
    .map(({ row, fields }) => ({ row, check: () => checkFilter(fields) })),
};

function checkFilter(
  [, hash, blockHex, spentHex, previous, filterHex, header]: readonly unknown[],
): Mismatch | undefined {
  const [expectedHash, expectedFilter, expectedHeader, before] = [hash, filterHex, header, previous]
    .map((text) => need(text, isHexText, "hex").toLowerCase()) as [string, string, string, string];
  const block = decodeWith(blockCodec, fromHex(need(blockHex, isHexText, "a block in hex")));
  const spent = need(spentHex, Array.isArray,
    "scripts").map((text) => fromHex(need(text, isHexText, "a script in hex")));
  const filter = basicFilter(block, spent);
  const found = filterHeader(filterHash(filter), reversed(fromHex(before)) as FilterHeader);
  return compared(expectedHash, displayHash(block.hash)) ?? compared(expectedFilter, toHex(filter)) ??
    compared(expectedHeader, displayHash(found)) ?? checkMatches(filter, block, spent);
}

/** Each script that a filter is of is found in it. */
function checkMatches(filter: Uint8Array, block: Block, spent: readonly Uint8Array[]): Mismatch | undefined {
  const set = readBasicFilter(filter, block.hash);
  const scripts =
    [...spent, ...block.transactions.flatMap(({ outputs }) => outputs.map(({ script }) => script))];
  const missing =
    scripts.find((script) => script.length > 0 && script[0] !== OP_RETURN && !set.matches(script));
  return missing === undefined ? undefined : { expected: `a match of ${toHex(missing)}`, found: "none" };
}
