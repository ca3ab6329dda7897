/**
 * Published test vectors as cases, for the unit tests and for `npm run vectors`.
 *
 * @module
 */
import { isHex } from "../../src/base/bytes.ts";

/** A case did not end as its row says. */
export interface Mismatch {
  readonly expected: string;
  readonly found: string;
}

export interface VectorCase {
  /** Counted from 1 as the file has them, comments among them; lines of a CSV file. */
  readonly row: number;
  /** `undefined` when all is as the row says; may throw for a row that is not of its format. */
  check(): Mismatch | undefined;
}

export interface VectorFormat {
  /** What a file of it is called by people: `script tests`. */
  readonly name: string;
  /** Whether `content` looks like such a file: JSON, or the lines of a CSV file, split at commas. */
  isFormatOf(content: VectorContent): boolean;
  /** `everyFlag`: also under each set of flags that the vectors speak for, which takes some times as long. */
  cases(content: VectorContent, everyFlag: boolean): readonly VectorCase[];
}

export type VectorContent =
  | { readonly type: "json"; readonly value: unknown }
  | { readonly type: "csv"; readonly rows: readonly (readonly string[])[] };

/** A failed case, for a person to read. */
export interface Failure extends Mismatch {
  readonly row: number;
}

/** Runs the cases; a row that cannot be read counts as failed. */
export function failuresOf(cases: readonly VectorCase[]): readonly Failure[] {
  const failures: Failure[] = [];
  for (const { row, check } of cases) {
    const found = caught(check);
    if (found !== undefined) failures.push({ row, ...found });
  }
  return failures;
}

function caught(check: () => Mismatch | undefined): Mismatch | undefined {
  try {
    return check();
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { expected: "a row of this format", found };
  }
}

/** `undefined` when they are the same. */
export function compared(expected: string, found: string): Mismatch | undefined {
  return expected === found ? undefined : { expected, found };
}

/** Rows of a JSON file, numbered; `undefined` when it is not a list of lists. */
export function jsonRows(content: VectorContent): readonly NumberedRow[] | undefined {
  if (content.type !== "json" || !Array.isArray(content.value)) return undefined;
  if (!content.value.every(Array.isArray)) return undefined;
  return content.value.map((fields, at) => ({ row: at + 1, fields: fields as readonly unknown[] }));
}

export interface NumberedRow {
  readonly row: number;
  readonly fields: readonly unknown[];
}

/** Whether most of the rows that are no comments are as `isRow` has them: a few may be broken. */
export function areMostly(
  content: VectorContent, isRow: (fields: readonly unknown[]) => boolean, isComment = isLoneText,
): boolean {
  const rows = jsonRows(content)?.filter(({ fields }) => !isComment(fields)) ?? [];
  return rows.length > 0 && 2 * rows.filter(({ fields }) => isRow(fields)).length > rows.length;
}

/** A list of one text: a comment, in most formats. */
export function isLoneText(fields: readonly unknown[]): boolean {
  return fields.length === 1 && typeof fields[0] === "string";
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isHexText(value: unknown): value is string {
  return typeof value === "string" && isHex(value);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Says what was needed where a row is not of its format. */
export function need<T>(value: unknown, is: (value: unknown) => value is T, what: string): T {
  if (is(value)) return value;
  throw new RangeError(`need ${what}, found ${JSON.stringify(value)?.slice(0, 60)}`);
}
