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
  const data = [...text.slice(separator + 1).toLowerCase()].map((character) => CHARACTERS.indexOf(character));
  const bogus = data.indexOf(-1);
  if (bogus >= 0) return { error: "Invalid Base 32 character", locations: [separator + 1 + bogus] };
  return locateWrongCharacters(text.slice(0, separator).toLowerCase(), data, separator + 1);
}

/** By either checksum the likeliest one or two characters; by that which needs fewer of them. */
function locateWrongCharacters(prefix: string, data: readonly number[], start: number): Bech32Errors {
  const checksum = checksumOf([...expandPrefix(prefix), ...data]);
  const [plain, modified] = [BECH32_CHECKSUM, BECH32M_CHECKSUM].map((good) =>
    wrongPlaces(checksum ^ good, data.length).map((place) => start +
      data.length - 1 - place).sort((a, b) => a - b));
  if (plain === undefined || modified === undefined || plain.length + modified.length === 0) {
    return { error: "Invalid checksum", locations: [] };
  }
  const isPlain = plain.length > 0 && (modified.length === 0 || plain.length <= modified.length);
  return isPlain ? { error: "Invalid Bech32 checksum", locations: plain }
    : { error: "Invalid Bech32m checksum", locations: modified };
}

/**
 * Where, counted from the last character, one or two changes would explain a checksum that is off by
 * `residue`; none when no such change would. The code finds any two, so that there is one answer at most.
 */
function wrongPlaces(residue: number, length: number): number[] {
  const single = new Map<number, number>();
  for (let value = 1; value < CHARACTERS.length; value++) {
    let effect = value;
    for (let place = 0; place < length; place++) {
      single.set(effect, place);
      effect = checksumStep(effect, 0);
    }
  }
  const alone = single.get(residue);
  if (alone !== undefined) return [alone];
  for (const [effect, place] of single) {
    const other = single.get(residue ^ effect);
    if (other !== undefined && other !== place) return [place, other];
  }
  return [];
}

/** What the checksums of BIP173 and BIP350 come to over a text that is right. */
const BECH32_CHECKSUM = 1;
const BECH32M_CHECKSUM = 0x2bc8_30a3;
const GENERATOR = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];

function checksumOf(values: readonly number[]): number {
  return values.reduce(checksumStep, 1);
}

function checksumStep(checksum: number, value: number): number {
  const top = checksum >>> 25;
  let next = ((checksum & 0x1ff_ffff) << 5) ^ value;
  for (const [bit, term] of GENERATOR.entries()) if ((top >>> bit) & 1) next ^= term;
  return next;
}

function expandPrefix(prefix: string): readonly number[] {
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  return [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)];
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
