/**
 * Output descriptors without derivation: from a text to one script, and back (BIP380 to BIP386).
 *
 * Known are `addr raw pk pkh wpkh sh wsh multi sortedmulti tr rawtr combo`, over public keys in hex
 * and private keys in wallet import format. Errors are in Bitcoin Core's words.
 *
 * @module
 */
import { defined } from "../base/assert.ts";
import { type Bytes, compareBytes, fromHex, isHex, toHex } from "../base/bytes.ts";
import { curve, hash160, sha256 } from "../crypto/crypto.ts";
import type { AddressParams } from "../params/chain_params.ts";
import { addressOf, parseAddress, parseSecretKey } from "./addresses.ts";
import { descriptorChecksum } from "./descriptor_checksum.ts";
import { MULTISIG_KEYS_MAX } from "./opcodes.ts";
import { taprootOutputKey } from "./taproot.ts";
import {
  classifyScript, COMPRESSED_KEY_BYTES, multisigScript, payToPublicKey, payToPublicKeyHash,
  payToScriptHash, payToTaproot, payToWitnessKeyHash, payToWitnessScriptHash,
} from "./templates.ts";

export type DescriptorVerdict =
  | { readonly ok: true; readonly script: Bytes }
  | { readonly ok: false; readonly error: string };

/** Where an expression stands decides what it may be. */
type Context = "top" | "sh" | "wsh";

/** Thrown inside this file only, so that an error deep in an expression need not be handed up by hand. */
class DescriptorError extends Error {}

