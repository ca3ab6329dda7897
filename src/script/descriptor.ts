/**
 * Output descriptors: from a text to scripts, and back (BIP380 to BIP386, BIP389).
 *
 * Known are `addr raw pk pkh wpkh sh wsh multi sortedmulti tr rawtr combo`; of taproot, outputs without
 * a tree of scripts. Errors are in Bitcoin Core's words.
 *
 * @module
 */
import { defined } from "../base/assert.ts";
import { type Bytes, compareBytes, fromHex, isHex, toHex } from "../base/bytes.ts";
import { curve, hash160, sha256 } from "../crypto/crypto.ts";
import type { AddressParams } from "../params/chain_params.ts";
import { addressOf, parseAddress } from "./addresses.ts";
import { descriptorChecksum } from "./descriptor_checksum.ts";
import { DescriptorError } from "./descriptor_error.ts";
import { type KeyExpression, parseKeyExpression } from "./key_expression.ts";
import { expandMultipath } from "./multipath.ts";
import { MULTISIG_KEYS_MAX } from "./opcodes.ts";
import { taprootOutputKey } from "./taproot.ts";
import {
  classifyScript, COMPRESSED_KEY_BYTES, multisigScript, payToPublicKey, payToPublicKeyHash,
  payToScriptHash, payToTaproot, payToWitnessKeyHash, payToWitnessScriptHash,
} from "./templates.ts";

export interface Descriptor {
  /** In its usual spelling, without private keys and without the checksum. */
  readonly text: string;
  /** Whether it stands for scripts each number. */
  readonly isRange: boolean;
  /** Whether it says what it takes to spend its outputs. */
  readonly isSolvable: boolean;
  readonly hasPrivateKeys: boolean;
  /** The output scripts for a number; `undefined` when they take private keys that it does not have. */
  scriptsAt(index: number): readonly Bytes[] | undefined;
  /** A descriptor of each of those by its keys, and where they came from; without the checksum. */
  namesAt(index: number): readonly string[] | undefined;
}

export type DescriptorVerdict =
  | { readonly ok: true; readonly script: Bytes }
  | { readonly ok: false; readonly error: string };

/** More than one where the text has several paths in one place (BIP389). */
export type DescriptorsVerdict =
  | { readonly ok: true; readonly descriptors: readonly [Descriptor, ...Descriptor[]] }
  | { readonly ok: false; readonly error: string };

/** Where an expression stands decides what it may be. */
type Context = "top" | "sh" | "wsh";

/** The one script of `text`, whose checksum is checked if it has one: of `combo` the one that is mined to. */
export function parseDescriptor(text: string, params: AddressParams): DescriptorVerdict {
  const verdict = parseDescriptors(text, params);
  if (!verdict.ok) return verdict;
  const [first, ...more] = verdict.descriptors;
  if (first.isRange || more.length > 0) {
    return { ok: false, error: "Ranged descriptor not accepted. Maybe pass through deriveaddresses first?" };
  }
  const scripts = first.scriptsAt(0);
  if (scripts === undefined) return { ok: false, error: "Cannot derive script without private keys" };
  return { ok: true, script: defined(scripts[2] ?? scripts[1] ?? scripts[0], "a descriptor has a script") };
}

export function parseDescriptors(
  text: string, params: AddressParams, needsChecksum = false,
): DescriptorsVerdict {
  try {
    const [first, ...others] = expandMultipath(checkedPayload(text, needsChecksum));
    const parse = (each: string): Descriptor => describe(parseScript(each, "top", params));
    return { ok: true, descriptors: [parse(first), ...others.map(parse)] };
  } catch (error) {
    if (error instanceof DescriptorError) return { ok: false, error: error.message };
    throw error;
  }
}

/** What can be said of an output from its script alone, with the checksum. */
export function inferDescriptor(script: Bytes, params: AddressParams): string {
  return withChecksum(inferPayload(script, params));
}

/** `descriptor`, of characters that descriptors may have, with `#` and its checksum. */
export function withChecksum(descriptor: string): string {
  return `${descriptor}#${descriptorChecksum(descriptor)}`;
}

function inferPayload(script: Bytes, params: AddressParams): string {
  const template = classifyScript(script);
  if (template.type === "pubkey" && isPlainKey(template.key)) return `pk(${toHex(template.key)})`;
  if (template.type === "multisig" && template.keys.every(isPlainKey)) {
    return `multi(${template.required},${template.keys.map(toHex).join(",")})`;
  }
  if (template.type === "witness_v1_taproot" && curve().isXOnlyKey(template.key)) {
    return `rawtr(${toHex(template.key)})`;
  }
  const address = addressOf(script, params);
  return address === undefined ? `raw(${toHex(script)})` : `addr(${address})`;
}

