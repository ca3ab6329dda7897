/**
 * The system's libsecp256k1, the library that Bitcoin Core is built with, called through koffi.
 *
 * @module
 */
import type { LibraryHandle } from "koffi";
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { type CurveLibrary, curveOn } from "../crypto/curve_library.ts";
import { COMPACT_BYTES, readLaxDer } from "../crypto/lax_der.ts";
import { mayHaveHighS } from "../crypto/scalar.ts";
import type { Secp256k1, TweakedKey } from "../crypto/secp256k1.ts";
import { ADDRESS, type Koffi, loadKoffi, nativeMemory, type NativeMemory } from "./load_koffi.ts";
import { PARSED_KEY_BYTES, PARSED_KEYS_MAX, ParsedKeys, X_ONLY_FORM } from "./parsed_keys.ts";
import { portableCurve } from "./portable_curve.ts";
import { nativeEllswift, NativeProducts } from "./secp_exchange.ts";
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

/** What signatures are parsed into. */
const PARSED_SIGNATURE_BYTES = 64;

/** In place of the address of a parsed key. */
const NO_KEY = 0;

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
  schnorrsig_verify: [ADDRESS, "void *", "size_t", ADDRESS],
  xonly_pubkey_from_pubkey: [ADDRESS, ADDRESS, ADDRESS],
  xonly_pubkey_parse: [ADDRESS, ADDRESS],
  xonly_pubkey_serialize: [ADDRESS, ADDRESS],
  xonly_pubkey_tweak_add: [ADDRESS, ADDRESS, ADDRESS],
};

/** Addresses are numbers; only messages, which have any length, are handed over as arrays. */
type NativeFunction = (...values: readonly (number | Bytes)[]) => number;
type Functions = Readonly<Record<keyof typeof FUNCTIONS, NativeFunction>>;

