/**
 * Addresses of a network: output scripts as people copy them (Bitcoin Core, key_io.cpp).
 *
 * @module
 */
import { base58, bech32, bech32m } from "@scure/base";
import { type Bytes, concatBytes, equalBytes } from "../base/bytes.ts";
import { hash256 } from "../crypto/crypto.ts";
import type { AddressParams } from "../params/chain_params.ts";
import { locateBech32Errors } from "./bech32_errors.ts";
import {
  classifyScript, payToPublicKeyHash, payToScriptHash, payToWitnessProgram, type WitnessProgram,
  witnessProgram,
} from "./templates.ts";

/** The script that an address stands for; or what is wrong with it, in Bitcoin Core's words. */
export type AddressVerdict =
  | { readonly ok: true; readonly script: Bytes }
  | {
    readonly ok: false;
    readonly error: string;
    /** Which characters are probably wrong, where that can be told. */
    readonly errorLocations: readonly number[];
  };

const CHECKSUM_BYTES = 4;
const HASH_BYTES = 20;
/** Longer texts are not looked at: their decoding takes time quadratic in the length. */
const BASE58_BYTES_MAX = 100;
const BECH32_LENGTH_MAX = 90;

/** The address of an output script; `undefined` when its form has none. */
export function addressOf(script: Bytes, params: AddressParams): string | undefined {
  const template = classifyScript(script);
  switch (template.type) {
    case "pubkeyhash":
      return base58Address(params.publicKeyHash, template.hash);
    case "scripthash":
      return base58Address(params.scriptHash, template.hash);
    case "pubkey":
    case "multisig":
    case "nulldata":
    case "nonstandard":
      return undefined;
    default:
      return segwitAddress(witnessProgram(script) as WitnessProgram, params.bech32);
  }
}

export function parseAddress(text: string, params: AddressParams): AddressVerdict {
  const isBech32 = text.slice(0, params.bech32.length).toLowerCase() === params.bech32;
  return isBech32 ? parseBech32(text, params.bech32) : parseBase58(text, params);
}

/** A private key in wallet import format, for a compressed public key. */
export function encodeSecretKey(key: Bytes, params: AddressParams): string {
  return base58check(concatBytes(Uint8Array.of(params.secretKey), key, Uint8Array.of(1)));
}

/** The key of a text in wallet import format, and whether its public key is compressed. */
export function parseSecretKey(
  text: string, params: AddressParams,
): { readonly key: Bytes; readonly compressed: boolean } | undefined {
  const data = decodeBase58check(text, 34);
  if (data === undefined || data[0] !== params.secretKey) return undefined;
  if (data.length === 33) return { key: data.subarray(1), compressed: false };
  if (data.length === 34 && data[33] === 1) return { key: data.subarray(1, 33), compressed: true };
  return undefined;
}

function base58Address(version: number, hash: Bytes): string {
  return base58check(concatBytes(Uint8Array.of(version), hash));
}

function segwitAddress({ version, program }: WitnessProgram, prefix: string): string {
  const encoding = version === 0 ? bech32 : bech32m;
  return encoding.encode(prefix, [version, ...encoding.toWords(program)], BECH32_LENGTH_MAX);
}

function parseBase58(text: string, params: AddressParams): AddressVerdict {
  const data = decodeBase58check(text, 1 + HASH_BYTES);
  if (data === undefined) {
    return decodeBase58(text, BASE58_BYTES_MAX) === undefined
      ? refused("Invalid or unsupported Segwit (Bech32) or Base58 encoding.")
      : refused("Invalid checksum or length of Base58 address (P2PKH or P2SH)");
  }
  const hash = data.subarray(1);
  const isKnown = data[0] === params.publicKeyHash || data[0] === params.scriptHash;
  if (!isKnown) return refused("Invalid or unsupported Base58-encoded address.");
  if (hash.length !== HASH_BYTES) return refused("Invalid length for Base58 address (P2PKH or P2SH)");
  return accepted(data[0] === params.publicKeyHash ? payToPublicKeyHash(hash) : payToScriptHash(hash));
}

function parseBech32(text: string, prefix: string): AddressVerdict {
  const plain = bech32.decodeUnsafe(text, BECH32_LENGTH_MAX);
  const decoded = plain ?? bech32m.decodeUnsafe(text, BECH32_LENGTH_MAX);
  if (decoded === undefined) {
    const { error, locations } = locateBech32Errors(text);
    return refused(error, locations);
  }
  const [version, ...words] = decoded.words;
  if (version === undefined) return refused("Empty Bech32 data section");
  if (decoded.prefix !== prefix) {
    const found = `(expected ${prefix}, got ${decoded.prefix})`;
    return refused(`Invalid or unsupported prefix for Segwit (Bech32) address ${found}.`);
  }
  if (version === 0 && plain === undefined) {
    return refused("Version 0 witness address must use Bech32 checksum");
  }
  if (version !== 0 && plain !== undefined) {
    return refused("Version 1+ witness address must use Bech32m checksum");
  }
  const program = bech32.fromWordsUnsafe(words);
  if (program === undefined || program === null) return refused("Invalid padding in Bech32 data section");
  return checkProgram({ version, program });
}

function checkProgram({ version, program }: WitnessProgram): AddressVerdict {
  const size = `(${program.length} ${program.length === 1 ? "byte" : "bytes"})`;
  if (version === 0 && program.length !== 20 && program.length !== 32) {
    return refused(`Invalid Bech32 v0 address program size ${size}, per BIP141`);
  }
  if (version > 16) return refused("Invalid Bech32 address witness version");
  if (program.length < 2 || program.length > 40) {
    return refused(`Invalid Bech32 address program size ${size}`);
  }
  return accepted(payToWitnessProgram({ version, program }));
}

function base58check(data: Bytes): string {
  return base58.encode(concatBytes(data, hash256(data).subarray(0, CHECKSUM_BYTES)));
}

/** At most `max` bytes that were followed by their checksum. */
function decodeBase58check(text: string, max: number): Bytes | undefined {
  const bytes = decodeBase58(text, max + CHECKSUM_BYTES);
  if (bytes === undefined || bytes.length < CHECKSUM_BYTES) return undefined;
  const data = bytes.subarray(0, -CHECKSUM_BYTES);
  const checksum = hash256(data).subarray(0, CHECKSUM_BYTES);
  return equalBytes(checksum, bytes.subarray(-CHECKSUM_BYTES)) ? data : undefined;
}

/** At most `max` bytes; spaces around the text are allowed. */
function decodeBase58(text: string, max: number): Bytes | undefined {
  const digits = text.replace(/^[ \f\n\r\t\v]+|[ \f\n\r\t\v]+$/g, "");
  // A digit carries more than 0.73 bytes; a leading 1 carries a whole one.
  if (digits.length > max * 1.4 + 1 || !/^[1-9A-HJ-NP-Za-km-z]*$/.test(digits)) return undefined;
  const bytes = base58.decode(digits);
  return bytes.length <= max ? bytes : undefined;
}

function accepted(script: Bytes): AddressVerdict {
  return { ok: true, script };
}

function refused(error: string, errorLocations: readonly number[] = []): AddressVerdict {
  return { ok: false, error, errorLocations };
}
