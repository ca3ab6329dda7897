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

/**
 * The bytes that `text` spells; spaces between them are allowed, for tests and tables.
 *
 * @throws {RangeError} when `text` is not an even number of hex digits: check input of others with `isHex`
 */
export function fromHex(text: string): Bytes {
  const digits = text.includes(" ") ? text.replaceAll(" ", "") : text;
  if (!isHex(digits)) throw new RangeError(`Cannot read hex: found ${JSON.stringify(text)}`);
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function concatBytes(...parts: readonly Bytes[]): Bytes {
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

export function toLatin1(bytes: Bytes): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
