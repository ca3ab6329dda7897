/** Which numbers of a descriptor with `*` are meant. @module */
import { jsonInteger } from "./arguments.ts";
import { JsonNumber, type JsonValue } from "./json.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";

/** Numbers of a range that one call may ask for. */
const RANGE_MAX = 1_000_000;

/**
 * The first and the last of `5` or `[2,5]` (Bitcoin Core: rpc/util.cpp, ParseDescriptorRange).
 *
 * @throws {RpcError} when it is no such range
 */
export function readRange(value: JsonValue): readonly [begin: number, end: number] {
  const [low, high] = rangeEnds(value);
  if (low < 0n) throw invalid("Range should be greater or equal than 0");
  if (high >> 31n !== 0n) throw invalid("End of range is too high");
  if (high >= low + BigInt(RANGE_MAX)) throw invalid("Range is too large");
  return [Number(low), Number(high)];
}

function rangeEnds(value: JsonValue): readonly [bigint, bigint] {
  if (value instanceof JsonNumber) return [0n, jsonInteger(value)];
  const [first, second, ...more] = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
  if (!(first instanceof JsonNumber) || !(second instanceof JsonNumber) || more.length > 0) {
    throw invalid("Range must be specified as end or as [begin,end]");
  }
  const [low, high] = [jsonInteger(first), jsonInteger(second)];
  if (low > high) throw invalid("Range specified as [begin,end] must not have begin after end");
  return [low, high];
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_CODE.invalidParameter, message);
}
