import { cryptoBackend, installCrypto } from "./crypto.ts";
import { portableChacha } from "./portable_chacha.ts";
import { portableCrypto } from "./portable_crypto.ts";
import { portableSecp256k1 } from "./portable_secp256k1.ts";

/** For who runs where there may be no faster backend. One that is installed stays. */
export function installPortableCurve(): void {
  if (cryptoBackend().secp256k1 !== undefined) return;
  installCrypto({ ...portableCrypto, secp256k1: portableSecp256k1, chacha: portableChacha });
}
