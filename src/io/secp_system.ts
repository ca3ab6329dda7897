/**
 * The system's libsecp256k1, the library that Bitcoin Core is built with, called through koffi.
 *
 * @module
 */
import { createRequire } from "node:module";
import type { LibraryHandle } from "koffi";
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { type CurveLibrary, curveOn } from "../crypto/curve_library.ts";
import { parseLaxDer } from "../crypto/lax_der.ts";
import { mayHaveHighS } from "../crypto/scalar.ts";
import type { TweakedKey } from "../crypto/secp256k1.ts";
import type { LoadedSignatures } from "./secp_loaded.ts";

/** The versions of its binary interface, newest first; what is called here is the same in all. */
const VERSIONS = [6, 5, 2, 1];

/** Where Homebrew and MacPorts put it, which the loader does not search. */
const MAC_FOLDERS = ["", "/opt/homebrew/lib/", "/usr/local/lib/", "/opt/local/lib/"];

/** SECP256K1_CONTEXT_NONE: for all that is done here. */
const CONTEXT_NONE = 1;
const SERIALIZE_COMPRESSED = 0x102;
const SERIALIZE_UNCOMPRESSED = 2;

const COMPRESSED_BYTES = 33;
const LONG_KEY_BYTES = 65;

/** What keys and signatures are parsed into. */
const PARSED_BYTES = 64;

const ADDRESS = "void *";

/** What each takes after the context. All return 1 for yes or done. */
const FUNCTIONS = {
  ec_pubkey_create: [ADDRESS, ADDRESS],
  ec_pubkey_parse: [ADDRESS, ADDRESS, "size_t"],
  ec_pubkey_serialize: [ADDRESS, ADDRESS, ADDRESS, "unsigned int"],
  ec_seckey_tweak_add: [ADDRESS, ADDRESS],
  ec_seckey_tweak_mul: [ADDRESS, ADDRESS],
  ecdsa_sign: [ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS],
  ecdsa_signature_normalize: [ADDRESS, ADDRESS],
  ecdsa_signature_parse_compact: [ADDRESS, ADDRESS],
  ecdsa_signature_serialize_compact: [ADDRESS, ADDRESS],
  ecdsa_verify: [ADDRESS, ADDRESS, ADDRESS],
  schnorrsig_verify: [ADDRESS, ADDRESS, "size_t", ADDRESS],
  xonly_pubkey_from_pubkey: [ADDRESS, ADDRESS, ADDRESS],
  xonly_pubkey_parse: [ADDRESS, ADDRESS],
  xonly_pubkey_serialize: [ADDRESS, ADDRESS],
  xonly_pubkey_tweak_add: [ADDRESS, ADDRESS, ADDRESS],
};

type NativeValue = bigint | number | null | Bytes | Int32Array | BigUint64Array;
type NativeFunction = (...values: readonly NativeValue[]) => number;
type Functions = Readonly<Record<keyof typeof FUNCTIONS, NativeFunction>>;

/** `undefined` when there is none on this machine that has Schnorr signatures. */
export function loadSystemSignatures(
  names: readonly string[] = libraryNames(process.platform),
): LoadedSignatures | undefined {
  const koffi = loadKoffi();
  if (koffi === undefined) return undefined;
  for (const name of names) {
    try {
      return { name: `system (${name})`, curve: curveOn(new SystemLibrary(koffi.load(name))) };
    } catch {
      // Not there, or built without the modules that taproot needs.
    }
  }
  return undefined;
}

/** Only names that tell the version: one without may be older than the first release, and differ. */
function libraryNames(platform: NodeJS.Platform): readonly string[] {
  if (platform === "win32") return [];
  if (platform !== "darwin") return VERSIONS.map((version) => `libsecp256k1.so.${version}`);
  return MAC_FOLDERS.flatMap((folder) => {
    return VERSIONS.map((version) => `${folder}libsecp256k1.${version}.dylib`);
  });
}

/** `undefined` on a platform that it has no build for. */
function loadKoffi(): typeof import("koffi") | undefined {
  try {
    return createRequire(import.meta.url)("koffi") as typeof import("koffi");
  } catch {
    return undefined;
  }
}

/**
 * One for each thread. Small values are copied to memory that is reused: the engine keeps small arrays
 * where native code cannot see them, and moves each one that is handed over, at a microsecond each.
 */
class SystemLibrary implements CurveLibrary {
  readonly #library: Functions;
  /** An address. It lives as long as the thread. */
  readonly #context: bigint;
  readonly #key = nativeBytes(PARSED_BYTES);
  readonly #tweakedKey = nativeBytes(PARSED_BYTES);
  readonly #compact = nativeBytes(64);
  readonly #signature = nativeBytes(PARSED_BYTES);
  readonly #hash = nativeBytes(32);
  readonly #output = nativeBytes(LONG_KEY_BYTES);
  /** A `size_t`, of which 32-bit machines see the lower half. */
  readonly #length = new BigUint64Array(new ArrayBuffer(8));
  readonly #parity = new Int32Array(new ArrayBuffer(4));

