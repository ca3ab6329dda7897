import { createRequire } from "node:module";
import type { Bytes } from "../base/bytes.ts";

export type Koffi = typeof import("koffi");

/** What calls native functions; `undefined` on a platform that it has no build for. */
export function loadKoffi(): Koffi | undefined {
  try {
    return createRequire(import.meta.url)("koffi") as Koffi;
  } catch {
    return undefined;
  }
}

/** The type of an address that is handed over as a number, which takes half the time of an array. */
export const ADDRESS = "uintptr_t";

/** Memory that native code is told of by its address, which stays the same as long as `bytes` lives. */
export interface NativeMemory {
  readonly bytes: Bytes;
  readonly address: number;
}

/** Zeros. Not on the engine's heap, where small arrays are moved about. */
export function nativeMemory(koffi: Koffi, size: number): NativeMemory {
  const buffer = new ArrayBuffer(size);
  return { bytes: new Uint8Array(buffer), address: Number(koffi.address(buffer)) };
}