/** `undefined` when there is none on this machine that has Schnorr signatures. */
export function loadSystemSignatures(
  names: readonly string[] = libraryNames(process.platform),
): LoadedSignatures | undefined {
  const koffi = loadKoffi();
  if (koffi === undefined) return undefined;
  for (const name of names) {
    try {
      return { name: `system (${name})`, curve: curveOn(new SystemLibrary(koffi, koffi.load(name))) };
    } catch {
      // Not there, or built without the modules that taproot and BIP324 need.
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

/** One for each thread. Values are copied to memory that is reused, whose addresses are known. */
class SystemLibrary implements CurveLibrary {
  readonly portable = portableCurve;
  readonly ellswift: Pick<Secp256k1, "createEllswift" | "ellswiftSecret"> | undefined;
  readonly #library: Functions;
  /** An address. It lives as long as the thread. */
  readonly #context: number;
  readonly #parsedKeys = new ParsedKeys();
  readonly #keySlots: NativeMemory;
  readonly #key: NativeMemory;
  readonly #tweakedKey: NativeMemory;
  readonly #signature: NativeMemory;
  readonly #compact: NativeMemory;
  readonly #hash: NativeMemory;
  readonly #input: NativeMemory;
  readonly #output: NativeMemory;
  /** A `size_t`, of which 32-bit machines see the lower half. */
  readonly #length: NativeMemory;
  /** An `int`. */
  readonly #parity: NativeMemory;
  readonly #products: NativeProducts;

  /** @throws when the library lacks a function */
  constructor(koffi: Koffi, library: LibraryHandle) {
    const find = (name: string, result: string, types: string[]) =>
      library.func(`secp256k1_${name}`, result, types);
    const functions = Object.entries(FUNCTIONS).map(([name, types]) => {
      return [name, find(name, "int", [ADDRESS, ...types])];
    });
    this.#library = Object.fromEntries(functions) as Functions;
    this.#context = Number(find("context_create", ADDRESS, ["unsigned int"])(CONTEXT_NONE));
    assert(this.#context !== 0, "the library makes a context");
    const memory = (size: number): NativeMemory => nativeMemory(koffi, size);
    this.#keySlots = memory(PARSED_KEYS_MAX * PARSED_KEY_BYTES);
    this.#key = memory(PARSED_KEY_BYTES);
    this.#tweakedKey = memory(PARSED_KEY_BYTES);
    this.#signature = memory(PARSED_SIGNATURE_BYTES);
    this.#compact = memory(COMPACT_BYTES);
    this.#hash = memory(32);
    this.#input = memory(LONG_KEY_BYTES);
    this.#output = memory(LONG_KEY_BYTES);
    this.#length = memory(8);
    this.#parity = memory(4);
    this.ellswift = nativeEllswift(koffi, library, this.#context);
    this.#products = new NativeProducts(koffi, library, this.#context);
  }

  verifyEcdsa(signature: Bytes, hash: Bytes, publicKey: Bytes): boolean {
    assert(hash.length === 32, "a hash has 32 bytes");
    const { address } = this.#signature;
    const library = this.#library;
    if (!readLaxDer(signature, this.#compact.bytes)) return false;
    const parse = library.ecdsa_signature_parse_compact;
    if (parse(this.#context, address, this.#compact.address) !== 1) return false;
    const key = this.#parsedKey(publicKey);
    if (key === NO_KEY) return false;
    if (mayHaveHighS(this.#compact.bytes)) library.ecdsa_signature_normalize(this.#context, address, address);
    this.#hash.bytes.set(hash);
    return library.ecdsa_verify(this.#context, address, this.#hash.address, key) === 1;
  }

  verifySchnorr(signature: Bytes, message: Bytes, key: Bytes): boolean {
    if (signature.length !== 64 || key.length !== 32) return false;
    const parsed = this.#parsedXOnlyKey(key);
    if (parsed === NO_KEY) return false;
    this.#compact.bytes.set(signature);
    const isHash = message.length === 32;
    if (isHash) this.#hash.bytes.set(message);
    const given = isHash ? this.#hash.address : message;
    const verify = this.#library.schnorrsig_verify;
    return verify(this.#context, this.#compact.address, given, message.length, parsed) === 1;
  }

  tweakXOnlyKey(key: Bytes, tweak: Bytes): TweakedKey | undefined {
    if (key.length !== 32 || tweak.length !== 32) return undefined;
    const library = this.#library;
    const context = this.#context;
    const parsed = this.#parsedXOnlyKey(key);
    if (parsed === NO_KEY) return undefined;
    this.#hash.bytes.set(tweak);
    const tweaked = this.#tweakedKey.address;
    if (library.xonly_pubkey_tweak_add(context, tweaked, parsed, this.#hash.address) !== 1) return undefined;
    library.xonly_pubkey_from_pubkey(context, this.#key.address, this.#parity.address, tweaked);
    library.xonly_pubkey_serialize(context, this.#output.address, this.#key.address);
    const isOdd = this.#parity.bytes.some((byte) => byte !== 0);
    return { key: this.#output.bytes.slice(0, 32), parity: isOdd ? 1 : 0 };
  }

  publicKey(secretKey: Bytes, compressed: boolean): Bytes {
    const library = this.#library;
    const size = compressed ? COMPRESSED_BYTES : LONG_KEY_BYTES;
    const flags = compressed ? SERIALIZE_COMPRESSED : SERIALIZE_UNCOMPRESSED;
    this.#hash.bytes.set(secretKey);
    new BigUint64Array(this.#length.bytes.buffer)[0] = BigInt(size);
    const done = library.ec_pubkey_create(this.#context, this.#key.address, this.#hash.address);
    assert(done === 1, "a secret in range has a public key");
    const [output, length] = [this.#output.address, this.#length.address];
    library.ec_pubkey_serialize(this.#context, output, length, this.#key.address, flags);
    return this.#output.bytes.slice(0, size);
  }

  signEcdsa(hash: Bytes, secretKey: Bytes): Bytes {
    const library = this.#library;
    const signature = this.#signature.address;
    this.#hash.bytes.set(hash);
    this.#input.bytes.set(secretKey);
    const done = library.ecdsa_sign(this.#context, signature, this.#hash.address, this.#input.address, 0, 0);
    assert(done === 1, "a secret in range signs");
    library.ecdsa_signature_serialize_compact(this.#context, this.#compact.address, signature);
    return this.#compact.bytes.slice();
  }

  multiply(a: Bytes, b: Bytes): Bytes {
    this.#hash.bytes.set(a);
    this.#input.bytes.set(b);
    const done = this.#library.ec_seckey_tweak_mul(this.#context, this.#hash.address, this.#input.address);
    assert(done === 1, "both factors are in range");
    return this.#hash.bytes.slice();
  }

  add(a: Bytes, b: Bytes): Bytes | undefined {
    this.#hash.bytes.set(a);
    this.#input.bytes.set(b);
    const done = this.#library.ec_seckey_tweak_add(this.#context, this.#hash.address, this.#input.address);
    return done === 1 ? this.#hash.bytes.slice() : undefined;
  }

  multiplyX(x: Bytes, secretKey: Bytes): Bytes {
    return this.#products.multiplyX(x, secretKey);
  }

  /** The address of the key as the library reads it; `NO_KEY` when it is none. */
  #parsedKey(key: Bytes): number {
    if (key.length !== COMPRESSED_BYTES) {
      // It gives both coordinates, so that there is nothing to compute.
      if (key.length !== LONG_KEY_BYTES) return NO_KEY;
      return this.#parse(key, this.#key.address) ? this.#key.address : NO_KEY;
    }
    const form = key[0] as number;
    if (form !== 2 && form !== 3) return NO_KEY;
    return this.#slotAddress(this.#parsedKeys.slotOf(form, key, 1, (slot) => {
      return this.#parse(key, this.#slotAddress(slot));
    }));
  }

  #parsedXOnlyKey(key: Bytes): number {
    return this.#slotAddress(this.#parsedKeys.slotOf(X_ONLY_FORM, key, 0, (slot) => {
      this.#input.bytes.set(key);
      const { address } = this.#input;
      return this.#library.xonly_pubkey_parse(this.#context, this.#slotAddress(slot), address) === 1;
    }));
  }

  #parse(key: Bytes, address: number): boolean {
    this.#input.bytes.set(key);
    return this.#library.ec_pubkey_parse(this.#context, address, this.#input.address, key.length) === 1;
  }

  #slotAddress(slot: number | undefined): number {
    return slot === undefined ? NO_KEY : this.#keySlots.address + slot * PARSED_KEY_BYTES;
  }
}
