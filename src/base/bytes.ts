/** The one name for raw bytes. Bytes handed to another module are not written to afterwards. */
export type Bytes = Uint8Array;

export const NO_BYTES: Bytes = new Uint8Array(0);

const HEX_DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function toHex(bytes: Bytes): string {
  let text = "";
  for (const byte of bytes) text += HEX_DIGITS[byte];
  return text;
}

/** Whether `text` is an even number of hex digits, of either case. */
export function isHex(text: string): boolean {
  return text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text);
}

/** What each character stands for as the first hex digit of a byte, and as the second; -1 for none. */
const UPPER_BITS = digitBits(4);
const LOWER_BITS = digitBits(0);

function digitBits(shift: number): Int16Array {
  const bits = new Int16Array(256).fill(-1);
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16);
    for (const each of [digit, digit.toUpperCase()]) bits[each.charCodeAt(0)] = value << shift;
  }
  return bits;
}

/**
 * The bytes that `text` spells; spaces between them are allowed, for tests and tables.
 *
 * @throws {RangeError} when `text` is not an even number of hex digits: check input of others with `isHex`
 */
export function fromHex(text: string): Bytes {
  const digits = text.includes(" ") ? text.replaceAll(" ", "") : text;
  const bytes = new Uint8Array(digits.length >>> 1);
  // Gathers what is wrong, so that there is one check for all: a block of 4 MB must not hold the loop.
  let found = 0;
  for (let i = 0, at = 0; i < bytes.length; i++, at += 2) {
    const first = digits.charCodeAt(at);
    const second = digits.charCodeAt(at + 1);
    const byte = (UPPER_BITS[first & 0xff] as number) | (LOWER_BITS[second & 0xff] as number);
    found |= byte | ((first | second) & ~0xff);
    bytes[i] = byte;
  }
  const isHexOnly = found >= 0 && found <= 0xff;
  if (isHexOnly && digits.length % 2 === 0) return bytes;
  throw new RangeError(`Cannot read hex: found ${JSON.stringify(text)}`);
}

export function concatBytes(...parts: readonly Bytes[]): Bytes {
  return joinBytes(parts);
}

/** The same of many: a call can only have so many arguments. */
export function joinBytes(parts: readonly Bytes[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** To copy as many by hand costs less than a view of them. */
const COPIED_BY_HAND_MAX = 48;

/** Puts what stands in `source` from `from` on, up to `to`, into `target` at `offset`. */
export function copyBytes(source: Bytes, from: number, to: number, target: Bytes, offset: number): void {
  if (to - from > COPIED_BY_HAND_MAX) return target.set(source.subarray(from, to), offset);
  for (let i = from, at = offset; i < to; i++, at++) target[at] = source[i] as number;
}

export function equalBytes(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Negative, zero or positive as `a` sorts before, with or after `b`, byte by byte, then by length. */
export function compareBytes(a: Bytes, b: Bytes): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** A copy, last byte first: hashes are shown in the reverse of the order in which they are sent. */
export function reversed(bytes: Bytes): Bytes {
  // Not `slice`, which on a `Buffer` of Node is a view.
  return bytes.toReversed();
}

/**
 * One byte a character, as user agents and message types are written. Characters above 0xff lose
 * their upper bits.
 */
export function fromLatin1(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Half a surrogate pair becomes U+FFFD. */
export function fromUtf8(text: string): Bytes {
  return fromLatin1(Array.from(text, utf8Units).join(""));
}

/** The bytes of one character, each as a character below 0x100. */
function utf8Units(character: string): string {
  const point = character.codePointAt(0) as number;
  const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
  const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f);
  if (code < 0x80) return String.fromCharCode(code);
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), tail(0));
  if (code < 0x1_0000) return String.fromCharCode(0xe0 | (code >> 12), tail(6), tail(0));
  return String.fromCharCode(0xf0 | (code >> 18), tail(12), tail(6), tail(0));
}

export function toLatin1(bytes: Bytes): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
