/**
 * libsecp256k1 as WebAssembly, from the npm package `@bitauth/libauth`: nearly native, on any platform.
 *
 * The package's own functions start it asynchronously and copy each value in and out. A backend is
 * asked for in the middle of synchronous work, so the binary is bound here.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { assert } from "../base/assert.ts";
import { type Bytes, concatBytes } from "../base/bytes.ts";
import { type CurveLibrary, curveOn } from "../crypto/curve_library.ts";
import { COMPACT_BYTES, readLaxDer } from "../crypto/lax_der.ts";
import { mayHaveHighS } from "../crypto/scalar.ts";
import { type RecoveryCurve, verifySchnorrByRecovery } from "../crypto/schnorr_by_recovery.ts";
import type { TweakedKey } from "../crypto/secp256k1.ts";
import { PARSED_KEY_BYTES, PARSED_KEYS_MAX, ParsedKeys } from "./parsed_keys.ts";
import { portableCurve } from "./portable_curve.ts";
import type { LoadedSignatures } from "./secp_loaded.ts";

const BINARY = "@bitauth/libauth/build/lib/bin/secp256k1/secp256k1.wasm";

/** The layout that the binary was linked for (libauth, secp256k1-wasm.ts). */
const PAGE_BYTES = 65_536;
const MEMORY_BYTES = 16_777_216;
const STATIC_BASE = 1_024;
const HEAP_POINTER = STATIC_BASE + 67_696 + 16;
const STACK_BASE = (HEAP_POINTER + 4 + 15) & -16;
const STACK_BYTES = 5_242_880;
const TABLE_SLOTS = 6;

/** For verifying and for signing. */
const CONTEXT_FLAGS = 0x301;
const SERIALIZE_COMPRESSED = 0x102;
const SERIALIZE_UNCOMPRESSED = 2;
const COMPRESSED_BYTES = 33;
const LONG_KEY_BYTES = 65;
/** In place of the address of a parsed key. */
const NO_KEY = 0;

/** Enough for each of the values below. */
const SLOT_BYTES = 80;
const SLOT_COUNT = 6;

/** What the types of ECMAScript and Node.js 20 leave out. */
declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  Table: new (size: { element: "anyfunc"; initial: number; maximum: number }) => object;
  Module: new (binary: Bytes) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** Of addresses in its memory; 1 is yes. */
type WasmFunction = (...values: readonly number[]) => number;

interface Exports {
  readonly _malloc: WasmFunction;
  readonly _secp256k1_context_create: WasmFunction;
  readonly _secp256k1_ec_pubkey_create: WasmFunction;
  readonly _secp256k1_ec_pubkey_parse: WasmFunction;
  readonly _secp256k1_ec_pubkey_serialize: WasmFunction;
  readonly _secp256k1_ec_pubkey_tweak_add: WasmFunction;
  readonly _secp256k1_ec_pubkey_tweak_mul: WasmFunction;
  readonly _secp256k1_ec_privkey_tweak_add: WasmFunction;
  readonly _secp256k1_ec_privkey_tweak_mul: WasmFunction;
  readonly _secp256k1_ecdsa_sign: WasmFunction;
  readonly _secp256k1_ecdsa_signature_serialize_compact: WasmFunction;
  readonly _secp256k1_ecdsa_signature_parse_compact: WasmFunction;
  readonly _secp256k1_ecdsa_signature_normalize: WasmFunction;
  readonly _secp256k1_ecdsa_verify: WasmFunction;
  readonly _secp256k1_ecdsa_recoverable_signature_parse_compact: WasmFunction;
  readonly _secp256k1_ecdsa_recover: WasmFunction;
}

/** `undefined` where WebAssembly is switched off. */
export function loadWasmSignatures(): LoadedSignatures | undefined {
  if (typeof WebAssembly === "undefined") return undefined;
  const binary = readFileSync(createRequire(import.meta.url).resolve(BINARY));
  return { name: "wasm (libauth)", curve: curveOn(new WasmLibrary(binary)) };
}

class WasmLibrary implements CurveLibrary, RecoveryCurve {
  readonly portable = portableCurve;
  readonly #library: Exports;
  readonly #memory: Bytes;
  readonly #context: number;
  /** Addresses: results before, input after. */
  readonly #key: number;
  readonly #signature: number;
  readonly #length: number;
  readonly #a: number;
  readonly #b: number;
  readonly #output: number;
  /** What stands at `#a`, as far as a signature goes. */
  readonly #compact: Bytes;
  readonly #parsedKeys = new ParsedKeys();
  readonly #keySlots: number;

