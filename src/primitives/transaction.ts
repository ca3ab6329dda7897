/**
 * A transaction, with or without witness (BIP144).
 *
 * ```text
 * u32      version
 * [0x00 0x01          marker and flag: only when there is a witness]
 * count    inputs     { 32 txid, u32 index, var scriptSig, u32 sequence }
 * count    outputs    { i64 value, var script }
 * [per input: count items, each var bytes]
 * u32      locktime
 * ```
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import type { ByteReader } from "../codec/byte_reader.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import type { Codec } from "../codec/codec.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { hash256 } from "../crypto/crypto.ts";
import type { Sats } from "./amount.ts";
import type { Txid, Wtxid } from "./hash.ts";
import { NO_WITNESS, readWitness, type Witness } from "./witness.ts";

/** Base bytes count four times, witness bytes once (BIP141). */
export const WITNESS_SCALE_FACTOR = 4;

/** `sequence` of an input that asks for nothing: no relative locktime, no replacement. */
export const SEQUENCE_FINAL = 0xffff_ffff;

export interface OutPoint {
  readonly txid: Txid;
  readonly index: number;
}

export interface Input {
  readonly prevout: OutPoint;
  readonly scriptSig: Bytes;
  readonly sequence: number;
  readonly witness: Witness;
}

export interface Output {
  readonly value: Sats;
  readonly script: Bytes;
}

export interface TransactionFields {
  readonly version: number;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  readonly locktime: number;
}

const MARKER_AND_FLAG_BYTES = 2;

/** Keeps the bytes it was read from; ids are computed once, when first asked for. */
export class Transaction implements TransactionFields {
  readonly version: number;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  readonly locktime: number;
  /** The whole serialisation, with the witness where there is one. */
  readonly bytes: Bytes;
  /** Size of the witness with its marker and flag; zero without one. */
  readonly witnessBytes: number;
  #txid: Txid | undefined;
  #wtxid: Wtxid | undefined;

  /** For `transactionCodec` and `Transaction.of`: `bytes` must be what the fields serialise to. */
  constructor(fields: TransactionFields, bytes: Bytes, witnessBytes: number) {
    this.version = fields.version;
    this.inputs = fields.inputs;
    this.outputs = fields.outputs;
    this.locktime = fields.locktime;
    this.bytes = bytes;
    this.witnessBytes = witnessBytes;
  }

  /** A transaction from its parts; `version` is unsigned. */
  static of(fields: TransactionFields): Transaction {
    const bytes = serialise(fields, hasWitness(fields));
    return new Transaction(fields, bytes, hasWitness(fields) ? witnessSize(fields) : 0);
  }

  get hasWitness(): boolean {
    return this.witnessBytes > 0;
  }

  /** Size with the witness. */
  get totalSize(): number {
    return this.bytes.length;
  }

  /** Size without the witness. */
  get baseSize(): number {
    return this.bytes.length - this.witnessBytes;
  }

  /** BIP141. */
  get weight(): number {
    return this.baseSize * (WITNESS_SCALE_FACTOR - 1) + this.totalSize;
  }

  /** A quarter of the weight, rounded up. */
  get vsize(): number {
    return Math.ceil(this.weight / WITNESS_SCALE_FACTOR);
  }

  /** The serialisation without marker, flag and witness. */
  get baseBytes(): Bytes {
    if (!this.hasWitness) return this.bytes;
    const { bytes, baseSize } = this;
    // One copy, whose ends are put right: views for the three parts would cost more than the bytes.
    const base = bytes.slice(MARKER_AND_FLAG_BYTES, MARKER_AND_FLAG_BYTES + baseSize);
    for (let i = 0; i < 4; i++) {
      base[i] = bytes[i] as number;
      base[baseSize - 4 + i] = bytes[bytes.length - 4 + i] as number;
    }
    return base;
  }

  get txid(): Txid {
    this.#txid ??= hash256(this.baseBytes) as Txid;
    return this.#txid;
  }

  get wtxid(): Wtxid {
    this.#wtxid ??= this.hasWitness ? (hash256(this.bytes) as Wtxid) : (this.txid as Bytes as Wtxid);
    return this.#wtxid;
  }

  /** For whoever has computed them along with many others. */
  setIds(txid: Txid | undefined, wtxid: Wtxid | undefined): void {
    this.#txid ??= txid;
    this.#wtxid ??= wtxid;
  }

  /** Its only input spends nothing: it makes new coins, and is the first of its block. */
  get isCoinbase(): boolean {
    const [first] = this.inputs;
    return this.inputs.length === 1 && first !== undefined && isNullOutPoint(first.prevout);
  }
}

export function isNullOutPoint({ txid, index }: OutPoint): boolean {
  return index === 0xffff_ffff && txid.every((byte) => byte === 0);
}

