import type { Bytes } from "../../base/bytes.ts";
import { VERIFY_MINIMALDATA } from "../flags.ts";
import { NO_CODE_SEPARATOR, type TapscriptPlace } from "../taproot_sighash.ts";
import type { ScriptError } from "./script_error.ts";
import { ScriptStack } from "./script_stack.ts";

/** Which rules hold: before segwit, in version 0 witnesses, or in tapscript. */
export type ScriptVersion = "base" | "witness-v0" | "tapscript";

/** What a script can ask about the transaction that it stands in. */
export interface SignatureChecker {
  /** `signature` is with its hash type. */
  checkEcdsa(signature: Bytes, key: Bytes, scriptCode: Bytes, version: ScriptVersion): boolean;
  /** `place` is `undefined` for a spend by key. */
  checkSchnorr(
    signature: Bytes, key: Bytes, annex: Bytes | undefined, place: TapscriptPlace | undefined,
  ): ScriptError | undefined;
  /** BIP65; `lockTime` is not negative. */
  checkLockTime(lockTime: number): boolean;
  /** BIP112; `sequence` is not negative, and has not the bit that disables it. */
  checkSequence(sequence: number): boolean;
}

/** What only tapscripts have. */
export interface TapscriptExecution {
  readonly leafHash: Bytes;
  readonly annex: Bytes | undefined;
  /** Paid for each signature checked; starts at the witness' size and 50 (BIP342). */
  weightLeft: number;
}

/** A script in the middle of its execution. */
export class ScriptState {
  readonly script: Bytes;
  readonly version: ScriptVersion;
  readonly flags: number;
  readonly checker: SignatureChecker;
  readonly tapscript: TapscriptExecution | undefined;
  readonly stack: ScriptStack;
  readonly altStack: Bytes[] = [];
  readonly conditions = new ConditionStack();
  /** Operations other than pushes so far, and keys of multisigs. */
  operationCount = 0;
  /** Where in the script the part begins that signatures sign. */
  codeStart = 0;
  codeSeparatorPosition = NO_CODE_SEPARATOR;

  constructor(
    script: Bytes, items: Bytes[], flags: number, version: ScriptVersion, checker: SignatureChecker,
    tapscript?: TapscriptExecution,
  ) {
    this.script = script;
    this.version = version;
    this.flags = flags;
    this.checker = checker;
    this.tapscript = tapscript;
    this.stack = new ScriptStack(items, this.has(VERIFY_MINIMALDATA));
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }
}

/**
 * The branches of OP_IF that we are in. Only two things can be asked of it, so it need not hold the
 * branches themselves, and a script of ten thousand OP_IFs costs no more than its length.
 */
export class ConditionStack {
  #size = 0;
  /** The outermost branch that is not taken. */
  #firstFalse = Infinity;

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  get allTrue(): boolean {
    return this.#firstFalse === Infinity;
  }

  push(value: boolean): void {
    if (!value && this.allTrue) this.#firstFalse = this.#size;
    this.#size++;
  }

  pop(): void {
    this.#size--;
    if (this.#firstFalse === this.#size) this.#firstFalse = Infinity;
  }

  toggleTop(): void {
    const top = this.#size - 1;
    if (this.allTrue) this.#firstFalse = top;
    else if (this.#firstFalse === top) this.#firstFalse = Infinity;
  }
}
