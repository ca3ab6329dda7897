/**
 * Base32 in lower case (RFC 4648), as addresses of Tor and I2P are written: without padding.
 *
 * @module
 */
import type { Bytes } from "./bytes.ts";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

export function toBase32(bytes: Bytes): string {
  let text = "";
  let pending = 0;
  let bits = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(pending >>> bits) & 31];
    }
    pending &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(pending << (5 - bits)) & 31];
}

/** The bytes that `text`, of either case, spells; `undefined` when no bytes are spelled that way. */
export function fromBase32(text: string): Bytes | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let length = 0;
  let pending = 0;
  let bits = 0;
  for (const character of text.toLowerCase()) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return undefined;
    pending = (pending << 5) | digit;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length++] = pending >>> bits;
    pending &= (1 << bits) - 1;
  }
  // What is left over is less than a digit, and zero; else the last digit said nothing, or too much.
  return bits < 5 && pending === 0 ? bytes : undefined;
}
