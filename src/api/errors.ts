/**
 * What the library throws: one class, told apart by `code`.
 *
 * @module
 */

/** What each code carries besides its words. */
export interface TidingsErrorData {
  /** An option cannot be followed. `allowed` is in words. */
  readonly CONFIG: { readonly option: string; readonly found: unknown; readonly allowed: string };
  /** The text is not a transaction. */
  readonly TX_UNREADABLE: { readonly reason: string };
  /** `reject` is Bitcoin Core's reason, such as `min relay fee not met`: callers may compare it. */
  readonly TX_REJECTED: { readonly txid: string; readonly reject: string; readonly detail: string };
  readonly CONNECT_FAILED: { readonly host: string; readonly port: number; readonly reason: string };
  /** An address to listen on cannot be had. */
  readonly LISTEN_FAILED: { readonly host: string; readonly port: number; readonly reason: string };
  /** The data directory cannot be used; `reason` is stable. */
  readonly STORE_UNUSABLE: { readonly path: string; readonly reason: string };
  readonly MINE_FAILED: { readonly reason: string; readonly hashes: readonly string[] };
  /** Something was waited for in vain: what, and what was there instead. */
  readonly TIMEOUT: { readonly expected: string; readonly seen: string; readonly milliseconds: number };
  /** A devnet of this name, or on this directory, runs already. */
  readonly ALREADY_RUNNING: {
    readonly where: string;
    readonly pid: number;
    /** Of its first node; `undefined` while it starts. */
    readonly rpcPort: number | undefined;
  };
  /** The wallet of a devnet holds too little that can be spent now. */
  readonly FUNDS_MISSING: { readonly missing: bigint };
  /** The node could not start, or not go on, and has stopped. */
  readonly NODE_FAILED: { readonly reason: string };
  /** The node, or the network, is closed. */
  readonly CLOSED: Readonly<Record<string, never>>;
}

export type TidingsErrorCode = keyof TidingsErrorData;

export interface TidingsErrorOptions {
  /** What to do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** `code` and the fields of `data` are stable; words may change. */
export class TidingsError<Code extends TidingsErrorCode = TidingsErrorCode> extends Error {
  override readonly name = "TidingsError";
  readonly code: Code;
  /** One line without the hint; `message` has both. */
  readonly shortMessage: string;
  readonly hint: string | undefined;
  readonly data: TidingsErrorData[Code];

  constructor(
    code: Code, shortMessage: string, data: TidingsErrorData[Code], options: TidingsErrorOptions = {},
  ) {
    const { hint, cause } = options;
    super(
      hint === undefined ? shortMessage : `${shortMessage}. ${hint}`, cause === undefined ? {} : { cause },
    );
    this.code = code;
    this.shortMessage = shortMessage;
    this.hint = hint;
    this.data = data;
  }
}

/** Whether `error` is ours; with `code`, whether it is of that kind, which its `data` then shows. */
export function isTidingsError(error: unknown): error is TidingsError;
export function isTidingsError<Code extends TidingsErrorCode>(
  error: unknown, code: Code,
): error is TidingsError<Code>;
export function isTidingsError(error: unknown, code?: TidingsErrorCode): boolean {
  return error instanceof TidingsError && (code === undefined || error.code === code);
}

/** `Cannot use prune: found -1, need a number of bytes above zero` */
export function configError(
  option: string, found: unknown, allowed: string, hint?: string,
): TidingsError<"CONFIG"> {
  const message = `Cannot use ${option}: found ${describe(found)}, need ${allowed}`;
  return new TidingsError("CONFIG", message, { option, found, allowed }, hint === undefined ? {} : { hint });
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return typeof value === "bigint" ? `${value}n` : String(value);
}
