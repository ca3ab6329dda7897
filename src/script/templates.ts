/**
 * The forms of output scripts that have a name, and building them (Bitcoin Core, script/solver.cpp).
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, concatBytes, equalBytes } from "../base/bytes.ts";
import {
  MULTISIG_KEYS_MAX, OP_0, OP_1, OP_16, OP_CHECKMULTISIG, OP_CHECKSIG, OP_DUP, OP_EQUAL, OP_EQUALVERIFY,
  OP_HASH160, OP_PUSHDATA4, OP_RETURN,
} from "./opcodes.ts";
import {
  buildScript, isMinimalPush, isPushOnly, pushNumber, ScriptCursor, smallNumber, smallNumberOpcode, TRUNCATED,
} from "./script.ts";
import { decodeNumber, isMinimalNumber } from "./script_number.ts";

/** `type` is the name that Bitcoin Core's RPC gives the form. */
export type ScriptTemplate =
  | { readonly type: "pubkey"; readonly key: Bytes }
  | { readonly type: "pubkeyhash"; readonly hash: Bytes }
  | { readonly type: "scripthash"; readonly hash: Bytes }
  | { readonly type: "multisig"; readonly required: number; readonly keys: readonly Bytes[] }
  | { readonly type: "nulldata" }
  | { readonly type: "anchor" }
  | { readonly type: "witness_v0_keyhash"; readonly hash: Bytes }
  | { readonly type: "witness_v0_scripthash"; readonly hash: Bytes }
  | { readonly type: "witness_v1_taproot"; readonly key: Bytes }
  | { readonly type: "witness_unknown"; readonly version: number; readonly program: Bytes }
  | { readonly type: "nonstandard" };

export interface WitnessProgram {
  /** 0 to 16 */
  readonly version: number;
  /** 2 to 40 bytes */
  readonly program: Bytes;
}

const KEY_HASH_BYTES = 20;
const SCRIPT_HASH_BYTES = 32;
export const COMPRESSED_KEY_BYTES = 33;
export const UNCOMPRESSED_KEY_BYTES = 65;

/** Anyone may spend it, so that a fee can be added later (BIP433). */
export const ANCHOR_SCRIPT: Bytes = Uint8Array.of(OP_1, 2, 0x4e, 0x73);

export function payToPublicKey(key: Bytes): Bytes {
  return buildScript(key, OP_CHECKSIG);
}

export function payToPublicKeyHash(hash: Bytes): Bytes {
  assertLength(hash, KEY_HASH_BYTES);
  // Not by `buildScript`: every input that spends to a key hash in its witness needs one.
  const script = new Uint8Array(KEY_HASH_BYTES + 5);
  script[0] = OP_DUP;
  script[1] = OP_HASH160;
  script[2] = KEY_HASH_BYTES;
  script.set(hash, 3);
  script[23] = OP_EQUALVERIFY;
  script[24] = OP_CHECKSIG;
  return script;
}

export function payToScriptHash(hash: Bytes): Bytes {
  assertLength(hash, KEY_HASH_BYTES);
  return buildScript(OP_HASH160, hash, OP_EQUAL);
}

export function payToWitnessKeyHash(hash: Bytes): Bytes {
  assertLength(hash, KEY_HASH_BYTES);
  return buildScript(OP_0, hash);
}

export function payToWitnessScriptHash(hash: Bytes): Bytes {
  assertLength(hash, SCRIPT_HASH_BYTES);
  return buildScript(OP_0, hash);
}

/** `outputKey` is the 32 bytes of the tweaked key (BIP341). */
export function payToTaproot(outputKey: Bytes): Bytes {
  assertLength(outputKey, 32);
  return buildScript(OP_1, outputKey);
}

export function payToWitnessProgram({ version, program }: WitnessProgram): Bytes {
  assert(program.length >= 2 && program.length <= 40, `a witness program has ${program.length} bytes`);
  return buildScript(smallNumberOpcode(version), program);
}

/** `required` of `keys` must sign, in the order of the keys. */
export function multisigScript(required: number, keys: readonly Bytes[]): Bytes {
  assert(required >= 1 && required <= keys.length && keys.length <= MULTISIG_KEYS_MAX, "the keys suffice");
  const pushes = concatBytes(...keys.map((key) => buildScript(key)));
  return concatBytes(pushNumber(required), pushes, pushNumber(keys.length), Uint8Array.of(OP_CHECKMULTISIG));
}

/** An output that carries `data` and can never be spent. */
export function nullDataScript(...data: readonly Bytes[]): Bytes {
  return buildScript(OP_RETURN, ...data);
}

