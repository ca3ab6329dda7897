/**
 * Keys in descriptors (BIP380): public keys in hex, private ones in wallet import format, and
 * extended keys with a path (BIP32), each with where it came from, or without.
 *
 * @module
 */
import { type Bytes, fromHex, isHex, toHex } from "../base/bytes.ts";
import { curve, hash160 } from "../crypto/crypto.ts";
import type { AddressParams } from "../params/chain_params.ts";
import { parseSecretKey } from "./addresses.ts";
import { DescriptorError } from "./descriptor_error.ts";
import { ExtendedKey, HARDENED } from "./extended_key.ts";
import { COMPRESSED_KEY_BYTES, UNCOMPRESSED_KEY_BYTES } from "./templates.ts";

export interface KeyExpression {
  /** In its usual spelling, and without secrets. */
  readonly text: string;
  /** Whether it stands for a key each number. */
  readonly isRange: boolean;
  readonly hasSecret: boolean;
  /** The public key for this number; `undefined` when that takes a secret key that is not known. */
  at(index: number): Bytes | undefined;
  /** That key in hex, behind where it came from: `[fingerprint/path]key`; by default it is its own root. */
  shownAt(index: number): string | undefined;
}

export interface KeyContext {
  /** What errors begin with. */
  readonly function: string;
  readonly mustCompress: boolean;
  /** Taproot: 32 bytes in hex are a key, and keys are written so. */
  readonly isXOnly: boolean;
}

export function parseKeyExpression(text: string, context: KeyContext, params: AddressParams): KeyExpression {
  const fail = (reason: string): never => {
    throw new DescriptorError(`${context.function}: ${reason}`);
  };
  const parts = text.split("]") as [string, ...string[]];
  if (parts.length > 2) return fail("Multiple ']' characters found for a single pubkey");
  const [first, second] = parts;
  if (second === undefined) return parseKey(first, context, params, fail);
  const origin = parseOrigin(first, fail);
  const key = parseKey(second, context, params, fail);
  return {
    ...key,
    text: `[${origin}]${key.text}`,
    shownAt(index) {
      const shown = key.shownAt(index);
      if (shown === undefined) return undefined;
      // From there it goes on, in place of from its own root.
      return `[${origin}${shown.slice(1 + FINGERPRINT_DIGITS)}`;
    },
  };
}

const FINGERPRINT_DIGITS = 8;

type Fail = (reason: string) => never;

function parseOrigin(text: string, fail: Fail): string {
  if (!text.startsWith("[")) {
    return fail(`Key origin start '[ character expected but not found, got '${text[0] ?? "]"}' instead`);
  }
  const [fingerprint, ...path] = text.slice(1).split("/") as [string, ...string[]];
  if (fingerprint.length !== FINGERPRINT_DIGITS) {
    return fail(`Fingerprint is not 4 bytes (${fingerprint.length} characters instead of 8 characters)`);
  }
  if (!isHex(fingerprint)) return fail(`Fingerprint '${fingerprint}' is not hex`);
  return fingerprint.toLowerCase() + pathText(path.map((step) => parseStep(step, fail)), usesApostrophe(path));
}

function parseKey(text: string, context: KeyContext, params: AddressParams, fail: Fail): KeyExpression {
  const [key, ...path] = text.split("/") as [string, ...string[]];
  if (key === "") return fail("No key provided");
  if (/^\s|\s$/.test(key)) return fail(`Key '${key}' is invalid due to whitespace`);
  if (path.length === 0) {
    if (isHex(key)) return fixedKey(parseHexKey(key, context, fail), isShortKey(key, context), false);
    const secret = parseSecretKey(key, params);
    if (secret !== undefined && curve().isSecretKey(secret.key)) {
      const publicKey = curve().publicKey(secret.key, secret.compressed);
      return fixedKey(checkForm(publicKey, context, fail), context.isXOnly, true);
    }
  }
  const root = ExtendedKey.parse(key, params);
  return root === undefined ? fail(`key '${key}' is not valid`) : derivedKey(root, path, context, params, fail);
}

function isShortKey(text: string, { isXOnly }: KeyContext): boolean {
  return isXOnly && text.length === 64;
}

function parseHexKey(text: string, context: KeyContext, fail: Fail): Bytes {
  const key = fromHex(isShortKey(text, context) ? `02${text}` : text);
  if (key.length === UNCOMPRESSED_KEY_BYTES && (key[0] === 6 || key[0] === 7)) {
    return fail("Hybrid public keys are not allowed");
  }
  return curve().isPublicKey(key) ? checkForm(key, context, fail) : fail(`Pubkey '${text}' is invalid`);
}

function checkForm(key: Bytes, { mustCompress }: KeyContext, fail: Fail): Bytes {
  return mustCompress && key.length !== COMPRESSED_KEY_BYTES
    ? fail("Uncompressed keys are not allowed")
    : key;
}

function fixedKey(key: Bytes, isShort: boolean, hasSecret: boolean): KeyExpression {
  const text = toHex(isShort ? key.subarray(1) : key);
  return { text, isRange: false, hasSecret, at: () => key, shownAt: () => `[${fingerprintOf(key)}]${text}` };
}

function fingerprintOf(key: Bytes): string {
  return toHex(hash160(key)).slice(0, FINGERPRINT_DIGITS);
}

function derivedKey(
  root: ExtendedKey, path: readonly string[], { isXOnly }: KeyContext, params: AddressParams, fail: Fail,
): KeyExpression {
  const last = path.at(-1) ?? "";
  const isRange = /^\*['h]?$/.test(last);
  const offset = last.length === 2 ? HARDENED : 0;
  const steps = (isRange ? path.slice(0, -1) : path).map((step) => parseStep(step, fail));
  const withApostrophe = usesApostrophe(path);
  const star = !isRange ? "" : offset === 0 ? "/*" : withApostrophe ? "/*'" : "/*h";
  // All numbers of a range share what comes before.
  let parent: ExtendedKey | undefined = root;
  for (const step of steps) parent = parent?.child(step);
  return {
    text: root.publicText(params) + pathText(steps, withApostrophe) + star,
    isRange,
    hasSecret: root.secretKey !== undefined,
    at: (index) => (isRange ? parent?.child(index + offset) : parent)?.publicKey,
    shownAt(index) {
      const key = this.at(index);
      const walked = isRange ? [...steps, index + offset] : steps;
      const origin = fingerprintOf(root.publicKey) + pathText(walked, false);
      return key === undefined ? undefined : `[${origin}]${toHex(isXOnly ? key.subarray(1) : key)}`;
    },
  };
}

function parseStep(text: string, fail: Fail): number {
  const isHardened = /['h]$/.test(text);
  const digits = isHardened ? text.slice(0, -1) : text;
  const value = /^[0-9]{1,10}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(value < 2 ** 32)) return fail(`Key path value '${digits}' is not a valid uint32`);
  if (value >= HARDENED) return fail(`Key path value ${value} is out of range`);
  return isHardened ? value + HARDENED : value;
}

/** Of the two marks for hardened steps, whether the last one is the older. */
function usesApostrophe(path: readonly string[]): boolean {
  return path.findLast((step) => /['h]$/.test(step))?.endsWith("'") ?? false;
}

function pathText(steps: readonly number[], withApostrophe: boolean): string {
  const mark = withApostrophe ? "'" : "h";
  return steps.map((step) => `/${step % HARDENED}${step >= HARDENED ? mark : ""}`).join("");
}
