/**
 * The shape of a result: what `help` shows, and what the result is held against with
 * `-rpcdoccheck`.
 *
 * @module
 */
import { JsonNumber, JsonObject } from "./json.ts";

interface Described {
  readonly about: string;
  readonly optional?: boolean;
}

export type Shape = Described & (
  | { readonly kind: "null" | "text" | "hex" | "number" | "amount" | "time" | "boolean" | "any" }
  | { readonly kind: "list"; readonly item: Shape }
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, Shape>> }
  /** Keys that are data, each with a value of one shape; `key` is shown in their place. */
  | { readonly kind: "map"; readonly key: string; readonly item: Shape }
);

/** One of several answers a method has; `when` says which parameters lead to it. */
export interface ResultShape {
  readonly when?: string;
  readonly shape: Shape;
}

export const nothing: Shape = { kind: "null", about: "" };

export const text = (about = ""): Shape => ({ kind: "text", about });
export const hex = (about = ""): Shape => ({ kind: "hex", about });
export const number = (about = ""): Shape => ({ kind: "number", about });
export const amount = (about = ""): Shape => ({ kind: "amount", about });
export const time = (about = ""): Shape => ({ kind: "time", about });
export const boolean = (about = ""): Shape => ({ kind: "boolean", about });
export const anything = (about = ""): Shape => ({ kind: "any", about });
export const list = (item: Shape, about = ""): Shape => ({ kind: "list", item, about });
export const object = (fields: Readonly<Record<string, Shape>>, about = ""): Shape =>
  ({ kind: "object", fields, about });
export const map = (key: string, item: Shape, about = ""): Shape => ({ kind: "map", key, item, about });
export const optional = (shape: Shape): Shape => ({ ...shape, optional: true });

/** Two columns: what is written, and what is said of it. */
export type Line = readonly [left: string, right: string];

/** Lines with their right columns under each other, as Bitcoin Core's help has them. */
export function alignLines(lines: readonly Line[]): string {
  const width = Math.max(0, ...lines.map(([left]) => left.length)) + 4;
  const margin = `\n${" ".repeat(width)}`;
  return lines
    .map(([left, right]) =>
      (right === "" ? left : left.padEnd(width) + right.replaceAll("\n", margin)) + "\n")
    .join("");
}

export function shapeLines(shape: Shape): readonly Line[] {
  return lines(shape, "", "", "");
}

const SAMPLES = {
  null: ["null", "json null"],
  text: ['"str"', "string"],
  hex: ['"hex"', "string"],
  number: ["n", "numeric"],
  amount: ["n", "numeric"],
  time: ["xxx", "numeric"],
  boolean: ["true|false", "boolean"],
  any: ["...", "any"],
  list: ["[", "json array"],
  object: ["{", "json object"],
  map: ["{", "json object"],
} as const;

function lines(shape: Shape, margin: string, key: string, comma: string): Line[] {
  const [sample, type] = SAMPLES[shape.kind];
  const about =
    `(${type}${shape.optional === true ? ", optional" : ""})${shape.about === "" ? "" : ` ${shape.about}`}`;
  const open = margin + key + sample;
  const inner = `${margin}  `;
  switch (shape.kind) {
    case "list":
      return [[open, about], ...lines(shape.item, inner, "", ","), [`${inner}...`, ""],
        [`${margin}]${comma}`, ""]];
    case "map":
      return [[open, about], ...lines(shape.item, inner, `"${shape.key}" : `, ","), [`${inner}...`, ""],
        [`${margin}}${comma}`, ""]];
    case "object": {
      const fields = Object.entries(shape.fields);
      if (fields.length === 0) return [[`${open}}${comma}`, "(empty JSON object)"]];
      const last = fields.length - 1;
      const body =
        fields.flatMap(([name, field], i) => lines(field, inner, `"${name}" : `, i === last ? "" : ","));
      return [[open, about], ...body, [`${margin}}${comma}`, ""]];
    }
    default:
      return [[open + comma, about]];
  }
}

/** Where `value` is not what `shape` says, as a sentence; `undefined` when it fits. */
export function shapeMismatch(shape: Shape, value: unknown, path = "result"): string | undefined {
  switch (shape.kind) {
    case "any":
      return undefined;
    case "list":
      if (!Array.isArray(value)) return wrongType(shape, value, path);
      return firstDefined(value, (item, i) => shapeMismatch(shape.item, item, `${path}[${i}]`));
    case "map":
      if (!isRecord(value)) return wrongType(shape, value, path);
      return firstDefined(Object.entries(value),
        ([key, item]) => shapeMismatch(shape.item, item, `${path}.${key}`));
    case "object":
      return isRecord(value) ? fieldsMismatch(shape.fields, value, path) : wrongType(shape, value, path);
    default:
      return hasKind(shape.kind, value) ? undefined : wrongType(shape, value, path);
  }
}

function fieldsMismatch(
  fields: Readonly<Record<string, Shape>>, value: Readonly<Record<string, unknown>>, path: string,
): string | undefined {
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined && fields[key] === undefined) return `${path}.${key} is not in the help`;
  }
  return firstDefined(Object.entries(fields), ([key, field]) => {
    const member = value[key];
    if (member !== undefined) return shapeMismatch(field, member, `${path}.${key}`);
    return field.optional === true ? undefined : `${path}.${key} is missing`;
  });
}

function hasKind(kind: Shape["kind"], value: unknown): boolean {
  switch (kind) {
    case "null":
      return value === null;
    case "text":
      return typeof value === "string";
    case "hex":
      return typeof value === "string" && /^(?:[0-9a-f]{2})*$/.test(value);
    case "boolean":
      return typeof value === "boolean";
    case "amount":
      return value instanceof JsonNumber;
    default:
      return typeof value === "number" || typeof value === "bigint" || value instanceof JsonNumber;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof JsonNumber) && !(value instanceof JsonObject);
}

function wrongType(shape: Shape, value: unknown, path: string): string {
  return `${path} is not of kind ${shape.kind}: found ${String(value)}`;
}

function firstDefined<T>(
  items: readonly T[], test: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [i, item] of items.entries()) {
    const found = test(item, i);
    if (found !== undefined) return found;
  }
  return undefined;
}
