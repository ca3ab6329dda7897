import type { Brand } from "../base/brand.ts";
import { type Bytes, fromHex, isHex, reversed, toHex } from "../base/bytes.ts";

export const HASH_BYTES = 32;

/** Hash of a block header, in the order in which it is sent; shown reversed. */
export type BlockHash = Brand<Bytes, "BlockHash">;
/** Hash of a transaction without its witness: what outpoints refer to. */
export type Txid = Brand<Bytes, "Txid">;
/** Hash of a transaction with its witness (BIP141): what relay announces (BIP339). */
export type Wtxid = Brand<Bytes, "Wtxid">;

/** A hash as a key of a `Map`: one character a byte, which is half the size of hex. */
export type HashKey = Brand<string, "HashKey">;

export const ZERO_HASH: Bytes = new Uint8Array(HASH_BYTES);

export function hashKey(hash: Bytes): HashKey {
  return String.fromCharCode.apply(null, hash as unknown as number[]) as HashKey;
}

/** As people write it: hex, last byte first. */
export function displayHash(hash: Bytes): string {
  return toHex(reversed(hash));
}

/** The reverse of `displayHash`; `undefined` when `text` is not 64 hex digits. */
export function parseHash(text: string): Bytes | undefined {
  return text.length === 2 * HASH_BYTES && isHex(text) ? reversed(fromHex(text)) : undefined;
}

/**
 * A hash written into the program.
 *
 * @throws {RangeError} when `text` is not 64 hex digits
 */
export function hashLiteral<T extends Bytes>(text: string): T {
  const hash = parseHash(text);
  if (hash === undefined) throw new RangeError(`Cannot read hash: found ${JSON.stringify(text)}, need 64 hex digits`);
  return hash as T;
}
