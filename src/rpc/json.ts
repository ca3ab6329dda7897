/**
 * JSON as the RPC needs it: numbers keep their text, so that amounts and 64-bit values are exact
 * both ways, and objects keep the order and the repetitions of their keys.
 *
 * @module
 */
import { unreachable } from "../base/assert.ts";
import { formatCoins, type Sats } from "../primitives/amount.ts";

/** A number by its text. */
export class JsonNumber {
  readonly text: string;

  /** `text` must be a number in JSON's grammar. */
  constructor(text: string) {
    this.text = text;
  }
}

/** An object as it was written: a key may stand in it twice. */
export class JsonObject {
  readonly entries: readonly (readonly [key: string, value: JsonValue])[];

  constructor(entries: readonly (readonly [string, JsonValue])[]) {
    this.entries = entries;
  }

  /** The value of the first `key`. */
  get(key: string): JsonValue | undefined {
    return this.entries.find(([name]) => name === key)?.[1];
  }
}

export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

/** Bitcoin Core's names, which stand in its error texts. */
export function jsonTypeName(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  if (value instanceof JsonNumber) return "number";
  return value instanceof JsonObject ? "object" : "array";
}

/** An amount of satoshi as a number of coins with eight decimals. */
export function coins(value: Sats | number | bigint): JsonNumber {
  return new JsonNumber(formatCoins(BigInt(value)));
}

/** Thrown by `parseJson` only. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

/** UniValue's MAX_JSON_DEPTH. */
const DEPTH_MAX = 512;

/**
 * All of `text` as one value.
 *
 * @throws {JsonSyntaxError} when it is not JSON (RFC 8259), or nested deeper than 512
 */
export function parseJson(text: string): JsonValue {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// Anything up to the closing quote or an escape; control characters must be escaped.
const PLAIN_TEXT = /[^"\\\u0000-\u001f]*/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
const SPACE = /[ \t\r\n]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t",
};

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonValue {
    if (depth > DEPTH_MAX) throw this.#error("nested too deep");
    this.#take(SPACE);
    const next = this.#text[this.#at];
    if (next === "{") return this.#object(depth);
    if (next === "[") return this.#array(depth);
    if (next === '"') return this.#string();
    if (this.#literal("null")) return null;
    if (this.#literal("true")) return true;
    if (this.#literal("false")) return false;
    const number = this.#take(NUMBER);
    if (number === "") throw this.#error("a value was expected");
    return new JsonNumber(number);
  }

  end(): void {
    this.#take(SPACE);
    if (this.#at < this.#text.length) throw this.#error("something follows the value");
  }

  #object(depth: number): JsonObject {
    const entries: [string, JsonValue][] = [];
    this.#at++;
    if (this.#closes("}")) return new JsonObject(entries);
    do {
      this.#take(SPACE);
      const key = this.#string();
      this.#take(SPACE);
      if (!this.#literal(":")) throw this.#error("':' was expected");
      entries.push([key, this.value(depth + 1)]);
    } while (this.#continues("}"));
    return new JsonObject(entries);
  }

  #array(depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    this.#at++;
    if (this.#closes("]")) return items;
    do items.push(this.value(depth + 1));
    while (this.#continues("]"));
    return items;
  }

  #closes(bracket: string): boolean {
    this.#take(SPACE);
    return this.#literal(bracket);
  }

  #continues(bracket: string): boolean {
    if (this.#closes(bracket)) return false;
    if (!this.#literal(",")) throw this.#error(`',' or '${bracket}' was expected`);
    return true;
  }

  #string(): string {
    if (!this.#literal('"')) throw this.#error("a string was expected");
    let text = "";
    for (;;) {
      text += this.#take(PLAIN_TEXT);
      if (this.#literal('"')) break;
      if (!this.#literal("\\")) throw this.#error("a string has no end, or a control character in it");
      text += this.#escape();
    }
    if (LONE_SURROGATE.test(text)) throw this.#error("half of a surrogate pair");
    return text;
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? "";
    const plain = ESCAPES[letter];
    if (plain !== undefined) return plain;
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (letter !== "u" || !/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#error("unknown escape");
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #literal(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #error(what: string): JsonSyntaxError {
    return new JsonSyntaxError(`Cannot read JSON at character ${this.#at}: ${what}`);
  }
}

/**
 * What the methods answer, as text: plain objects, arrays, strings, numbers, bigints, and the
 * classes above. Members that are `undefined` are left out. `indent` spreads it over lines.
 */
export function writeJson(value: unknown, indent = 0): string {
  return write(value, indent, "");
}

function write(value: unknown, indent: number, margin: string): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      return formatDouble(value);
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      return value === null ? "null" : writeObject(value, indent, margin);
    default:
      return unreachable(value as never);
  }
}

function writeObject(value: object, indent: number, margin: string): string {
  if (value instanceof JsonNumber) return value.text;
  const inner = margin + " ".repeat(indent);
  if (Array.isArray(value)) {
    return bracket("[", "]", value.map((item) => write(item, indent, inner)), indent, margin);
  }
  const entries = value instanceof JsonObject ? value.entries : Object.entries(value);
  const colon = indent > 0 ? ": " : ":";
  const parts: string[] = [];
  for (const [key, member] of entries) {
    if (member !== undefined) parts.push(quote(key) + colon + write(member, indent, inner));
  }
  return bracket("{", "}", parts, indent, margin);
}

function bracket(
  open: string, close: string, parts: readonly string[], indent: number, margin: string,
): string {
  if (indent === 0 || parts.length === 0) return open + parts.join(",") + close;
  const line = `\n${margin}${" ".repeat(indent)}`;
  return open + line + parts.join(`,${line}`) + `\n${margin}` + close;
}

function quote(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}

/** As C++ writes a double with 16 significant digits: `4.656542373906925e-10`, `0.5`, `12`. */
export function formatDouble(value: number): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? "0" : String(value);
  const [digits = "", exponentText = "0"] = value.toExponential(15).split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 16) return trimZeros(value.toFixed(15 - exponent));
  const sign = exponent < 0 ? "-" : "+";
  return `${trimZeros(digits)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
