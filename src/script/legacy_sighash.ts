/**
 * What signatures before segwit sign: the transaction with some of its parts blanked out.
 *
 * @module
 */
import { type Bytes, concatBytes, NO_BYTES } from "../base/bytes.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { hash256, startHash } from "../crypto/crypto.ts";
import type { HashInput } from "../crypto/hash_input.ts";
import type { Input } from "../primitives/transaction.ts";
import { OP_CODESEPARATOR } from "./opcodes.ts";
import { ScriptCursor, TRUNCATED } from "./script.ts";
import {
  BLANK_INPUT_BYTES, type SighashContext, signsNoOutputs, signsOneInput, signsOneOutput,
} from "./sighash.ts";

/** What `SINGLE` signs when there is no output of the input's index: a mistake of the first program, kept. */
const HASH_ONE: Bytes = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0));

/** Up to so many it takes longer to make a copy of them without scripts than to write them once more. */
const FEW_INPUTS = 4;

/** An output that is not signed: all ones for its value, and no script. */
const BLANK_OUTPUT: Bytes = concatBytes(new Uint8Array(8).fill(0xff), Uint8Array.of(0));

/**
 * The hash that a signature of input `index` signs.
 *
 * `scriptCode` is the script being executed, from the last executed OP_CODESEPARATOR on, without
 * the signature itself; `hashType` may be any 32-bit number.
 */
export function legacySighash(
  context: SighashContext, index: number, scriptCode: Bytes, hashType: number,
): Bytes {
  const { transaction } = context;
  if (signsOneOutput(hashType) && index >= transaction.outputs.length) return HASH_ONE;
  const code = withoutSeparators(scriptCode);
  const allOutputs = !signsOneOutput(hashType) && !signsNoOutputs(hashType);
  if (allOutputs && !signsOneInput(hashType)) return hashWhole(context, index, code, hashType);
  const inputs = writeInputs(context, index, code, hashType);
  const outputs = writeOutputs(context, index, hashType);
  const writer = new ByteWriter(4 + inputs.length + outputs.length + 8);
  writer.u32(transaction.version).bytes(inputs).bytes(outputs).u32(transaction.locktime).u32(hashType >>> 0);
  return hash256(writer.finish());
}

/** As nearly all signatures have it: everything stands, but for the scripts of the inputs. */
function hashWhole(context: SighashContext, index: number, code: Bytes, hashType: number): Bytes {
  const { transaction: { version, inputs, outputs, locktime }, outputsBytes } = context;
  const blankInputs = inputs.length > FEW_INPUTS ? context.blankInputs : undefined;
  const inputsSize = countSize(inputs.length) + inputs.length * BLANK_INPUT_BYTES - 1;
  const size = 12 + inputsSize + countSize(code.length) + code.length +
    countSize(outputs.length) + outputsBytes.length;
  const input = startHash(size).u32(version).count(inputs.length);
  if (blankInputs === undefined) writeFewInputs(input, inputs, index, code);
  else {
    // The length of its own script stands here, which is zero so far.
    const cut = index * BLANK_INPUT_BYTES + 36;
    input.bytes(blankInputs.subarray(0, cut)).varBytes(code).bytes(blankInputs.subarray(cut + 1));
  }
  input.count(outputs.length).bytes(outputsBytes).u32(locktime).u32(hashType);
  return input.hash256();
}

function writeFewInputs(to: HashInput, inputs: readonly Input[], index: number, code: Bytes): void {
  for (let i = 0; i < inputs.length; i++) {
    const { prevout, sequence } = inputs[i] as Input;
    to.bytes(prevout.txid).u32(prevout.index);
    if (i === index) to.varBytes(code).u32(sequence);
    else to.u8(0).u32(sequence);
  }
}

function writeInputs({ transaction }: SighashContext, index: number, code: Bytes, hashType: number): Bytes {
  const alone = signsOneInput(hashType);
  const inputs = alone ? [transaction.inputs[index] as Input] : transaction.inputs;
  const signed = alone ? 0 : index;
  const othersAreFree = signsNoOutputs(hashType) || signsOneOutput(hashType);
  const size = countSize(inputs.length) + 41 * inputs.length - 1 + countSize(code.length) + code.length;
  const writer = new ByteWriter(size);
  writer.count(inputs.length);
  for (const [i, { prevout, sequence }] of inputs.entries()) {
    writer.bytes(prevout.txid).u32(prevout.index);
    writer.varBytes(i === signed ? code : NO_BYTES).u32(i !== signed && othersAreFree ? 0 : sequence);
  }
  return writer.finish();
}

function writeOutputs(context: SighashContext, index: number, hashType: number): Bytes {
  if (signsNoOutputs(hashType)) return Uint8Array.of(0);
  if (!signsOneOutput(hashType)) return withCount(context.transaction.outputs.length, context.outputsBytes);
  const blanks = Array.from({ length: index }, () => BLANK_OUTPUT);
  return withCount(index + 1, concatBytes(...blanks, context.outputBytes(index)));
}

function withCount(count: number, bytes: Bytes): Bytes {
  return new ByteWriter(countSize(count) + bytes.length).count(count).bytes(bytes).finish();
}

/** `script` without its OP_CODESEPARATORs; what follows a cut push stays as it is. */
function withoutSeparators(script: Bytes): Bytes {
  if (!script.includes(OP_CODESEPARATOR)) return script;
  const parts: Bytes[] = [];
  const cursor = new ScriptCursor(script);
  let start = 0;
  while (cursor.next() && cursor.opcode !== TRUNCATED) {
    if (cursor.opcode !== OP_CODESEPARATOR) continue;
    parts.push(script.subarray(start, cursor.offset - 1));
    start = cursor.offset;
  }
  return concatBytes(...parts, script.subarray(start));
}
