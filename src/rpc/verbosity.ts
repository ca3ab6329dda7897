import { jsonInteger } from "./arguments.ts";
import type { JsonValue } from "./json.ts";

/** How much detail was asked for: a number, or a boolean for 0 and 1. */
export function verbosity(value: JsonValue, fallback: number): number {
  if (value === null) return fallback;
  return typeof value === "boolean" ? Number(value) : Number(jsonInteger(value, 31n));
}
