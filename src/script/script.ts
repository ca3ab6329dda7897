/**
 * Scripts as bytes: building them, and reading them one operation at a time.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, concatBytes, NO_BYTES } from "../base/bytes.ts";
import {
  OP_0, OP_1, OP_16, OP_NOP10, OP_PUSHDATA1, OP_PUSHDATA2, OP_PUSHDATA4, OP_RETURN, SCRIPT_BYTES_MAX,
  SCRIPT_ELEMENT_BYTES_MAX,
} from "./opcodes.ts";
import { encodeNumber } from "./script_number.ts";

/** One step of a script. */
export interface Operation {
  /** 0 to 255, or `TRUNCATED`. */
  readonly opcode: number;
  /** What opcodes 0x00 to 0x4e push, as a view of the script; `undefined` of all others. */
  readonly data: Bytes | undefined;
  /** Where in the script the opcode stands. */
  readonly offset: number;
}

/** Stands in place of an opcode whose push runs past the script's end. Nothing follows it. */
export const TRUNCATED = -1;

/** `parts` in order: a number is an opcode, bytes are pushed, the shortest way that keeps them bytes. */
export function buildScript(...parts: readonly (number | Bytes)[]): Bytes {
  const pieces = parts.map((part) => (typeof part === "number" ? Uint8Array.of(part) : pushBytes(part)));
  return concatBytes(...pieces);
}

/** The script that pushes `data`, by a length prefix: never OP_1 to OP_16, which `pushNumber` uses. */
export function pushBytes(data: Bytes): Bytes {
  return concatBytes(pushPrefix(data.length), data);
}

/** The script that pushes `value` as a number, in the shortest way: OP_0, OP_1 to OP_16, or bytes. */
export function pushNumber(value: number): Bytes {
  if (value === -1 || (value >= 1 && value <= 16)) return Uint8Array.of(value + OP_1 - 1);
  return pushBytes(encodeNumber(value));
}

/** OP_0 or one of OP_1 to OP_16. */
export function smallNumberOpcode(value: number): number {
  assert(Number.isInteger(value) && value >= 0 && value <= 16, `${value} has no opcode of its own`);
  return value === 0 ? OP_0 : OP_1 + value - 1;
}

/** The number that OP_0 or one of OP_1 to OP_16 pushes; `undefined` for another opcode. */
export function smallNumber(opcode: number): number | undefined {
  if (opcode === OP_0) return 0;
  return opcode >= OP_1 && opcode <= OP_16 ? opcode - OP_1 + 1 : undefined;
}

/**
 * Reads a script front to back without making an object for each step.
 *
 * Never throws: a push that runs past the end gives `TRUNCATED` once, and then the script is over.
 */
export class ScriptCursor {
  readonly script: Bytes;
  /** Where the next operation starts. */
  offset = 0;
  opcode = TRUNCATED;
  /** What the current operation pushes; without meaning above OP_PUSHDATA4. */
  data: Bytes = NO_BYTES;

  constructor(script: Bytes) {
    this.script = script;
  }

  /** Moves to the next operation; `false` when there is none. */
  next(): boolean {
    const { script } = this;
    if (this.offset >= script.length) return false;
    const opcode = script[this.offset++] as number;
    this.opcode = opcode;
    if (opcode > OP_PUSHDATA4) return true;
    const length = opcode < OP_PUSHDATA1 ? opcode : this.#readLength(1 << (opcode - OP_PUSHDATA1));
    const end = this.offset + length;
    if (end > script.length) {
      this.opcode = TRUNCATED;
      this.data = NO_BYTES;
      this.offset = script.length;
      return true;
    }
    this.data = script.subarray(this.offset, end);
    this.offset = end;
    return true;
  }

  /** More than the script holds when the prefix itself is cut off. */
  #readLength(bytes: number): number {
    if (this.offset + bytes > this.script.length) return Infinity;
    let length = 0;
    for (let i = bytes - 1; i >= 0; i--) length = length * 256 + (this.script[this.offset + i] as number);
    this.offset += bytes;
    return length;
  }
}

/** Each step of `script`, for what is not hot. */
export function* operations(script: Bytes): Generator<Operation> {
  const cursor = new ScriptCursor(script);
  for (let offset = 0; cursor.next(); offset = cursor.offset) {
    const { opcode, data } = cursor;
    yield { opcode, data: opcode >= OP_0 && opcode <= OP_PUSHDATA4 ? data : undefined, offset };
  }
}

/** Whether nothing but pushes stands in `script` from `start` on; OP_RESERVED counts as one (BIP16). */
export function isPushOnly(script: Bytes, start = 0): boolean {
  const cursor = new ScriptCursor(script);
  cursor.offset = start;
  while (cursor.next()) if (cursor.opcode === TRUNCATED || cursor.opcode > OP_16) return false;
  return true;
}

/** Whether an output with this script can never be spent, so that it need not be remembered. */
export function isUnspendable(script: Bytes): boolean {
  return (script.length > 0 && script[0] === OP_RETURN) || script.length > SCRIPT_BYTES_MAX;
}

/**
 * Whether nothing in it is unknown, too long or cut off, executed or not. What is not well-formed can
 * still be spent where it is not executed, but hardly anyone means to do so.
 */
export function isWellFormed(script: Bytes): boolean {
  const cursor = new ScriptCursor(script);
  while (cursor.next()) {
    const isKnown = cursor.opcode !== TRUNCATED && cursor.opcode <= OP_NOP10;
    if (!isKnown || cursor.data.length > SCRIPT_ELEMENT_BYTES_MAX) return false;
  }
  return true;
}

/** Whether `opcode`, which pushed `data`, is the shortest way of pushing it (BIP62 rule 3). */
export function isMinimalPush(opcode: number, data: Bytes): boolean {
  if (data.length === 0) return opcode === OP_0;
  if (data.length === 1) {
    const value = data[0] as number;
    if ((value >= 1 && value <= 16) || value === 0x81) return false;
  }
  if (data.length < OP_PUSHDATA1) return opcode === data.length;
  if (data.length <= 0xff) return opcode === OP_PUSHDATA1;
  return data.length > 0xffff || opcode === OP_PUSHDATA2;
}

function pushPrefix(length: number): Bytes {
  if (length < OP_PUSHDATA1) return Uint8Array.of(length);
  if (length <= 0xff) return Uint8Array.of(OP_PUSHDATA1, length);
  if (length <= 0xffff) return Uint8Array.of(OP_PUSHDATA2, length & 0xff, length >> 8);
  const bytes = [length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff, length >>> 24];
  return Uint8Array.of(OP_PUSHDATA4, ...bytes);
}
