/** Members of objects that stand inside a parameter, in Bitcoin Core's words. @module */
import { readHash, wrongType } from "./arguments.ts";
import type { Bytes } from "../base/bytes.ts";
import { JsonObject, jsonTypeName, type JsonValue } from "./json.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";

export interface FieldRules {
  /** Whether a member may be absent or null. */
  readonly optional?: boolean;
  /** Whether others than those named are refused. */
  readonly strict?: boolean;
}

/** @throws {RpcError} when `value` is no object */
export function readObject(value: JsonValue): JsonObject {
  return value instanceof JsonObject ? value : wrongType(value, "object");
}

/** @throws {RpcError} when a member is missing or of another type; `types` in the order of the alphabet */
export function checkFields(
  object: JsonObject, types: Readonly<Record<string, string>>, { optional, strict }: FieldRules = {},
): void {
  for (const [name, type] of Object.entries(types)) {
    const value = object.get(name) ?? null;
    if (value === null && optional === true) continue;
    if (value === null) throw new RpcError(RPC_CODE.type, `Missing ${name}`);
    const found = jsonTypeName(value);
    if (found === type) continue;
    throw new RpcError(RPC_CODE.type,
      `JSON value of type ${found} for field ${name} is not of expected type ${type}`);
  }
  if (strict !== true) return;
  for (const [key] of object.entries) {
    if (!(key in types)) throw new RpcError(RPC_CODE.type, `Unexpected key ${key}`);
  }
}

/** @throws {RpcError} when the member is no text of 64 hex digits */
export function hashField(object: JsonObject, name: string): Bytes {
  return readHash(readText(object.get(name) ?? null), name);
}

/** @throws {RpcError} when `value` is no text */
export function readText(value: JsonValue): string {
  return typeof value === "string" ? value : wrongType(value, "string");
}