/** Not one of the hybrid keys, which descriptors do not have. */
function isPlainKey(key: Bytes): boolean {
  return (key[0] as number) <= 4;
}

function checkedPayload(text: string, needsChecksum: boolean): string {
  const [payload, checksum, ...more] = text.split("#") as [string, ...string[]];
  if (more.length > 0) throw new DescriptorError("Multiple '#' symbols");
  if (checksum === undefined && needsChecksum) throw new DescriptorError("Missing checksum");
  if (checksum !== undefined && checksum.length !== 8) {
    throw new DescriptorError(`Expected 8 character checksum, not ${checksum.length} characters`);
  }
  const computed = descriptorChecksum(payload);
  if (computed === undefined) throw new DescriptorError("Invalid characters in payload");
  if (checksum !== undefined && checksum !== computed) {
    const found = `Provided checksum '${checksum}'`;
    throw new DescriptorError(`${found} does not match computed checksum '${computed}'`);
  }
  return payload;
}

/** An expression: its keys, and the scripts that they make. */
interface Expression {
  readonly text: string;
  readonly keys: readonly KeyExpression[];
  readonly isSolvable: boolean;
  scripts(keys: readonly Bytes[]): readonly Bytes[];
  /** What each of them is called with these keys, in the same order. */
  names(keys: readonly NamedKey[]): readonly string[];
}

interface NamedKey {
  readonly key: Bytes;
  readonly shown: string;
}

function describe({ text, keys, isSolvable, names, scripts }: Expression): Descriptor {
  return {
    text,
    isRange: keys.some((key) => key.isRange),
    isSolvable,
    hasPrivateKeys: keys.some((key) => key.hasSecret),
    scriptsAt(index) {
      const found = keys.map((key) => key.at(index)).filter((key) => key !== undefined);
      return found.length === keys.length ? scripts(found) : undefined;
    },
    namesAt(index) {
      const found: NamedKey[] = [];
      for (const each of keys) {
        const [key, shown] = [each.at(index), each.shownAt(index)];
        if (key === undefined || shown === undefined) return undefined;
        found.push({ key, shown });
      }
      return names(found);
    },
  };
}

function parseScript(text: string, context: Context, params: AddressParams): Expression {
  const call = /^([a-z_]+)\((.*)\)$/s.exec(text);
  if (call === null) {
    if (context === "sh") throw new DescriptorError("A function is needed within P2SH");
    if (context === "wsh") throw new DescriptorError("A function is needed within P2WSH");
    throw new DescriptorError(`'${text}' is not a valid descriptor function`);
  }
  const [, name, body] = call as unknown as [string, string, string];
  switch (name) {
    case "pk":
      return single(name, body, context, params, (key) => [payToPublicKey(key)]);
    case "pkh":
      return single(name, body, context, params, (key) => [payToPublicKeyHash(hash160(key))]);
    case "combo":
      requireTop(context, "combo()");
      return { ...single(name, body, context, params, comboScripts), names: comboNames };
    case "wpkh":
      if (context === "wsh") throw new DescriptorError("Can only have wpkh() at top level or inside sh()");
      return single(name, body, "wsh", params, (key) => [payToWitnessKeyHash(hash160(key))]);
    case "multi":
    case "sortedmulti":
      return parseMultisig(name, body, context, params);
    case "sh":
      requireTop(context, "sh()");
      return wrap(name, parseScript(body, "sh", params), (script) => payToScriptHash(hash160(script)));
    case "wsh":
      if (context === "wsh") throw new DescriptorError("Can only have wsh() at top level or inside sh()");
      return wrap(name, parseScript(body, "wsh", params), (script) => payToWitnessScriptHash(sha256(script)));
    case "tr":
      requireTop(context, "tr");
      return parseTaproot(name, body, params, (key) => {
        return defined(taprootOutputKey(key), "a hash does not cancel a key").key;
      });
    case "rawtr":
      requireTop(context, "rawtr");
      return parseTaproot(name, body, params, (key) => key);
    case "addr":
      return parseAddr(body, context, params);
    case "raw":
      requireTop(context, "raw()");
      if (!isHex(body)) throw new DescriptorError("Raw script is not hex");
      return fixed(`raw(${body.toLowerCase()})`, fromHex(body));
    default:
      throw new DescriptorError(`'${text}' is not a valid descriptor function`);
  }
}

