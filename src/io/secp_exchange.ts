/**
 * Key exchanges by the system's libsecp256k1: those of BIP324 where it has them (version 0.4 and
 * later), or else products of its own ECDH. Both take the same time for every secret key.
 *
 * @module
 */
import type { LibraryHandle } from "koffi";
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { ELLSWIFT_BYTES } from "../crypto/elligator_swift.ts";
import type { EllswiftExchange, Secp256k1 } from "../crypto/secp256k1.ts";
import { ADDRESS, type Koffi, nativeMemory, type NativeMemory } from "./load_koffi.ts";
import { PARSED_KEY_BYTES } from "./parsed_keys.ts";

const COMPRESSED_BYTES = 33;
const NO_DATA = 0;

type NativeFunction = (...addresses: readonly number[]) => number;

/** Finds a function of the library, all of whose parameters are addresses or numbers of that size. */
export type FindFunction = (name: string, parameters: number) => NativeFunction;

/** `undefined` when the library is older than BIP324. */
export function nativeEllswift(
  koffi: Koffi, library: LibraryHandle, context: number,
): Pick<Secp256k1, "createEllswift" | "ellswiftSecret"> | undefined {
  try {
    const hash = koffi.decode(library.symbol("secp256k1_ellswift_xdh_hash_function_bip324"), ADDRESS);
    const native = new NativeEllswift(koffi, findIn(library), context, Number(hash));
    return {
      createEllswift: (secretKey, entropy) => native.create(secretKey, entropy),
      ellswiftSecret: (exchange) => native.secret(exchange),
    };
  } catch {
    // No such names in it.
    return undefined;
  }
}

class NativeEllswift {
  readonly #create: NativeFunction;
  readonly #exchange: NativeFunction;
  readonly #context: number;
  /** The address of the function that makes a secret of the product. */
  readonly #hash: number;
  readonly #secretKey: NativeMemory;
  readonly #entropy: NativeMemory;
  readonly #first: NativeMemory;
  readonly #second: NativeMemory;
  readonly #secret: NativeMemory;

  constructor(koffi: Koffi, find: FindFunction, context: number, hash: number) {
    this.#create = find("ellswift_create", 4);
    this.#exchange = find("ellswift_xdh", 8);
    this.#context = context;
    this.#hash = hash;
    this.#secretKey = nativeMemory(koffi, 32);
    this.#entropy = nativeMemory(koffi, 32);
    this.#first = nativeMemory(koffi, ELLSWIFT_BYTES);
    this.#second = nativeMemory(koffi, ELLSWIFT_BYTES);
    this.#secret = nativeMemory(koffi, 32);
  }

  create(secretKey: Bytes, entropy: Bytes): Bytes {
    this.#secretKey.bytes.set(secretKey);
    this.#entropy.bytes.set(entropy);
    const output = this.#first;
    const done =
      this.#create(this.#context, output.address, this.#secretKey.address, this.#entropy.address);
    this.#secretKey.bytes.fill(0);
    assert(done === 1, "a secret in range has a public key");
    return output.bytes.slice();
  }

  secret({ secretKey, ours, theirs, isInitiator }: EllswiftExchange): Bytes {
    this.#secretKey.bytes.set(secretKey);
    this.#first.bytes.set(isInitiator ? ours : theirs);
    this.#second.bytes.set(isInitiator ? theirs : ours);
    const done = this.#exchange(
      this.#context, this.#secret.address, this.#first.address, this.#second.address,
      this.#secretKey.address, isInitiator ? 0 : 1, this.#hash, NO_DATA,
    );
    assert(done === 1, "a secret in range has something in common with any key");
    const secret = this.#secret.bytes.slice();
    this.#secretKey.bytes.fill(0);
    this.#secret.bytes.fill(0);
    return secret;
  }
}

/** x coordinates of products. */
export class NativeProducts {
  readonly #parse: NativeFunction;
  readonly #multiply: NativeFunction;
  readonly #context: number;
  /** The address of a function that is given both coordinates of a product; made when it is needed. */
  #keepX: number | undefined;
  readonly #koffi: Koffi;
  readonly #input: NativeMemory;
  readonly #key: NativeMemory;
  readonly #secretKey: NativeMemory;
  readonly #x: NativeMemory;

  /** @throws when the library was built without ECDH */
  constructor(koffi: Koffi, library: LibraryHandle, context: number) {
    const find = findIn(library);
    this.#parse = find("ec_pubkey_parse", 4);
    this.#multiply = find("ecdh", 6);
    this.#context = context;
    this.#koffi = koffi;
    this.#input = nativeMemory(koffi, COMPRESSED_BYTES);
    this.#key = nativeMemory(koffi, PARSED_KEY_BYTES);
    this.#secretKey = nativeMemory(koffi, 32);
    this.#x = nativeMemory(koffi, 32);
  }

  multiplyX(x: Bytes, secretKey: Bytes): Bytes {
    this.#input.bytes[0] = 2;
    this.#input.bytes.set(x, 1);
    this.#secretKey.bytes.set(secretKey);
    const key = this.#key.address;
    const isKey = this.#parse(this.#context, key, this.#input.address, COMPRESSED_BYTES) === 1;
    assert(isKey, "the coordinate is on the curve");
    const multiply = this.#multiply;
    const hash = (this.#keepX ??= keepX(this.#koffi));
    const done = multiply(this.#context, this.#x.address, key, this.#secretKey.address, hash, NO_DATA);
    assert(done === 1, "a secret in range has a product");
    const product = this.#x.bytes.slice();
    this.#secretKey.bytes.fill(0);
    this.#x.bytes.fill(0);
    return product;
  }
}

/** The library would hash the coordinates; it is given this instead. */
function keepX(koffi: Koffi): number {
  const copy = koffi.load(null).func("memcpy", ADDRESS, [ADDRESS, ADDRESS, "size_t"]);
  const type = koffi.pointer(koffi.proto("int", [ADDRESS, ADDRESS, ADDRESS, ADDRESS]));
  return Number(koffi.register((output: number, x: number) => {
    copy(output, x, 32);
    return 1;
  }, type));
}

function findIn(library: LibraryHandle): FindFunction {
  return (name, parameters) => {
    return library.func(`secp256k1_${name}`, "int", Array.from({ length: parameters }, () => ADDRESS));
  };
}
