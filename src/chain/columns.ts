/** Columns that grow together, a row for each header. */
export interface RowColumns {
  /** Makes room for `rows` rows; what is there stays. */
  grow(rows: number): void;
  /** Memory taken. */
  readonly bytes: number;
}

type Column = Uint8Array | Uint32Array | Int32Array | Float64Array;

/** A longer copy of `column`, zeros behind. */
export function grown<T extends Column>(column: T, length: number): T {
  const longer = new (column.constructor as new (length: number) => T)(length);
  longer.set(column);
  return longer;
}
