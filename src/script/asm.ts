/**
 * Scripts as text, as Bitcoin Core's RPC shows them (core_io.cpp, ScriptToAsmStr).
 *
 * @module
 */
import { type Bytes, toHex } from "../base/bytes.ts";
import { OP_0, OP_1, OP_16, OP_1NEGATE } from "./opcodes.ts";
import * as opcodes from "./opcodes.ts";
import { isUnspendable, operations, TRUNCATED } from "./script.ts";
import { decodeNumber } from "./script_number.ts";
import { isStrictSignature } from "./signature_encoding.ts";

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(opcodes).flatMap(([name, value]) =>
    name.startsWith("OP_") && typeof value === "number" ? [[value, name] as const] : [],
  ),
);

const HASH_TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [0x01, "ALL"],
  [0x02, "NONE"],
  [0x03, "SINGLE"],
  [0x81, "ALL|ANYONECANPAY"],
  [0x82, "NONE|ANYONECANPAY"],
  [0x83, "SINGLE|ANYONECANPAY"],
]);

/** `OP_DUP` and the like; the numbers 0 to 16 and -1 are their own names. */
export function opcodeName(opcode: number): string {
  if (opcode === OP_0) return "0";
  if (opcode === OP_1NEGATE || (opcode >= OP_1 && opcode <= OP_16)) return String(opcode - OP_1 + 1);
  return NAMES.get(opcode) ?? "OP_UNKNOWN";
}

/**
 * The operations of `script`, with a space between them.
 *
 * Pushes of up to four bytes are shown as numbers, longer ones as hex; in a scriptSig (`signatures`)
 * the last byte of what looks like a signature is shown as `[ALL]` and the like.
 */
export function scriptToAsm(script: Bytes, signatures = false): string {
  const words: string[] = [];
  const namesHashTypes = signatures && !isUnspendable(script);
  for (const { opcode, data } of operations(script)) {
    if (opcode === TRUNCATED) words.push("[error]");
    else if (data === undefined) words.push(opcodeName(opcode));
    else if (data.length <= 4) words.push(String(decodeNumber(data)));
    else words.push(namesHashTypes ? signatureAsm(data) : toHex(data));
  }
  return words.join(" ");
}

function signatureAsm(data: Bytes): string {
  const name = HASH_TYPE_NAMES.get(data.at(-1) as number);
  if (name === undefined || !isStrictSignature(data)) return toHex(data);
  return `${toHex(data.subarray(0, -1))}[${name}]`;
}
