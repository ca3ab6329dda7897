/**
 * Which scripts `scantxoutset` is to look for.
 *
 * @module
 */
import { type Bytes, toLatin1 } from "../base/bytes.ts";
import type { AddressParams } from "../params/chain_params.ts";
import { inferDescriptor, parseDescriptor, withChecksum } from "../script/descriptor.ts";
import { jsonInteger, wrongType } from "./arguments.ts";
import { JsonNumber, JsonObject, type JsonValue } from "./json.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";

/** Descriptors by script, one byte a character. */
export type Needles = Map<string, string>;

export function needleKey(script: Bytes): string {
  return toLatin1(script);
}

/** @throws {RpcError} when one is not what it should be */
export function readScanObjects(objects: readonly JsonValue[], params: AddressParams): Needles {
  const needles: Needles = new Map();
  for (const object of objects) {
    for (const text of formsOf(descriptorOf(object), params)) addNeedle(needles, text, params);
  }
  return needles;
}

function addNeedle(needles: Needles, text: string, params: AddressParams): void {
  const verdict = parseDescriptor(text, params);
  if (!verdict.ok) throw new RpcError(RPC_CODE.invalidAddressOrKey, verdict.error);
  needles.set(needleKey(verdict.script), shownAs(text, verdict.script, params));
}

/** What is said of a match: the descriptor that names its key, where that is public. */
function shownAs(text: string, script: Bytes, params: AddressParams): string {
  const [payload = ""] = text.split("#");
  const namesKeys = /^(?:pk|pkh|wpkh|sh|wsh|multi|tr|rawtr)\((?:[a-z]+|[0-9a-f]{64,}|[0-9]+|[(),])*$/.test(payload);
  return namesKeys ? withChecksum(payload) : inferDescriptor(script, params);
}

function descriptorOf(object: JsonValue): string {
  if (typeof object === "string") return object;
  if (!(object instanceof JsonObject)) {
    throw invalid("Scan object needs to be either a string or an object");
  }
  const text = object.get("desc") ?? null;
  if (text === null) throw invalid("Descriptor needs to be provided in scan object");
  checkRange(object.get("range") ?? null);
  return typeof text === "string" ? text : wrongType(text, "string");
}

const RANGE_MAX = 1_000_000n;

/** Descriptors here have no keys to derive, so that the range is only looked at (Bitcoin Core: ParseDescriptorRange). */
function checkRange(range: JsonValue): void {
  if (range === null) return;
  const ends = range instanceof JsonNumber ? [new JsonNumber("0"), range] : range;
  const isPair = Array.isArray(ends) && ends.length === 2 && ends.every((end) => end instanceof JsonNumber);
  if (!isPair) throw invalid("Range must be specified as end or as [begin,end]");
  const [low, high] = (ends as readonly JsonValue[]).map((end) => jsonInteger(end)) as [bigint, bigint];
  if (Array.isArray(range) && low > high) {
    throw invalid("Range specified as [begin,end] must not have begin after end");
  }
  if (low < 0n) throw invalid("Range should be greater or equal than 0");
  if (high >> 31n !== 0n) throw invalid("End of range is too high");
  if (high >= low + RANGE_MAX) throw invalid("Range is too large");
}

/** `combo` stands for two forms, and for two more when the key is compressed. */
function formsOf(text: string, params: AddressParams): readonly string[] {
  const key = /^combo\((.*)\)/s.exec(text)?.[1];
  if (key === undefined) return [text];
  const verdict = parseDescriptor(text, params);
  if (!verdict.ok) throw new RpcError(RPC_CODE.invalidAddressOrKey, verdict.error);
  const isCompressed = parseDescriptor(`wpkh(${key})`, params).ok;
  return [`pk(${key})`, `pkh(${key})`, ...(isCompressed ? [`wpkh(${key})`, `sh(wpkh(${key}))`] : [])];
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_CODE.invalidParameter, message);
}
