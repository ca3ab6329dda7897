/**
 * Keys from which others are derived (BIP32), as text and as points.
 *
 * @module
 */
import { base58 } from "@scure/base";
import { type Bytes, concatBytes, equalBytes, fromHex, fromLatin1, toHex } from "../base/bytes.ts";
import { curve, hash160, hash256 } from "../crypto/crypto.ts";
import { hmacSha512 } from "../crypto/hmac_sha512.ts";
import type { AddressParams } from "../params/chain_params.ts";

/** From here on a child's number says that the secret key is needed to derive it. */
export const HARDENED = 0x8000_0000;

const DATA_BYTES = 78;
const CHECKSUM_BYTES = 4;
const CURVE_ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n;

/** What the texts of main begin with, xpub and xprv; all other networks share tpub and tprv. */
const MAIN_VERSIONS = { public: "0488b21e", secret: "0488ade4" };
const TEST_VERSIONS = { public: "043587cf", secret: "04358394" };
const MAIN_SECRET_KEY = 128;

interface Fields {
  readonly depth: number;
  readonly parent: Bytes;
  readonly number: number;
  readonly chainCode: Bytes;
  readonly publicKey: Bytes;
  readonly secretKey: Bytes | undefined;
}

export class ExtendedKey {
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  /** The master key of a seed (BIP32); `undefined` for one in 2^127 seeds. */
  static fromSeed(seed: Bytes): ExtendedKey | undefined {
    const hash = hmacSha512(fromLatin1("Bitcoin seed"), seed);
    const secretKey = hash.subarray(0, 32);
    if (!curve().isSecretKey(secretKey)) return undefined;
    return new ExtendedKey({
      depth: 0,
      parent: new Uint8Array(4),
      number: 0,
      chainCode: hash.subarray(32),
      publicKey: curve().publicKey(secretKey),
      secretKey,
    });
  }

  /** Of a text that begins with xpub, xprv, tpub or tprv, as the network has it. */
  static parse(text: string, params: AddressParams): ExtendedKey | undefined {
    const data = decodeChecked(text);
    if (data === undefined) return undefined;
    const version = toHex(data.subarray(0, 4));
    const key = data.subarray(45);
    const { public: publicVersion, secret } = versions(params);
    const secretKey = version === secret && key[0] === 0 ? key.subarray(1) : undefined;
    if (secretKey === undefined ? version !== publicVersion : !curve().isSecretKey(secretKey)) {
      return undefined;
    }
    if (secretKey === undefined && !curve().isPublicKey(key)) return undefined;
    return new ExtendedKey({
      depth: data[4] as number,
      parent: data.subarray(5, 9),
      number: readU32(data, 9),
      chainCode: data.subarray(13, 45),
      publicKey: secretKey === undefined ? key : curve().publicKey(secretKey),
      secretKey,
    });
  }

  get publicKey(): Bytes {
    return this.#fields.publicKey;
  }

  get secretKey(): Bytes | undefined {
    return this.#fields.secretKey;
  }

  /** Without the secret. */
  publicText(params: AddressParams): string {
    return this.#text(versions(params).public, this.publicKey);
  }

  /** With the secret, which must be known. */
  secretText(params: AddressParams): string | undefined {
    const { secretKey } = this;
    if (secretKey === undefined) return undefined;
    return this.#text(versions(params).secret, concatBytes(Uint8Array.of(0), secretKey));
  }

  /**
   * `undefined` when the number is hardened and no secret key is known, at a depth of 255, or in one
   * of 2^127 cases, as BIP32 has it.
   */
  child(number: number): ExtendedKey | undefined {
    const { chainCode, publicKey, secretKey, depth } = this.#fields;
    const isHardened = number >= HARDENED;
    if ((isHardened && secretKey === undefined) || depth === 255) return undefined;
    const source = isHardened &&
      secretKey !== undefined ? concatBytes(Uint8Array.of(0), secretKey) : publicKey;
    const hash = hmacSha512(chainCode, concatBytes(source, u32(number)));
    const tweak = hash.subarray(0, 32);
    const secret = secretKey === undefined ? undefined : addSecrets(secretKey, tweak);
    const key = secretKey === undefined ? addToPoint(publicKey, tweak)
      : secret === undefined ? undefined : curve().publicKey(secret);
    if (key === undefined) return undefined;
    return new ExtendedKey({
      depth: depth + 1,
      parent: hash160(publicKey).subarray(0, 4),
      number,
      chainCode: hash.subarray(32),
      publicKey: key,
      secretKey: secret,
    });
  }

  #text(version: string, key: Bytes): string {
    const { depth, parent, number, chainCode } = this.#fields;
    const data = concatBytes(fromHex(version), Uint8Array.of(depth), parent, u32(number), chainCode, key);
    return base58.encode(concatBytes(data, hash256(data).subarray(0, CHECKSUM_BYTES)));
  }
}

function versions({ secretKey }: AddressParams): typeof MAIN_VERSIONS {
  return secretKey === MAIN_SECRET_KEY ? MAIN_VERSIONS : TEST_VERSIONS;
}

function decodeChecked(text: string): Bytes | undefined {
  // 82 bytes that begin with such a version are 111 characters.
  if (!/^[1-9A-HJ-NP-Za-km-z]{100,120}$/.test(text)) return undefined;
  const bytes = base58.decode(text);
  if (bytes.length !== DATA_BYTES + CHECKSUM_BYTES) return undefined;
  const data = bytes.subarray(0, DATA_BYTES);
  return equalBytes(hash256(data).subarray(0, CHECKSUM_BYTES), bytes.subarray(DATA_BYTES)) ? data : undefined;
}

function addSecrets(secretKey: Bytes, tweak: Bytes): Bytes | undefined {
  const added = toNumber(tweak);
  if (added >= CURVE_ORDER) return undefined;
  const sum = (toNumber(secretKey) + added) % CURVE_ORDER;
  return sum === 0n ? undefined : toBytes(sum);
}

/** The point plus `tweak` times the generator. The curve's own sum is of even points only. */
function addToPoint(publicKey: Bytes, tweak: Bytes): Bytes | undefined {
  const isOdd = publicKey[0] === 3;
  const added = toNumber(tweak);
  if (added >= CURVE_ORDER) return undefined;
  // An odd point is the negative of an even one: -(P - t G) is -P + t G.
  const signed = isOdd ? (CURVE_ORDER - added) % CURVE_ORDER : added;
  const sum = curve().tweakXOnlyKey(publicKey.subarray(1), toBytes(signed));
  if (sum === undefined) return undefined;
  return concatBytes(Uint8Array.of(isOdd === (sum.parity === 1) ? 2 : 3), sum.key);
}

function toNumber(bytes: Bytes): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}

function toBytes(value: bigint): Bytes {
  return fromHex(value.toString(16).padStart(64, "0"));
}

function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function readU32(bytes: Bytes, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset);
}
