/**
 * From `params` to the values a method asks for.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, fromHex, isHex } from "../base/bytes.ts";
import { parseHash } from "../primitives/hash.ts";
import { MONEY_MAX, type Sats, SATS_PER_COIN } from "../primitives/amount.ts";
import { JsonNumber, JsonObject, jsonTypeName, type JsonValue, writeJson } from "./json.ts";
import { type Parameter, typeFault } from "./parameter.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";

/** The values of one call, by the names under which its method declares them. */
export class Arguments {
  readonly #parameters: readonly Parameter[];
  readonly #values: readonly JsonValue[];

  /**
   * `help`: what whoever gives a wrong number of values is told.
   *
   * @throws {RpcError} for a wrong number or wrong types of values
   */
  constructor(parameters: readonly Parameter[], values: readonly JsonValue[], help: () => string) {
    this.#parameters = parameters;
    this.#values = values;
    const least = parameters.findLastIndex((parameter) => parameter.required) + 1;
    const isCount = values.length >= least && values.length <= parameters.length;
    if (!isCount) throw new RpcError(RPC_CODE.misc, help());
    checkTypes(parameters, values);
  }

  /** As they came, by position. */
  get all(): readonly JsonValue[] {
    return this.#values;
  }

  /** As it came; null when absent. */
  raw(name: string): JsonValue {
    return this.#values[this.#index(name)] ?? null;
  }

  has(name: string): boolean {
    return this.raw(name) !== null;
  }

  string(name: string): string {
    const value = this.#given(name);
    return typeof value === "string" ? value : wrongType(value, "string");
  }

  boolean(name: string): boolean {
    const value = this.#given(name);
    return typeof value === "boolean" ? value : wrongType(value, "bool");
  }

  /** A whole number of 32 bits with sign. */
  integer(name: string): number {
    return Number(this.integer64(name, 31n));
  }

  /** A whole number of at most 64 bits with sign. */
  integer64(name: string, bits = 63n): bigint {
    return jsonInteger(this.#given(name), bits);
  }

  array(name: string): readonly JsonValue[] {
    const value = this.#given(name);
    return Array.isArray(value) ? (value as readonly JsonValue[]) : wrongType(value, "array");
  }

  amount(name: string): Sats {
    return jsonAmount(this.#given(name));
  }

  /** The hash that 64 hex digits display. */
  hash(name: string): Bytes {
    return readHash(this.string(name), name);
  }

  #index(name: string): number {
    const index = this.#parameters.findIndex(({ names }) => names[0] === name);
    assert(index >= 0, `a method asks for its declared parameters, not for ${name}`);
    return index;
  }

  #given(name: string): JsonValue {
    const index = this.#index(name);
    const value = this.#values[index] ?? null;
    if (value !== null) return value;
    const fallback = this.#parameters[index]?.fallback;
    if (fallback === undefined) return null;
    return typeof fallback === "number" ? new JsonNumber(writeJson(fallback)) : fallback;
  }
}

/** @throws {RpcError} when it is not `bits` bits and a sign */
export function jsonInteger(value: JsonValue, bits = 63n): bigint {
  if (!(value instanceof JsonNumber)) return wrongType(value, "number");
  if (/^-?[0-9]{1,20}$/.test(value.text)) {
    const whole = BigInt(value.text);
    if (whole >= -(1n << bits) && whole < 1n << bits) return whole;
  }
  throw new RpcError(RPC_CODE.misc, "JSON integer out of range");
}

/**
 * An amount in coins, given as a number or a string.
 *
 * @throws {RpcError} when it has more than eight decimals or cannot exist
 */
export function jsonAmount(value: JsonValue): Sats {
  if (typeof value !== "string" && !(value instanceof JsonNumber)) {
    throw new RpcError(RPC_CODE.type, "Amount is not a number or string");
  }
  const sats = parseCoins(typeof value === "string" ? value : value.text);
  if (sats === undefined) throw new RpcError(RPC_CODE.type, "Invalid amount");
  if (sats < 0n || sats > BigInt(MONEY_MAX)) throw new RpcError(RPC_CODE.type, "Amount out of range");
  return Number(sats) as Sats;
}

const COINS = /^(-?)(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,18}))?(?:[eE]([+-]?[0-9]{1,2}))?$/;

