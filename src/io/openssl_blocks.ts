/**
 * OpenSSL's hash functions themselves, out of the process: Node.js lets its add-ons see them.
 *
 * `crypto.hash` spends more on what it does around these than short messages take to hash.
 *
 * @module
 */
import { ADDRESS, loadKoffi, nativeMemory, type NativeMemory } from "./load_koffi.ts";

/** Both take the address of a state, the address of whole blocks of 64 bytes, and how many there are. */
export interface OpensslBlocks {
  readonly sha256: BlockFunction;
  readonly ripemd160: BlockFunction;
  memory(size: number): NativeMemory;
}

export type BlockFunction = (state: number, message: number, blocks: number) => void;

/** `undefined` where they cannot be seen, or cannot be called. */
export function loadOpensslBlocks(): OpensslBlocks | undefined {
  const koffi = loadKoffi();
  if (koffi === undefined) return undefined;
  try {
    const program = koffi.load(null);
    const find = (name: string) => program.func(name, "void", [ADDRESS, ADDRESS, "size_t"]) as BlockFunction;
    return {
      sha256: find("sha256_block_data_order"),
      ripemd160: find("ripemd160_block_data_order"),
      memory: (size) => nativeMemory(koffi, size),
    };
  } catch {
    // A build that keeps them to itself.
    return undefined;
  }
}