function requireTop(context: Context, what: string): void {
  if (context !== "top") throw new DescriptorError(`Can only have ${what} at top level`);
}

/** Every usual output of one key; with an uncompressed one there are no witnesses. */
function comboScripts(key: Bytes): readonly Bytes[] {
  const old = [payToPublicKey(key), payToPublicKeyHash(hash160(key))];
  if (key.length !== COMPRESSED_KEY_BYTES) return old;
  const witness = payToWitnessKeyHash(hash160(key));
  return [...old, witness, payToScriptHash(hash160(witness))];
}

function comboNames([only]: readonly NamedKey[]): readonly string[] {
  const { key, shown } = only as NamedKey;
  const old = [`pk(${shown})`, `pkh(${shown})`];
  return key.length === COMPRESSED_KEY_BYTES ? [...old, `wpkh(${shown})`, `sh(wpkh(${shown}))`] : old;
}

function fixed(text: string, script: Bytes): Expression {
  return { text, keys: [], isSolvable: false, scripts: () => [script], names: () => [text] };
}

function single(
  name: string, body: string, context: Context, params: AddressParams,
    scripts: (key: Bytes) => readonly Bytes[],
): Expression {
  const keyContext = { function: `${name}()`, mustCompress: context === "wsh", isXOnly: false };
  const key = parseKeyExpression(body, keyContext, params);
  return {
    text: `${name}(${key.text})`,
    keys: [key],
    isSolvable: true,
    scripts: ([only]) => scripts(only as Bytes),
    names: ([only]) => [`${name}(${(only as NamedKey).shown})`],
  };
}

function wrap(name: string, inner: Expression, around: (script: Bytes) => Bytes): Expression {
  return {
    ...inner,
    text: `${name}(${inner.text})`,
    scripts: (keys) => inner.scripts(keys).map(around),
    names: (keys) => inner.names(keys).map((each) => `${name}(${each})`),
  };
}

function parseTaproot(
  name: string, body: string, params: AddressParams, outputKey: (internal: Bytes) => Bytes,
): Expression {
  const key = parseKeyExpression(body, { function: `${name}()`, mustCompress: true, isXOnly: true }, params);
  return {
    text: `${name}(${key.text})`,
    keys: [key],
    isSolvable: true,
    scripts: ([only]) => [payToTaproot(outputKey((only as Bytes).subarray(1)))],
    names: ([only]) => [`${name}(${(only as NamedKey).shown})`],
  };
}

function parseAddr(body: string, context: Context, params: AddressParams): Expression {
  requireTop(context, "addr()");
  const verdict = parseAddress(body, params);
  if (!verdict.ok) throw new DescriptorError("Address is not valid");
  return fixed(`addr(${addressOf(verdict.script, params)})`, verdict.script);
}

function parseMultisig(name: string, body: string, context: Context, params: AddressParams): Expression {
  const [threshold, ...texts] = body.split(",") as [string, ...string[]];
  if (!/^\d{1,9}$/.test(threshold)) throw new DescriptorError(`Multi threshold '${threshold}' is not valid`);
  const keyContext = { function: "Multi", mustCompress: context === "wsh", isXOnly: false };
  const keys = texts.map((text) => parseKeyExpression(text, keyContext, params));
  const required = Number(threshold);
  const isSorted = name === "sortedmulti";
  checkKeyCount(required, keys.length, context);
  return {
    text: `${name}(${[required, ...keys.map(({ text }) => text)].join(",")})`,
    keys,
    isSolvable: true,
    scripts: (found) => [multisigScript(required, isSorted ? [...found].sort(compareBytes) : found)],
    names(found) {
      const ordered = isSorted ? [...found].sort((a, b) => compareBytes(a.key, b.key)) : found;
      return [`multi(${[required, ...ordered.map(({ shown }) => shown)].join(",")})`];
    },
  };
}

function checkKeyCount(required: number, count: number, context: Context): void {
  if (count === 0 || count > MULTISIG_KEYS_MAX) {
    const allowed = `must have between 1 and ${MULTISIG_KEYS_MAX} keys, inclusive`;
    throw new DescriptorError(`Cannot have ${count} keys in multisig; ${allowed}`);
  }
  if (required < 1) throw new DescriptorError(`Multisig threshold cannot be ${required}, must be at least 1`);
  if (required > count) {
    throw new DescriptorError("Multisig threshold cannot be larger than the number of keys; " +
      `threshold is ${required} but only ${count} keys specified`);
  }
  if (context === "top" && count > 3) {
    throw new DescriptorError(`Cannot have ${count} pubkeys in bare multisig; only at most 3 pubkeys`);
  }
}
