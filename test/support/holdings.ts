/**
 * How much is in every collection that can be reached from an object, by the field that holds it.
 *
 * @module
 */
import { privateFields } from "./private_fields.ts";

export interface Holding {
  /** Entries of a collection, or bytes of an array of numbers: of the largest one of that name. */
  readonly size: number;
  readonly unit: "entries" | "bytes";
}

/** By `Class.field`, with `[]` for what lies in a collection. */
export type Holdings = ReadonlyMap<string, Holding>;

/**
 * Goes through everything that hangs on `root`, but not into objects of the classes named in
 * `outside`, nor into functions.
 */
export function holdingsOf(root: object, outside: ReadonlySet<string>): Holdings {
  const found = new Map<string, Holding>();
  const seen = new Set<object>();
  const queue: (readonly [path: string, value: unknown])[] = [[root.constructor.name, root]];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [path, value] = next;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    const holding = holdingOf(value);
    if (holding !== undefined && holding.size >= (found.get(path)?.size ?? 0)) found.set(path, holding);
    for (const part of partsOf(path, value, outside)) queue.push(part);
  }
  return found;
}

function holdingOf(value: object): Holding | undefined {
  if (value instanceof Map || value instanceof Set) return { size: value.size, unit: "entries" };
  if (Array.isArray(value)) return { size: value.length, unit: "entries" };
  return ArrayBuffer.isView(value) ? { size: value.byteLength, unit: "bytes" } : undefined;
}

function* partsOf(
  path: string, value: object, outside: ReadonlySet<string>,
): Generator<readonly [path: string, value: unknown]> {
  if (ArrayBuffer.isView(value)) return;
  if (value instanceof Map) {
    for (const [key, each] of value) yield* [[`${path}[key]`, key], [`${path}[]`, each]] as const;
  } else if (value instanceof Set || Array.isArray(value)) {
    for (const each of value) yield [`${path}[]`, each];
  } else {
    const { name } = value.constructor ?? Object;
    if (outside.has(name)) return;
    const isPlain = name === "Object";
    for (const [field, each] of isPlain ? [] : privateFields(value)) yield [`${name}.${field}`, each];
    for (const field of Object.keys(value)) {
      const { value: each } = Object.getOwnPropertyDescriptor(value, field) ?? {};
      yield [isPlain ? `${path}.${field}` : `${name}.${field}`, each];
    }
  }
}