/** The name of the form of `script`, and what it consists of. */
export function classifyScript(script: Bytes): ScriptTemplate {
  if (isPayToScriptHash(script)) return { type: "scripthash", hash: script.subarray(2, 22) };
  const witness = witnessProgram(script);
  if (witness !== undefined) return classifyWitness(witness);
  if (script[0] === OP_RETURN && isPushOnly(script, 1)) return { type: "nulldata" };
  const key = publicKeyOf(script);
  if (key !== undefined) return { type: "pubkey", key };
  if (isPayToPublicKeyHash(script)) return { type: "pubkeyhash", hash: script.subarray(3, 23) };
  return matchMultisig(script) ?? { type: "nonstandard" };
}

export function isPayToScriptHash(script: Bytes): boolean {
  if (script.length !== 23 || script[0] !== OP_HASH160) return false;
  return script[1] === KEY_HASH_BYTES && script[22] === OP_EQUAL;
}

export function isPayToPublicKeyHash(script: Bytes): boolean {
  if (script.length !== 25 || script[0] !== OP_DUP || script[1] !== OP_HASH160) return false;
  return script[2] === KEY_HASH_BYTES && script[23] === OP_EQUALVERIFY && script[24] === OP_CHECKSIG;
}

export function isPayToAnchor(script: Bytes): boolean {
  return equalBytes(script, ANCHOR_SCRIPT);
}

/** BIP141: one of OP_0 to OP_16 and a push of 2 to 40 bytes, and nothing more. */
export function witnessProgram(script: Bytes): WitnessProgram | undefined {
  if (script.length < 4 || script.length > 42 || script[1] !== script.length - 2) return undefined;
  const version = smallNumber(script[0] as number);
  return version === undefined ? undefined : { version, program: script.subarray(2) };
}

/** Whether `key` has the length that its first byte announces; not whether it is on the curve. */
export function isPublicKeySize(key: Bytes): boolean {
  switch (key[0]) {
    case 2:
    case 3:
      return key.length === COMPRESSED_KEY_BYTES;
    case 4:
    case 6:
    case 7:
      return key.length === UNCOMPRESSED_KEY_BYTES;
    default:
      return false;
  }
}

function classifyWitness({ version, program }: WitnessProgram): ScriptTemplate {
  if (version === 0) {
    if (program.length === KEY_HASH_BYTES) return { type: "witness_v0_keyhash", hash: program };
    if (program.length === SCRIPT_HASH_BYTES) return { type: "witness_v0_scripthash", hash: program };
    return { type: "nonstandard" };
  }
  if (version === 1 && program.length === 32) return { type: "witness_v1_taproot", key: program };
  if (version === 1 && equalBytes(program, ANCHOR_SCRIPT.subarray(2))) return { type: "anchor" };
  return { type: "witness_unknown", version, program };
}

function publicKeyOf(script: Bytes): Bytes | undefined {
  const length = script[0];
  if (length !== COMPRESSED_KEY_BYTES && length !== UNCOMPRESSED_KEY_BYTES) return undefined;
  if (script.length !== length + 2 || script[length + 1] !== OP_CHECKSIG) return undefined;
  const key = script.subarray(1, 1 + length);
  return isPublicKeySize(key) ? key : undefined;
}

function matchMultisig(script: Bytes): ScriptTemplate | undefined {
  if (script.at(-1) !== OP_CHECKMULTISIG) return undefined;
  const cursor = new ScriptCursor(script);
  const required = cursor.next() ? countAt(cursor) : undefined;
  if (required === undefined) return undefined;
  const keys: Bytes[] = [];
  while (cursor.next() && isPush(cursor) && isPublicKeySize(cursor.data)) keys.push(cursor.data);
  const total = countAt(cursor);
  if (total !== keys.length || total < required || cursor.offset + 1 !== script.length) return undefined;
  return { type: "multisig", required, keys };
}

/** The count that a multisig script may hold at the cursor: 1 to 20, pushed in the shortest way. */
function countAt(cursor: ScriptCursor): number | undefined {
  const isBytes = isPush(cursor) && cursor.opcode !== OP_0;
  const count = isBytes ? pushedNumber(cursor) : opcodeNumber(cursor.opcode);
  return count !== undefined && count >= 1 && count <= MULTISIG_KEYS_MAX ? count : undefined;
}

function opcodeNumber(opcode: number): number | undefined {
  return opcode >= OP_1 && opcode <= OP_16 ? smallNumber(opcode) : undefined;
}

function pushedNumber({ opcode, data }: ScriptCursor): number | undefined {
  if (data.length > 4 || !isMinimalPush(opcode, data) || !isMinimalNumber(data)) return undefined;
  return decodeNumber(data);
}

function isPush({ opcode }: ScriptCursor): boolean {
  return opcode !== TRUNCATED && opcode <= OP_PUSHDATA4;
}

function assertLength(hash: Bytes, length: number): void {
  assert(hash.length === length, `${hash.length} bytes are ${length}`);
}