/** The script of `text`, whose checksum is checked if it has one. */
export function parseDescriptor(text: string, params: AddressParams): DescriptorVerdict {
  try {
    return { ok: true, script: parseScript(checkedPayload(text), "top", params) };
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

function checkedPayload(text: string): string {
  const [payload, checksum, ...more] = text.split("#") as [string, ...string[]];
  if (more.length > 0) throw new DescriptorError("Multiple '#' symbols");
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

function parseScript(text: string, context: Context, params: AddressParams): Bytes {
  const call = /^([a-z_]+)\((.*)\)$/s.exec(text);
  if (call === null) {
    if (context === "sh") throw new DescriptorError("A function is needed within P2SH");
    if (context === "wsh") throw new DescriptorError("A function is needed within P2WSH");
    throw new DescriptorError(`'${text}' is not a valid descriptor function`);
  }
  const [, name, body] = call as unknown as [string, string, string];
  const key = (): Bytes => parseKey(name, body, context, params);
  switch (name) {
    case "pk":
      return payToPublicKey(key());
    case "pkh":
      return payToPublicKeyHash(hash160(key()));
    case "combo": {
      requireTop(context, "combo()");
      // Of its scripts the one that Bitcoin Core mines to.
      const one = key();
      const pay = one.length === COMPRESSED_KEY_BYTES ? payToWitnessKeyHash : payToPublicKeyHash;
      return pay(hash160(one));
    }
    case "wpkh":
      if (context === "wsh") throw new DescriptorError("Can only have wpkh() at top level or inside sh()");
      return payToWitnessKeyHash(hash160(key()));
    case "multi":
    case "sortedmulti":
      return parseMultisig(name, body, context, params);
    case "sh":
      requireTop(context, "sh()");
      return payToScriptHash(hash160(parseScript(body, "sh", params)));
    case "wsh":
      if (context === "wsh") throw new DescriptorError("Can only have wsh() at top level or inside sh()");
      return payToWitnessScriptHash(sha256(parseScript(body, "wsh", params)));
    case "tr":
      requireTop(context, "tr");
      return parseTaproot(body, params);
    case "rawtr":
      requireTop(context, "rawtr");
      return payToTaproot(parseXOnlyKey(name, body, params));
    case "addr":
      return parseAddr(body, context, params);
    case "raw":
      requireTop(context, "raw()");
      if (!isHex(body)) throw new DescriptorError("Raw script is not hex");
      return fromHex(body);
    default:
      throw new DescriptorError(`'${text}' is not a valid descriptor function`);
  }
}

function requireTop(context: Context, what: string): void {
  if (context !== "top") throw new DescriptorError(`Can only have ${what} at top level`);
}

/** With a key alone, and no tree of scripts. */
function parseTaproot(body: string, params: AddressParams): Bytes {
  const output = taprootOutputKey(parseXOnlyKey("tr", body, params));
  return payToTaproot(defined(output, "a hash does not cancel a key").key);
}

function parseAddr(body: string, context: Context, params: AddressParams): Bytes {
  requireTop(context, "addr()");
  const verdict = parseAddress(body, params);
  if (!verdict.ok) throw new DescriptorError("Address is not valid");
  return verdict.script;
}

function parseMultisig(name: string, body: string, context: Context, params: AddressParams): Bytes {
  const [threshold, ...texts] = body.split(",") as [string, ...string[]];
  if (!/^\d{1,9}$/.test(threshold)) throw new DescriptorError(`Multi threshold '${threshold}' is not valid`);
  const keys = texts.map((text) => parseKey("Multi", text, context, params));
  const required = Number(threshold);
  if (keys.length === 0 || keys.length > MULTISIG_KEYS_MAX) {
    const allowed = `must have between 1 and ${MULTISIG_KEYS_MAX} keys, inclusive`;
    throw new DescriptorError(`Cannot have ${keys.length} keys in multisig; ${allowed}`);
  }
  if (required < 1) throw new DescriptorError(`Multisig threshold cannot be ${required}, must be at least 1`);
  if (required > keys.length) {
    throw new DescriptorError(
      "Multisig threshold cannot be larger than the number of keys; " +
        `threshold is ${required} but only ${keys.length} keys specified`,
    );
  }
  if (context === "top" && keys.length > 3) {
    throw new DescriptorError(`Cannot have ${keys.length} pubkeys in bare multisig; only at most 3 pubkeys`);
  }
  return multisigScript(required, name === "sortedmulti" ? keys.sort(compareBytes) : keys);
}

/** A public key as it stands in the script; compressed where a witness will hold it. */
function parseKey(name: string, text: string, context: Context, params: AddressParams): Bytes {
  const fail = (reason: string): never => {
    throw new DescriptorError(name === "Multi" ? `Multi: ${reason}` : `${name}(): ${reason}`);
  };
  const mustCompress = context === "wsh" || name === "wpkh";
  if (text === "") return fail("No key provided");
  if (/^\s|\s$/.test(text)) return fail(`Key '${text}' is invalid due to whitespace`);
  const key = isHex(text) ? fromHex(text) : publicKeyOfSecret(text, params);
  if (key === undefined) return fail(`key '${text}' is not valid`);
  if (key.length === 65 && (key[0] === 6 || key[0] === 7)) return fail("Hybrid public keys are not allowed");
  if (!curve().isPublicKey(key)) return fail(`Pubkey '${text}' is invalid`);
  if (mustCompress && key.length !== COMPRESSED_KEY_BYTES) return fail("Uncompressed keys are not allowed");
  return key;
}

function parseXOnlyKey(name: string, text: string, params: AddressParams): Bytes {
  if (/^[0-9a-fA-F]{64}$/.test(text)) {
    const key = fromHex(text);
    if (!curve().isXOnlyKey(key)) throw new DescriptorError(`${name}(): Pubkey '${text}' is invalid`);
    return key;
  }
  const key = parseKey(name, text, "wsh", params);
  return key.subarray(1);
}

function publicKeyOfSecret(text: string, params: AddressParams): Bytes | undefined {
  const secret = parseSecretKey(text, params);
  if (secret === undefined || !curve().isSecretKey(secret.key)) return undefined;
  return curve().publicKey(secret.key, secret.compressed);
}