/** Satoshi; `undefined` when `text` is no number, or not a whole number of satoshi. */
export function parseCoins(text: string): bigint | undefined {
  const match = COINS.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "0", decimals = "", exponent = "0"] = match;
  const shift = Math.log10(SATS_PER_COIN) - decimals.length + Number(exponent);
  const digits = BigInt(whole + decimals);
  if (shift < 0 && digits % 10n ** BigInt(-shift) !== 0n) return undefined;
  const size = shift < 0 ? digits / 10n ** BigInt(-shift) : digits * 10n ** BigInt(shift);
  return sign === "-" ? -size : size;
}

/** @throws {RpcError} when `text` is not 64 hex digits; `name` is whose they are */
export function readHash(text: string, name: string): Bytes {
  const hash = parseHash(text);
  if (hash !== undefined) return hash;
  throw new RpcError(RPC_CODE.invalidParameter, text.length === 64
    ? `${name} must be hexadecimal string (not '${text}')`
    : `${name} must be of length 64 (not ${text.length}, for '${text}')`);
}

/** @throws {RpcError} when `text` is not hex; `name` is whose it is */
export function readHex(text: string, name: string): Bytes {
  if (!isHex(text)) {
    throw new RpcError(RPC_CODE.invalidParameter, `${name} must be hexadecimal string (not '${text}')`);
  }
  return fromHex(text);
}

export function wrongType(value: JsonValue, expected: string): never {
  throw new RpcError(
    RPC_CODE.type, `JSON value of type ${jsonTypeName(value)} is not of expected type ${expected}`);
}

function checkTypes(parameters: readonly Parameter[], values: readonly JsonValue[]): void {
  const faults: Record<string, string> = {};
  for (const [i, parameter] of parameters.entries()) {
    const fault = typeFault(parameter, values[i] ?? null);
    if (fault !== undefined) faults[`Position ${i + 1} (${parameter.names.join("|")})`] = fault;
  }
  if (Object.keys(faults).length > 0) {
    throw new RpcError(RPC_CODE.type, `Wrong type passed:\n${writeJson(faults, 4)}`);
  }
}

/**
 * Named values in the order in which `parameters` declares them, with nulls in the gaps. A list under
 * `args` gives the first ones by position (Bitcoin Core's doc/JSON-RPC-interface.md).
 *
 * @throws {RpcError} for names that are unknown, or given twice
 */
export function positional(parameters: readonly Parameter[], named: JsonObject): readonly JsonValue[] {
  const left = new Map<string, JsonValue>();
  for (const [key, value] of named.entries) {
    if (left.has(key)) throw invalid(`Parameter ${key} specified multiple times`);
    left.set(key, value);
  }
  const values = parameters.map((parameter) => {
    const value = takeFirst(left, parameter.names);
    return value === undefined ? takeMembers(left, parameter) : value;
  });
  const end = values.findLastIndex((value) => value !== undefined) + 1;
  const result = values.slice(0, end).map((value) => value ?? null);
  const first = left.get("args");
  if (Array.isArray(first)) {
    left.delete("args");
    overlay(parameters, values, result, first as readonly JsonValue[]);
  }
  for (const key of left.keys()) throw invalid(`Unknown named parameter ${key}`);
  return result;
}

function takeFirst(from: Map<string, JsonValue>, names: readonly string[]): JsonValue | undefined {
  for (const name of names) {
    const value = from.get(name);
    if (value === undefined) continue;
    from.delete(name);
    return value;
  }
  return undefined;
}

/** Members of an object that were named by themselves, as that object. */
function takeMembers(
  from: Map<string, JsonValue>, { inner = [], membersByName }: Parameter,
): JsonValue | undefined {
  if (membersByName !== true) return undefined;
  const members = inner.flatMap(({ names }): readonly (readonly [string, JsonValue])[] => {
    const value = takeFirst(from, names);
    return value === undefined ? [] : [[names[0], value]];
  });
  return members.length === 0 ? undefined : new JsonObject(members);
}

function overlay(
  parameters: readonly Parameter[],
  named: readonly (JsonValue | undefined)[],
  result: JsonValue[],
  first: readonly JsonValue[],
): void {
  const initial = named.findIndex((value) => value !== undefined);
  if (initial >= 0 && initial < first.length) {
    const name = parameters[initial]?.names.join("|");
    throw invalid(`Parameter ${name} specified twice both as positional and named argument`);
  }
  result.splice(0, first.length, ...first);
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_CODE.invalidParameter, message);
}
