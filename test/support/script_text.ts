import { type Bytes, concatBytes, fromHex, fromLatin1 } from "../../src/base/bytes.ts";
import * as opcodes from "../../src/script/opcodes.ts";
import { pushBytes, pushNumber } from "../../src/script/script.ts";

const CODES = new Map<string, number>();
for (const [name, code] of Object.entries(opcodes)) {
  if (!name.startsWith("OP_") || typeof code !== "number") continue;
  CODES.set(name, code);
  CODES.set(name.slice(3), code);
}

/**
 * A script from text, as Bitcoin Core's tests write them: names of opcodes with or without `OP_`,
 * numbers and 'quoted text' to push, and 0x hex to insert as it is.
 */
export function scriptFromText(text: string): Bytes {
  return concatBytes(
    ...text
      .split(/\s+/)
      .filter((word) => word !== "")
      .map(wordBytes),
  );
}

function wordBytes(word: string): Bytes {
  if (/^-?\d+$/.test(word)) return pushNumber(Number(word));
  if (word.startsWith("0x")) return fromHex(word.slice(2));
  if (word.startsWith("'")) return pushBytes(fromLatin1(word.slice(1, -1)));
  const code = CODES.get(word);
  if (code === undefined) throw new RangeError(`Cannot read script: found ${word}`);
  return Uint8Array.of(code);
}
