/**
 * What scripts and wallets need of the curve secp256k1.
 *
 * Keys: secret 32 bytes; public 33 or 65 bytes with a first byte of 2, 3, 4 (or, in consensus, 6
 * and 7, which say the parity twice); x-only 32 bytes (BIP340). Hashes: 32 bytes.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";

export interface Secp256k1 {
  /** Whether `secretKey` is in range: neither zero nor the order or more. */
  isSecretKey(secretKey: Bytes): boolean;
  /** Whether `publicKey` is a point of the curve, in any of the five forms. */
  isPublicKey(publicKey: Bytes): boolean;
  /** Whether some point has this x coordinate. */
  isXOnlyKey(key: Bytes): boolean;
  publicKey(secretKey: Bytes, compressed?: boolean): Bytes;
  /** A deterministic signature (RFC 6979) with low S, as strict DER, without hash type. */
  signEcdsa(hash: Bytes, secretKey: Bytes): Bytes;
  /**
   * `signature` is DER as Bitcoin Core 0.1 to 0.9 read it, which consensus still must: lengths may be
   * padded, bytes may follow, and S may be high. False for anything malformed.
   */
  verifyEcdsa(signature: Bytes, hash: Bytes, publicKey: Bytes): boolean;
  /** BIP340. `auxiliary` is 32 bytes that hide the key from side channels. */
  signSchnorr(hash: Bytes, secretKey: Bytes, auxiliary: Bytes): Bytes;
  /** BIP340: 64 bytes, over an x-only key. False for anything malformed. */
  verifySchnorr(signature: Bytes, hash: Bytes, key: Bytes): boolean;
  /** The even point of `key`, plus `tweak` times the generator (BIP341); `undefined` when there is none. */
  tweakXOnlyKey(key: Bytes, tweak: Bytes): TweakedKey | undefined;
  /** The secret of what `tweakXOnlyKey` makes of the public key; `undefined` when it would be zero. */
  tweakSecretKey(secretKey: Bytes, tweak: Bytes): Bytes | undefined;
  /**
   * The public key of `secretKey`, as 64 bytes that look like chance (BIP324, `ellswift_create`). There
   * are many for each key: `entropy`, 32 bytes, chooses, on every backend the same.
   */
  createEllswift(secretKey: Bytes, entropy: Bytes): Bytes;
  /**
   * What two ends have in common that have sent each other such keys (BIP324, `v2_ecdh`): 32 bytes.
   * Takes the same time for every secret key, as far as the backend can.
   */
  ellswiftSecret(exchange: EllswiftExchange): Bytes;
}

export interface EllswiftExchange {
  readonly secretKey: Bytes;
  /** Made of `secretKey`. */
  readonly ours: Bytes;
  /** Any 64 bytes. */
  readonly theirs: Bytes;
  /** Whether we spoke first. */
  readonly isInitiator: boolean;
}

export interface TweakedKey {
  /** x-only */
  readonly key: Bytes;
  /** Of the y coordinate: 1 is odd. */
  readonly parity: 0 | 1;
}
