/**
 * The eight characters after the `#` of an output descriptor (BIP380).
 *
 * @module
 */

/** In the order that gives each character its symbol and group. */
const INPUT_CHARACTERS =
  "0123456789()[],'/*abcdefgh@:$%{}" +
  "IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~" +
  "ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";
const CHECKSUM_CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [
  0xf5_dee5_1989n, 0xa9_fdca_3312n, 0x1b_ab10_e32dn, 0x37_06b1_677an, 0x64_4d62_6ffdn,
] as const;
const CHECKSUM_LENGTH = 8;

/** `undefined` when `descriptor` has a character that no descriptor may have. */
export function descriptorChecksum(descriptor: string): string | undefined {
  const symbols = toSymbols(descriptor);
  if (symbols === undefined) return undefined;
  let state = 1n;
  for (const symbol of symbols) state = step(state, symbol);
  for (let i = 0; i < CHECKSUM_LENGTH; i++) state = step(state, 0);
  state ^= 1n;
  const digits = Array.from({ length: CHECKSUM_LENGTH }, (_, i) => {
    return CHECKSUM_CHARACTERS[Number((state >> BigInt(5 * (CHECKSUM_LENGTH - 1 - i))) & 31n)];
  });
  return digits.join("");
}

/** Five bits for each character, and for every three of them one symbol more, for their groups. */
function toSymbols(descriptor: string): number[] | undefined {
  const symbols: number[] = [];
  let groups = 0;
  let count = 0;
  for (const character of descriptor) {
    const position = INPUT_CHARACTERS.indexOf(character);
    if (position < 0) return undefined;
    symbols.push(position & 31);
    groups = groups * 3 + (position >> 5);
    if (++count % 3 === 0) {
      symbols.push(groups);
      groups = 0;
    }
  }
  if (count % 3 > 0) symbols.push(groups);
  return symbols;
}

function step(state: bigint, symbol: number): bigint {
  const top = Number(state >> 35n);
  let next = ((state & 0x7_ffff_ffffn) << 5n) ^ BigInt(symbol);
  for (const [bit, value] of GENERATOR.entries()) if (top & (1 << bit)) next ^= value;
  return next;
}
