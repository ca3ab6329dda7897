/**
 * What is wrong with a text that is not bech32, and where (Bitcoin Core, bech32.cpp, LocateErrors).
 *
 * @module
 */

export interface Bech32Errors {
  readonly error: string;
  readonly locations: readonly number[];
}

const LENGTH_MAX = 90;
const CHECKSUM_CHARACTERS = 6;
const CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** For a `text` that neither checksum accepts. */
export function locateBech32Errors(text: string): Bech32Errors {
  if (text.length > LENGTH_MAX) {
    const locations = Array.from({ length: text.length - LENGTH_MAX }, (_, i) => LENGTH_MAX + i);
    return { error: "Bech32 string too long", locations };
  }
  const bad = badCharacters(text);
  if (bad.length > 0) return { error: "Invalid character or mixed case", locations: bad };
  const separator = text.lastIndexOf("1");
  if (separator < 0) return { error: "Missing separator", locations: [] };
  if (separator === 0 || separator + CHECKSUM_CHARACTERS >= text.length) {
    return { error: "Invalid separator position", locations: [separator] };
  }
  const data = text.slice(separator + 1).toLowerCase();
  const bogus = [...data].findIndex((character) => !CHARACTERS.includes(character));
  if (bogus >= 0) return { error: "Invalid Base 32 character", locations: [separator + 1 + bogus] };
  return { error: "Invalid checksum", locations: [] };
}

/** Characters that do not print, and those whose case differs from the first letter's. */
function badCharacters(text: string): number[] {
  const bad: number[] = [];
  let hasLower = false;
  let hasUpper = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (character >= "a" && character <= "z") {
      if (hasUpper) bad.push(i);
      else hasLower = true;
    } else if (character >= "A" && character <= "Z") {
      if (hasLower) bad.push(i);
      else hasUpper = true;
    } else if (character < "!" || character > "~") {
      bad.push(i);
    }
  }
  return bad;
}
