/**
 * Addresses, secret keys, and base58: Bitcoin Core's key_io_valid, key_io_invalid,
 * base58_encode_decode.
 *
 * @module
 */
import { base58 } from "@scure/base";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import type { AddressParams } from "../../src/params/chain_params.ts";
import { networkByName } from "../../src/params/networks.ts";
import { addressOf, encodeSecretKey, parseAddress, parseSecretKey } from "../../src/script/addresses.ts";
import {
  areMostly, compared, isHexText, isLoneText, isObject, isText, jsonRows, type Mismatch, need,
    type VectorFormat,
} from "./vector_format.ts";

/** `[text, script or key in hex, { chain, isPrivkey, isCompressed?, tryCaseFlip? }]` */
export const VALID_ADDRESSES: VectorFormat = {
  name: "valid addresses and keys",
  isFormatOf: (content) => areMostly(content, ([text, hex, facts]) =>
    isText(text) && isHexText(hex) && isObject(facts) && "isPrivkey" in facts),
  cases: (content) => (jsonRows(content) ?? [])
    .filter(({ fields }) => !isLoneText(fields))
    .map(({ row, fields }) => ({ row, check: () => checkValid(fields) })),
};

/** `[text]`, which is an address or key of no network; so is a comment. */
export const INVALID_ADDRESSES: VectorFormat = {
  name: "invalid addresses and keys",
  isFormatOf: (content) => areMostly(content, isLoneText, () => false),
  cases: (content) => (jsonRows(content) ??
    []).map(({ row, fields }) => ({ row, check: () => checkInvalid(fields) })),
};

/** `[bytes in hex, text]`, without a checksum. */
export const BASE58_TEXTS: VectorFormat = {
  name: "base58 texts",
  isFormatOf: (content) => areMostly(content, ([hex, text, ...more]) =>
    isHexText(hex) && isText(text) && more.length === 0),
  cases: (content) => (jsonRows(content) ?? [])
    .filter(({ fields }) => !isLoneText(fields))
    .map(({ row, fields: [hex, text] }) => ({
      row,
      check: () => {
        const [bytes, encoded] = [need(hex, isHexText, "bytes in hex"), need(text, isText, "a text")];
        return compared(encoded, base58.encode(fromHex(bytes))) ??
          compared(bytes.toLowerCase(), toHex(base58.decode(encoded)));
      },
    })),
};

const CHAINS = ["main", "test", "signet", "regtest"];

function checkValid([text, hex, facts]: readonly unknown[]): Mismatch | undefined {
  const given = need(text, isText, "a text");
  const payload = need(hex, isHexText, "bytes in hex").toLowerCase();
  const { chain, isPrivkey, isCompressed, tryCaseFlip } = need(facts, isObject, "what it is");
  const params = paramsOf(chain);
  return isPrivkey === true ? checkKey(given, payload, isCompressed === true, params) :
    checkAddress(given, payload, tryCaseFlip === true, params);
}

function checkKey(
  text: string, key: string, compressed: boolean, params: AddressParams,
): Mismatch | undefined {
  const found = parseSecretKey(text, params);
  if (found === undefined) return { expected: `key ${key}`, found: "no key" };
  return compared(key, toHex(found.key)) ??
    compared(String(compressed), String(found.compressed)) ??
    (compressed ? compared(text, encodeSecretKey(found.key, params)) : undefined) ??
    (parseAddress(text, params).ok ? { expected: "a key", found: "an address" } : undefined);
}

function checkAddress(
  text: string, script: string, canFlip: boolean, params: AddressParams,
): Mismatch | undefined {
  const flipped = [...text].map((c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())).join("");
  const isSegwit = text.toLowerCase().startsWith(`${params.bech32}1`);
  return compared(script, scriptOf(text, params)) ??
    // Bech32 is written in lower case.
    compared(isSegwit ? text.toLowerCase() : text, addressOf(fromHex(script), params) ?? "no address") ??
    compared(canFlip ? script : "no address", scriptOf(flipped, params)) ??
    (parseSecretKey(text, params) === undefined ? undefined : { expected: "an address", found: "a key" });
}

function checkInvalid([text]: readonly unknown[]): Mismatch | undefined {
  const given = need(text, isText, "a text");
  for (const chain of CHAINS) {
    const params = paramsOf(chain);
    const script = scriptOf(given, params);
    if (script !== "no address") return { expected: `no address of ${chain}`, found: script };
    const key = parseSecretKey(given, params);
    if (key !== undefined) return { expected: `no key of ${chain}`, found: toHex(key.key) };
  }
  return undefined;
}

function scriptOf(text: string, params: AddressParams): string {
  const verdict = parseAddress(text, params);
  return verdict.ok ? toHex(verdict.script) : "no address";
}

function paramsOf(chain: unknown): AddressParams {
  const network = networkByName(String(chain));
  if (network === undefined) throw new RangeError(`need a chain, found ${JSON.stringify(chain)}`);
  return network.addresses;
}
