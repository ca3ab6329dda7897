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

/** Also for other short bytes. */
export function hashKey(hash: Bytes): HashKey {
  if (hash.length === HASH_BYTES) return keyOf32(hash);
  return String.fromCharCode.apply(null, hash as unknown as number[]) as HashKey;
}

/** Spelled out, which takes less than half the time of any loop or spread: every input is asked for its key. */
function keyOf32(h: Bytes): HashKey {
  return String.fromCharCode(
    h[0] as number, h[1] as number, h[2] as number, h[3] as number,
    h[4] as number, h[5] as number, h[6] as number, h[7] as number,
    h[8] as number, h[9] as number, h[10] as number, h[11] as number,
    h[12] as number, h[13] as number, h[14] as number, h[15] as number,
    h[16] as number, h[17] as number, h[18] as number, h[19] as number,
    h[20] as number, h[21] as number, h[22] as number, h[23] as number,
    h[24] as number, h[25] as number, h[26] as number, h[27] as number,
    h[28] as number, h[29] as number, h[30] as number, h[31] as number,
  ) as HashKey;
}

/** The reverse of `hashKey`. */
export function hashOfKey(key: HashKey): Bytes {
  return Uint8Array.from(key, (character) => character.charCodeAt(0));
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