/** Reads and writes the form with witness, as `tx` and `block` messages carry it. */
export const transactionCodec: Codec<Transaction> = {
  size: (transaction) => transaction.bytes.length,
  encode(transaction, writer) {
    writer.bytes(transaction.bytes);
  },
  decode(reader) {
    const start = reader.offset;
    const version = reader.u32();
    let inputs = readInputs(reader);
    let outputs: Output[] = [];
    let witnessBytes = 0;
    let flag = 0;
    if (inputs.length === 0) {
      // No inputs: either this is the marker of the form with witness, or a transaction that
      // no rule will admit but that has an encoding all the same.
      flag = reader.u8();
      if (flag !== 0) {
        inputs = readInputs(reader);
        outputs = readOutputs(reader);
      }
    } else {
      outputs = readOutputs(reader);
    }
    if ((flag & 1) !== 0) {
      flag ^= 1;
      const witnessStart = reader.offset;
      const bytes = reader.rest();
      for (const input of inputs) input.witness = readWitness(reader, bytes, witnessStart);
      if (inputs.every((input) => input.witness.length === 0)) {
        // The same transaction would have two encodings.
        throw new DecodeError(witnessStart, { kind: "malformed", field: "witness", found: "superfluous" });
      }
      witnessBytes = reader.offset - witnessStart + MARKER_AND_FLAG_BYTES;
    }
    if (flag !== 0) {
      throw new DecodeError(start + 5, { kind: "malformed", field: "flag", found: `unknown (${flag})` });
    }
    const locktime = reader.u32();
    return new Transaction({ version, inputs, outputs, locktime }, reader.since(start), witnessBytes);
  },
};

// The least that one takes on the wire, so that a count cannot claim more than is there.
const INPUT_BYTES_MIN = 41;
const OUTPUT_BYTES_MIN = 9;

/** An input whose witness, which stands further on, may still have to be read. */
type ReadInput = Omit<Input, "witness"> & { witness: Input["witness"] };

function readInputs(reader: ByteReader): ReadInput[] {
  const count = reader.boundedCount("inputs", INPUT_BYTES_MIN);
  const inputs: ReadInput[] = [];
  for (let i = 0; i < count; i++) {
    const txid = reader.bytes(32) as Txid;
    const index = reader.u32();
    const scriptSig = reader.varBytes("scriptSig");
    inputs.push({ prevout: { txid, index }, scriptSig, sequence: reader.u32(), witness: NO_WITNESS });
  }
  return inputs;
}

function readOutputs(reader: ByteReader): Output[] {
  const count = reader.boundedCount("outputs", OUTPUT_BYTES_MIN);
  const outputs: Output[] = [];
  for (let i = 0; i < count; i++) {
    const value = reader.i64AsNumber() as Sats;
    outputs.push({ value, script: reader.varBytes("script") });
  }
  return outputs;
}

function hasWitness({ inputs }: TransactionFields): boolean {
  return inputs.some((input) => input.witness.length > 0);
}

function witnessSize({ inputs }: TransactionFields): number {
  let size = MARKER_AND_FLAG_BYTES;
  for (const { witness } of inputs) {
    size += countSize(witness.length);
    for (const item of witness) size += countSize(item.length) + item.length;
  }
  return size;
}

function serialise(fields: TransactionFields, withWitness: boolean): Bytes {
  const { version, inputs, outputs, locktime } = fields;
  let size = 8 + countSize(inputs.length) + countSize(outputs.length);
  for (const { scriptSig } of inputs) size += 40 + countSize(scriptSig.length) + scriptSig.length;
  for (const { script } of outputs) size += 8 + countSize(script.length) + script.length;
  const writer = new ByteWriter(size + (withWitness ? witnessSize(fields) : 0));
  writer.u32(version);
  if (withWitness) writer.u8(0).u8(1);
  writer.count(inputs.length);
  for (const { prevout, scriptSig, sequence } of inputs) {
    writer.bytes(prevout.txid).u32(prevout.index).varBytes(scriptSig).u32(sequence);
  }
  writer.count(outputs.length);
  for (const { value, script } of outputs) writer.i64FromNumber(value).varBytes(script);
  if (withWitness) {
    for (const { witness } of inputs) {
      writer.count(witness.length);
      for (const item of witness) writer.varBytes(item);
    }
  }
  return writer.u32(locktime).finish();
}

/** A spent or unspent output's bytes: the txid and index of where it was made. */
export function outPointBytes({ txid, index }: OutPoint): Bytes {
  return new ByteWriter(36).bytes(txid).u32(index).finish();
}

export const NULL_OUT_POINT: OutPoint = { txid: new Uint8Array(32) as Txid, index: 0xffff_ffff };