  constructor(binary: Bytes) {
    const pages = MEMORY_BYTES / PAGE_BYTES;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    new Uint32Array(memory.buffer)[HEAP_POINTER >> 2] = STACK_BASE + STACK_BYTES;
    this.#memory = new Uint8Array(memory.buffer);
    const module = new WebAssembly.Module(binary);
    const instance = new WebAssembly.Instance(module, imports(memory, this.#memory));
    this.#library = instance.exports as Exports;
    this.#context = this.#library._secp256k1_context_create(CONTEXT_FLAGS);
    const slots = this.#library._malloc(SLOT_COUNT * SLOT_BYTES);
    const slot = (index: number): number => slots + index * SLOT_BYTES;
    this.#key = slot(0);
    this.#signature = slot(1);
    this.#length = slot(2);
    this.#a = slot(3);
    this.#b = slot(4);
    this.#output = slot(5);
    this.#compact = this.#memory.subarray(this.#a, this.#a + COMPACT_BYTES);
    this.#keySlots = this.#library._malloc(PARSED_KEYS_MAX * PARSED_KEY_BYTES);
  }

  verifyEcdsa(signature: Bytes, hash: Bytes, publicKey: Bytes): boolean {
    assert(hash.length === 32, "a hash has 32 bytes");
    const key = this.#parsedKey(publicKey);
    if (key === NO_KEY || !readLaxDer(signature, this.#compact)) return false;
    const library = this.#library;
    this.#memory.set(hash, this.#b);
    const parsed = this.#signature;
    const parse = library._secp256k1_ecdsa_signature_parse_compact;
    if (parse(this.#context, parsed, this.#a) !== 1) return false;
    const normalize = library._secp256k1_ecdsa_signature_normalize;
    if (mayHaveHighS(this.#compact)) normalize(this.#context, parsed, parsed);
    return library._secp256k1_ecdsa_verify(this.#context, parsed, this.#b, key) === 1;
  }

  verifySchnorr(signature: Bytes, message: Bytes, key: Bytes): boolean {
    return verifySchnorrByRecovery(this, signature, message, key);
  }

  tweakXOnlyKey(key: Bytes, tweak: Bytes): TweakedKey | undefined {
    if (key.length !== 32 || tweak.length !== 32) return undefined;
    if (!this.#parse(concatBytes(Uint8Array.of(2), key), this.#key)) return undefined;
    this.#memory.set(tweak, this.#a);
    const addTweak = this.#library._secp256k1_ec_pubkey_tweak_add;
    if (addTweak(this.#context, this.#key, this.#a) !== 1) return undefined;
    const sum = this.#serializeKey(true);
    return { key: sum.slice(1), parity: sum[0] === 3 ? 1 : 0 };
  }

  publicKey(secretKey: Bytes, compressed: boolean): Bytes {
    this.#memory.set(secretKey, this.#a);
    const done = this.#library._secp256k1_ec_pubkey_create(this.#context, this.#key, this.#a);
    assert(done === 1, "a secret in range has a public key");
    return this.#serializeKey(compressed);
  }

  signEcdsa(hash: Bytes, secretKey: Bytes): Bytes {
    const library = this.#library;
    this.#memory.set(hash, this.#a);
    this.#memory.set(secretKey, this.#b);
    const done = library._secp256k1_ecdsa_sign(this.#context, this.#signature, this.#a, this.#b, 0, 0);
    assert(done === 1, "a secret in range signs");
    library._secp256k1_ecdsa_signature_serialize_compact(this.#context, this.#output, this.#signature);
    return this.#memory.slice(this.#output, this.#output + 64);
  }

  multiply(a: Bytes, b: Bytes): Bytes {
    this.#memory.set(a, this.#a);
    this.#memory.set(b, this.#b);
    const done = this.#library._secp256k1_ec_privkey_tweak_mul(this.#context, this.#a, this.#b);
    assert(done === 1, "both factors are in range");
    return this.#memory.slice(this.#a, this.#a + 32);
  }

  add(a: Bytes, b: Bytes): Bytes | undefined {
    this.#memory.set(a, this.#a);
    this.#memory.set(b, this.#b);
    const done = this.#library._secp256k1_ec_privkey_tweak_add(this.#context, this.#a, this.#b);
    return done === 1 ? this.#memory.slice(this.#a, this.#a + 32) : undefined;
  }

  /** How long this takes depends on the secret: a key that serves more than once does not belong here. */
  multiplyX(x: Bytes, secretKey: Bytes): Bytes {
    const isKey = this.#parse(concatBytes(Uint8Array.of(2), x), this.#key);
    assert(isKey, "the coordinate is on the curve");
    this.#memory.set(secretKey, this.#a);
    const done = this.#library._secp256k1_ec_pubkey_tweak_mul(this.#context, this.#key, this.#a);
    assert(done === 1, "a secret in range has a product");
    this.#memory.fill(0, this.#a, this.#a + 32);
    return this.#serializeKey(true).slice(1);
  }

  recoverFromProducts(r: Bytes, e: Bytes, s: Bytes): Bytes | undefined {
    const library = this.#library;
    const parsed = this.#signature;
    this.#memory.set(r, this.#a);
    this.#memory.set(e, this.#a + 32);
    this.#memory.set(s, this.#b);
    for (const factor of [this.#a + 32, this.#b]) {
      const done = library._secp256k1_ec_privkey_tweak_mul(this.#context, factor, this.#a);
      assert(done === 1, "both factors are in range");
    }
    const parse = library._secp256k1_ecdsa_recoverable_signature_parse_compact;
    if (parse(this.#context, parsed, this.#a, 0) !== 1) return undefined;
    if (library._secp256k1_ecdsa_recover(this.#context, this.#key, parsed, this.#b) !== 1) return undefined;
    return this.#serializeKey(true);
  }

  /** The address of the key as the library reads it; `NO_KEY` when it is none. */
  #parsedKey(key: Bytes): number {
    const form = key[0];
    if (key.length !== COMPRESSED_BYTES || (form !== 2 && form !== 3)) {
      return this.#parse(key, this.#key) ? this.#key : NO_KEY;
    }
    const slot = this.#parsedKeys.slotOf(form, key, 1, (slot) => {
      return this.#parse(key, this.#keySlots + slot * PARSED_KEY_BYTES);
    });
    return slot === undefined ? NO_KEY : this.#keySlots + slot * PARSED_KEY_BYTES;
  }

  #parse(key: Bytes, address: number): boolean {
    if (key.length !== COMPRESSED_BYTES && key.length !== LONG_KEY_BYTES) return false;
    this.#memory.set(key, this.#a);
    return this.#library._secp256k1_ec_pubkey_parse(this.#context, address, this.#a, key.length) === 1;
  }

  #serializeKey(compressed: boolean): Bytes {
    const length = compressed ? COMPRESSED_BYTES : LONG_KEY_BYTES;
    const flags = compressed ? SERIALIZE_COMPRESSED : SERIALIZE_UNCOMPRESSED;
    new Uint32Array(this.#memory.buffer)[this.#length >> 2] = length;
    const serialize = this.#library._secp256k1_ec_pubkey_serialize;
    serialize(this.#context, this.#output, this.#length, this.#key, flags);
    return this.#memory.slice(this.#output, this.#output + length);
  }
}

/** What Emscripten's programs expect around them. Its memory neither grows nor does it print. */
function imports(memory: object, bytes: Bytes): object {
  const stop = (what = "no more memory"): never => {
    throw new Error(`libsecp256k1 stopped: ${what}`);
  };
  return {
    env: {
      memory,
      table: new WebAssembly.Table({ element: "anyfunc", initial: TABLE_SLOTS, maximum: TABLE_SLOTS }),
      tableBase: 0,
      DYNAMICTOP_PTR: HEAP_POINTER,
      STACKTOP: STACK_BASE,
      abort: stop,
      _abort: stop,
      enlargeMemory: stop,
      abortOnCannotGrowMemory: stop,
      getTotalMemory: () => MEMORY_BYTES,
      ___setErrNo: (value: number) => value,
      _emscripten_memcpy_big: (to: number, from: number, length: number) => {
        bytes.copyWithin(to, from, from + length);
        return to;
      },
    },
  };
}