  /** @throws when the library lacks a function */
  constructor(library: LibraryHandle) {
    const find = (name: string, result: string, types: string[]) =>
      library.func(`secp256k1_${name}`, result, types);
    const functions = Object.entries(FUNCTIONS).map(([name, types]) => {
      return [name, find(name, "int", [ADDRESS, ...types])];
    });
    this.#library = Object.fromEntries(functions) as Functions;
    this.#context = find("context_create", ADDRESS, ["unsigned int"])(CONTEXT_NONE) as bigint;
    assert(typeof this.#context === "bigint" && this.#context !== 0n, "the library makes a context");
  }

  verifyEcdsa(signature: Bytes, hash: Bytes, publicKey: Bytes): boolean {
    assert(hash.length === 32, "a hash has 32 bytes");
    const compact = parseLaxDer(signature);
    // Of no bytes it would see a null pointer, for which the library ends the process.
    if (compact === undefined || (publicKey.length !== 33 && publicKey.length !== 65)) return false;
    const library = this.#library;
    const context = this.#context;
    this.#compact.set(compact);
    this.#hash.set(hash);
    if (library.ecdsa_signature_parse_compact(context, this.#signature, this.#compact) !== 1) return false;
    if (library.ec_pubkey_parse(context, this.#key, publicKey, publicKey.length) !== 1) return false;
    if (mayHaveHighS(compact)) {
      library.ecdsa_signature_normalize(context, this.#signature, this.#signature);
    }
    return library.ecdsa_verify(context, this.#signature, this.#hash, this.#key) === 1;
  }

  verifySchnorr(signature: Bytes, message: Bytes, key: Bytes): boolean {
    if (signature.length !== 64 || key.length !== 32) return false;
    const library = this.#library;
    if (library.xonly_pubkey_parse(this.#context, this.#key, key) !== 1) return false;
    return library.schnorrsig_verify(this.#context, signature, message, message.length, this.#key) === 1;
  }

  tweakXOnlyKey(key: Bytes, tweak: Bytes): TweakedKey | undefined {
    if (key.length !== 32 || tweak.length !== 32) return undefined;
    const library = this.#library;
    const context = this.#context;
    if (library.xonly_pubkey_parse(context, this.#key, key) !== 1) return undefined;
    if (library.xonly_pubkey_tweak_add(context, this.#tweakedKey, this.#key, tweak) !== 1) return undefined;
    library.xonly_pubkey_from_pubkey(context, this.#key, this.#parity, this.#tweakedKey);
    library.xonly_pubkey_serialize(context, this.#output, this.#key);
    return { key: this.#output.slice(0, 32), parity: this.#parity[0] === 1 ? 1 : 0 };
  }

  publicKey(secretKey: Bytes, compressed: boolean): Bytes {
    const library = this.#library;
    const length = compressed ? COMPRESSED_BYTES : LONG_KEY_BYTES;
    const flags = compressed ? SERIALIZE_COMPRESSED : SERIALIZE_UNCOMPRESSED;
    this.#hash.set(secretKey);
    this.#length[0] = BigInt(length);
    const done = library.ec_pubkey_create(this.#context, this.#key, this.#hash);
    assert(done === 1, "a secret in range has a public key");
    library.ec_pubkey_serialize(this.#context, this.#output, this.#length, this.#key, flags);
    return this.#output.slice(0, length);
  }

  signEcdsa(hash: Bytes, secretKey: Bytes): Bytes {
    const library = this.#library;
    this.#hash.set(hash);
    this.#output.set(secretKey);
    const done = library.ecdsa_sign(this.#context, this.#signature, this.#hash, this.#output, null, null);
    assert(done === 1, "a secret in range signs");
    library.ecdsa_signature_serialize_compact(this.#context, this.#compact, this.#signature);
    return this.#compact.slice();
  }

  multiply(a: Bytes, b: Bytes): Bytes {
    this.#hash.set(a);
    this.#output.set(b);
    const done = this.#library.ec_seckey_tweak_mul(this.#context, this.#hash, this.#output);
    assert(done === 1, "both factors are in range");
    return this.#hash.slice();
  }

  add(a: Bytes, b: Bytes): Bytes | undefined {
    this.#hash.set(a);
    this.#output.set(b);
    const done = this.#library.ec_seckey_tweak_add(this.#context, this.#hash, this.#output);
    return done === 1 ? this.#hash.slice() : undefined;
  }
}

/** Outside the engine's heap from the start. */
function nativeBytes(length: number): Bytes {
  return new Uint8Array(new ArrayBuffer(length));
}
