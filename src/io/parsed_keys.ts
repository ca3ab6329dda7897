import type { Bytes } from "../base/bytes.ts";

/**
 * About 400 kB for a thread. To parse a compressed key takes a square root, an eighth of the time of a
 * signature, and chains use keys again: of the keys that mainnet block 866342 asks for, 67 of 100 are
 * found in so many slots, 65 in a quarter as many, and 68 in four times as many.
 */
export const PARSED_KEYS_MAX = 4_096;

const KEY_BYTES = 33;
/** What libsecp256k1 parses a key into. */
export const PARSED_KEY_BYTES = 64;

/** Stands before x-only keys, in place of the 2 and 3 of compressed ones. */
export const X_ONLY_FORM = 0;
/** Before no key. */
const NO_FORM = 0xff;

/**
 * Which keys have been parsed into which slot of a library's memory. A key has one slot, which it takes
 * from whatever was there: who makes keys that take each other's slots makes them cost what all would
 * cost without this.
 */
export class ParsedKeys {
  readonly #keys = new Uint8Array(PARSED_KEYS_MAX * KEY_BYTES).fill(NO_FORM);

  /**
   * The slot of the key whose x coordinate begins at `start` of `key`, once `parse` has filled it;
   * `undefined` when `parse` says that it is no key.
   */
  slotOf(form: number, key: Bytes, start: number, parse: (slot: number) => boolean): number | undefined {
    const slot = ((key[start] as number) | ((key[start + 1] as number) << 8)) & (PARSED_KEYS_MAX - 1);
    if (this.#holds(slot, form, key, start)) return slot;
    const at = slot * KEY_BYTES;
    // Whatever it does to the slot, the key before is gone.
    this.#keys[at] = NO_FORM;
    if (!parse(slot)) return undefined;
    this.#keys[at] = form;
    for (let i = 1; i < KEY_BYTES; i++) this.#keys[at + i] = key[start + i - 1] as number;
    return slot;
  }

  #holds(slot: number, form: number, key: Bytes, start: number): boolean {
    const keys = this.#keys;
    const at = slot * KEY_BYTES;
    if (keys[at] !== form) return false;
    for (let i = 1; i < KEY_BYTES; i++) if (keys[at + i] !== key[start + i - 1]) return false;
    return true;
  }
}
