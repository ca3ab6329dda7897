/** Why bytes from outside could not be read. Each kind carries what a log line needs. */
export type DecodeFault =
  | { readonly kind: "truncated"; readonly needed: number; readonly remaining: number }
  | { readonly kind: "trailing"; readonly remaining: number }
  | { readonly kind: "not-minimal"; readonly value: bigint }
  | { readonly kind: "over-limit"; readonly field: string; readonly value: bigint; readonly max: number }
  /** Well framed, but not something that the format allows in this place. */
  | { readonly kind: "malformed"; readonly field: string; readonly found: string };

/**
 * Thrown by decoders, and only by decoders, when the input breaks the format.
 *
 * Caught in one place per edge: peer/read_messages.ts for peers, and the readers of RPC
 * parameters, files and worker jobs. A decoder that lets a `RangeError` or a `TypeError` escape
 * has a bug.
 */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  /** Byte offset of the field that failed. */
  readonly offset: number;
  readonly fault: DecodeFault;

  constructor(offset: number, fault: DecodeFault) {
    super(`Cannot decode at byte ${offset}: ${describe(fault)}`);
    this.offset = offset;
    this.fault = fault;
  }
}

/** Well framed, but not something that the format allows in this place. */
export function malformed(offset: number, field: string, found: string): DecodeError {
  return new DecodeError(offset, { kind: "malformed", field, found });
}

export function overLimit(offset: number, field: string, value: number | bigint, max: number): DecodeError {
  return new DecodeError(offset, { kind: "over-limit", field, value: BigInt(value), max });
}

/** What `decode` reads; `undefined` where it throws a `DecodeError`: for an edge that needs not say why. */
export function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function describe(fault: DecodeFault): string {
  switch (fault.kind) {
    case "truncated":
      return `end of data: need ${fault.needed} bytes, ${fault.remaining} remain`;
    case "trailing":
      return `${fault.remaining} bytes remain after the end`;
    case "not-minimal":
      return `non-canonical ReadCompactSize(): ${fault.value} in more bytes than it takes`;
    case "over-limit":
      return `${fault.field} is ${fault.value}, the most allowed is ${fault.max}`;
    case "malformed":
      return `${fault.field} is ${fault.found}`;
  }
}
