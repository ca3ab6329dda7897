/**
 * ChaCha20-Poly1305 on OpenSSL's own functions, out of the process: Node.js lets its add-ons see
 * them. `node:crypto` makes an object for each text, which takes longer than a short text itself.
 *
 * @module
 */
import { type Bytes, equalBytes, fromHex, fromLatin1, NO_BYTES } from "../base/bytes.ts";
import {
  type ChaCha20Poly1305, type ChaChaUse, CHACHA_KEY_BYTES, CHACHA_NONCE_BYTES, POLY1305_TAG_BYTES,
} from "../crypto/chacha20_poly1305.ts";
import { ADDRESS, type Koffi, loadKoffi, nativeMemory, type NativeMemory } from "./load_koffi.ts";

/** EVP_CTRL_AEAD_GET_TAG and EVP_CTRL_AEAD_SET_TAG. */
const GET_TAG = 0x10;
const SET_TAG = 0x11;
const NULL = 0;

/** Up to here to copy costs less than another call. */
const COPIED_BYTES_MAX = 4_096;

/** `undefined` where these functions cannot be called, or give something else than they must. */
export function loadOpensslChacha(others: ChaCha20Poly1305): ChaCha20Poly1305 | undefined {
  const koffi = loadKoffi();
  if (koffi === undefined) return undefined;
  try {
    const chacha = new OpensslChacha(koffi, others);
    return answersRightly(chacha) ? chacha : undefined;
  } catch {
    // A build that keeps them to itself.
    return undefined;
  }
}

type Native = (...values: readonly (number | Bytes)[]) => number;

/** One for each thread. */
class OpensslChacha implements ChaCha20Poly1305 {
  readonly #others: ChaCha20Poly1305;
  readonly #initialize: Native;
  readonly #update: Native;
  readonly #finish: Native;
  readonly #control: Native;
  /** Addresses. Both live as long as the thread. */
  readonly #context: number;
  readonly #cipher: number;
  readonly #key: NativeMemory;
  readonly #nonce: NativeMemory;
  readonly #tag: NativeMemory;
  /** An `int` that nobody reads: no text is held back. */
  readonly #length: NativeMemory;

  /** @throws when a function is not there */
  constructor(koffi: Koffi, others: ChaCha20Poly1305) {
    this.#others = others;
    const program = koffi.load(null);
    const find = (name: string, types: string[], result = "int"): Native =>
      program.func(`EVP_${name}`, result, types);
    this.#initialize = find("CipherInit_ex", [ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, "int"]);
    this.#update = find("CipherUpdate", [ADDRESS, "void *", ADDRESS, "void *", "int"]);
    this.#finish = find("CipherFinal_ex", [ADDRESS, ADDRESS, ADDRESS]);
    this.#control = find("CIPHER_CTX_ctrl", [ADDRESS, "int", "int", ADDRESS]);
    this.#context = Number(find("CIPHER_CTX_new", [], ADDRESS)());
    this.#cipher = Number(find("chacha20_poly1305", [], ADDRESS)());
    this.#key = nativeMemory(koffi, CHACHA_KEY_BYTES);
    this.#nonce = nativeMemory(koffi, CHACHA_NONCE_BYTES);
    this.#tag = nativeMemory(koffi, POLY1305_TAG_BYTES);
    this.#length = nativeMemory(koffi, 4);
    const isReady = this.#initialize(this.#context, this.#cipher, NULL, NULL, NULL, 1) === 1;
    if (!isReady) throw new Error("OpenSSL has no ChaCha20-Poly1305");
  }

  /** Asked for too seldom to count. */
  keyStream(key: Bytes, nonce: Bytes, length: number): Bytes {
    return this.#others.keyStream(key, nonce, length);
  }

  seal(use: ChaChaUse, head: Bytes, body: Bytes, output: Bytes): void {
    this.#start(use, true);
    // In place: one call for both, and short arrays are handed over slowly.
    output.set(head);
    if (body.length <= COPIED_BYTES_MAX) {
      output.set(body, head.length);
      this.#text(output, output, head.length + body.length);
    } else {
      this.#text(output, output, head.length);
      this.#text(body, output.subarray(head.length), body.length);
    }
    this.#finish(this.#context, this.#tag.address, this.#length.address);
    this.#control(this.#context, GET_TAG, POLY1305_TAG_BYTES, this.#tag.address);
    output.set(this.#tag.bytes, head.length + body.length);
  }

  open(use: ChaChaUse, sealed: Bytes): Bytes | undefined {
    const length = sealed.length - POLY1305_TAG_BYTES;
    if (length < 0) return undefined;
    this.#start(use, false);
    const text = sealed.subarray(0, length);
    this.#text(text, text, length);
    this.#tag.bytes.set(sealed.subarray(length));
    this.#control(this.#context, SET_TAG, POLY1305_TAG_BYTES, this.#tag.address);
    return this.#finish(this.#context, this.#tag.address, this.#length.address) === 1 ? text : undefined;
  }

  #start({ key, nonce, associated }: ChaChaUse, isSealing: boolean): void {
    this.#key.bytes.set(key);
    this.#nonce.bytes.set(nonce);
    const direction = isSealing ? 1 : 0;
    this.#initialize(this.#context, NULL, NULL, this.#key.address, this.#nonce.address, direction);
    this.#key.bytes.fill(0);
    if (associated.length > 0) {
      this.#update(this.#context, NULL, this.#length.address, associated, associated.length);
    }
  }

  #text(input: Bytes, output: Bytes, length: number): void {
    if (length > 0) this.#update(this.#context, output, this.#length.address, input, length);
  }
}

/** Names are all that is known of the functions. RFC 8439, 2.8.2. */
function answersRightly(chacha: ChaCha20Poly1305): boolean {
  const use = {
    key: Uint8Array.from({ length: CHACHA_KEY_BYTES }, (_, i) => 0x80 + i),
    nonce: fromHex("070000004041424344454647"),
    associated: fromHex("50515253c0c1c2c3c4c5c6c7"),
  };
  const text = fromLatin1("Ladies and Gentlemen of the class of '99: If I could offer you only one tip " +
    "for the future, sunscreen would be it.");
  const sealed = new Uint8Array(text.length + POLY1305_TAG_BYTES);
  chacha.seal(use, text.subarray(0, 1), text.subarray(1), sealed);
  const isSealed = equalBytes(sealed.subarray(0, 16), fromHex("d31a8d34648e60db7b86afbc53ef7ec2")) &&
    equalBytes(sealed.subarray(text.length), fromHex("1ae10b594f09e26a7e902ecbd0600691"));
  const bent = sealed.map((byte, i) => (i === 20 ? byte ^ 1 : byte));
  if (!isSealed || chacha.open(use, bent) !== undefined) return false;
  return equalBytes(chacha.open(use, sealed) ?? NO_BYTES, text);
}
