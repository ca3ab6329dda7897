/**
 * The outputs that a job's inputs spend, one after the other, as a worker reads them.
 *
 * ```text
 * i64      value
 * varbytes script
 * ```
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import type { ByteReader } from "../codec/byte_reader.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Output } from "../primitives/transaction.ts";

export function packSpentOutputs(outputs: readonly Output[]): Bytes {
  let size = 0;
  for (const { script } of outputs) size += 8 + countSize(script.length) + script.length;
  const writer = new ByteWriter(size);
  for (const { value, script } of outputs) writer.i64FromNumber(value).varBytes(script);
  return writer.finish();
}

/**
 * The next one; its script is a view of what `reader` reads.
 *
 * @throws {DecodeError} when there is none, or less than one
 */
export function readSpentOutput(reader: ByteReader): Output {
  const value = reader.i64AsNumber() as Sats;
  return { value, script: reader.varBytes("script") };
}

/** Goes past the next one. @throws {DecodeError} when there is none, or less than one */
export function skipSpentOutput(reader: ByteReader): void {
  reader.skip(8);
  reader.skip(reader.count("script"));
}
