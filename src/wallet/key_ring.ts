import { type Bytes, equalBytes, toHex } from "../base/bytes.ts";
import { curve, hash160, sha256 } from "../crypto/crypto.ts";
import { tapTweakHash } from "../script/taproot.ts";
import { payToWitnessScriptHash } from "../script/templates.ts";

export interface KeyPair {
  readonly secretKey: Bytes;
  readonly publicKey: Bytes;
}

/** Keys and scripts that someone handed over to sign with, by what outputs say of them. */
export class KeyRing {
  readonly #pairs: KeyPair[] = [];
  /** By the hash that commits to each. */
  readonly #byHash = new Map<string, KeyPair>();
  readonly #scripts = new Map<string, Bytes>();

  addKey(secretKey: Bytes, compressed: boolean): void {
    const publicKey = curve().publicKey(secretKey, compressed);
    const pair = { secretKey, publicKey };
    this.#pairs.push(pair);
    this.#byHash.set(toHex(hash160(publicKey)), pair);
  }

  /** `script` may stand behind P2SH, P2WSH, or P2WSH inside P2SH. */
  addScript(script: Bytes): void {
    const program = payToWitnessScriptHash(sha256(script));
    this.#scripts.set(toHex(hash160(script)), script);
    this.#scripts.set(toHex(sha256(script)), script);
    this.#scripts.set(toHex(hash160(program)), program);
  }

  /** The script with this HASH160, or this SHA256. */
  script(hash: Bytes): Bytes | undefined {
    return this.#scripts.get(toHex(hash));
  }

  byPublicKey(publicKey: Bytes): KeyPair | undefined {
    return this.byHash(hash160(publicKey));
  }

  byHash(hash: Bytes): KeyPair | undefined {
    return this.#byHash.get(toHex(hash));
  }

  /** The secret key of a taproot output: one of the keys itself, or one with BIP86's tweak. */
  taprootSecret(outputKey: Bytes): Bytes | undefined {
    for (const { secretKey, publicKey } of this.#pairs) {
      const internal = publicKey.subarray(1, 33);
      if (equalBytes(internal, outputKey)) return secretKey;
      const tweak = tapTweakHash(internal);
      const tweaked = curve().tweakXOnlyKey(internal, tweak);
      if (tweaked !== undefined && equalBytes(tweaked.key, outputKey)) {
        return curve().tweakSecretKey(secretKey, tweak);
      }
    }
    return undefined;
  }
}
