/**
 * Which library checks signatures: the fastest on this machine, or the one that `--crypto` or
 * `TIDINGS_CRYPTO` names.
 *
 * @module
 */
import { type Bytes, fromHex } from "../base/bytes.ts";
import type { Secp256k1 } from "../crypto/secp256k1.ts";
import { portableCurve } from "./portable_curve.ts";
import type { LoadedSignatures } from "./secp_loaded.ts";
import { loadPrebuiltSignatures } from "./secp_prebuilt.ts";
import { loadSystemSignatures } from "./secp_system.ts";
import { loadWasmSignatures } from "./secp_wasm.ts";

export type { LoadedSignatures } from "./secp_loaded.ts";

/** Fastest first. */
export const SIGNATURE_BACKENDS = ["system", "prebuilt", "wasm", "portable"] as const;
export type SignatureBackendName = (typeof SIGNATURE_BACKENDS)[number];

/** Asks for the fastest there is, as does saying nothing. */
const AUTOMATIC = "auto";

/** The environment variable that forces one, in this process and in its worker threads. */
export const SIGNATURE_BACKEND_VARIABLE = "TIDINGS_CRYPTO";

/** The user asked for a backend that does not exist, or that this machine does not have. */
export class SignatureBackendError extends Error {
  override readonly name = "SignatureBackendError";
}

const LOADERS: Readonly<Record<SignatureBackendName, () => LoadedSignatures | undefined>> = {
  system: loadSystemSignatures,
  prebuilt: loadPrebuiltSignatures,
  wasm: loadWasmSignatures,
  portable: () => ({ name: "portable (noble)", curve: portableCurve() }),
};

const WHY_ABSENT: Readonly<Record<SignatureBackendName, string>> = {
  system: "no libsecp256k1 with Schnorr signatures was found " +
    "(apt install libsecp256k1-1, brew install secp256k1)",
  prebuilt: "the package secp256k1 has no build for this platform",
  wasm: "WebAssembly is not available",
  portable: "",
};

/**
 * What `TIDINGS_CRYPTO` asks for; `undefined` when it is not set, empty or `auto`.
 *
 * @throws {SignatureBackendError} when it is none of the names
 */
export function wantedSignatures(
  environment: Readonly<Record<string, string | undefined>>,
): SignatureBackendName | undefined {
  const value = environment[SIGNATURE_BACKEND_VARIABLE];
  if (value === undefined || value === "" || value === AUTOMATIC) return undefined;
  const name = SIGNATURE_BACKENDS.find((each) => each === value);
  if (name !== undefined) return name;
  const allowed = [AUTOMATIC, ...SIGNATURE_BACKENDS].join(", ");
  const given = JSON.stringify(value);
  throw new SignatureBackendError(`Cannot check signatures with ${given}: allowed are ${allowed}`);
}

/**
 * The backend called `wanted`, or the fastest there is.
 *
 * @throws {SignatureBackendError} when `wanted` is not on this machine
 */
export function loadSignatures(wanted?: SignatureBackendName): LoadedSignatures {
  for (const name of wanted === undefined ? SIGNATURE_BACKENDS : [wanted]) {
    const loaded = tryLoad(name);
    if (loaded !== undefined) return loaded;
  }
  const name = wanted ?? "portable";
  throw new SignatureBackendError(`Cannot check signatures with ${name}: ${WHY_ABSENT[name]}`);
}

/** `undefined` when it is not there, or when it is and answers wrongly. */
export function tryLoad(name: SignatureBackendName): LoadedSignatures | undefined {
  const found = findSignatures(name);
  return found !== undefined && (name === "portable" || answersRightly(found.curve)) ? found : undefined;
}

/** Right or wrong; `undefined` when it is not on this machine. */
export function findSignatures(name: SignatureBackendName): LoadedSignatures | undefined {
  return LOADERS[name]();
}

/** Made by libsecp256k1 and `@noble/curves` alike with the secret key 0707…07. */
const HASH = fromHex("09".repeat(32));
const KEY = fromHex("02989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6f");
const ECDSA_SIGNATURE = fromHex(
  "304402207157050929571a762ab6e06207f74db146f165fead17acc7afe23000a091dc37" +
    "02207b5faa50c021f3f9613f20531b8fc1a38744203a2f391c15e7b1455c3a296e4e",
);
const SCHNORR_SIGNATURE = fromHex(
  "e9611a083516925c539d3607c25e5513c90550627223ebe748c53b97d5f38343" +
    "65323ce1897567c3c684d1571db92d390e96def2c68376a2a80a8f49ef6394b5",
);

/**
 * Asks what is known. A library found on the system is nobody's choice: one that was built wrongly, or
 * that only has the name, must not decide about blocks.
 */
function answersRightly(curve: Secp256k1): boolean {
  const bent = (bytes: Bytes): Bytes => bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte));
  const xOnly = KEY.subarray(1);
  return (
    curve.verifyEcdsa(ECDSA_SIGNATURE, HASH, KEY) &&
    !curve.verifyEcdsa(bent(ECDSA_SIGNATURE), HASH, KEY) &&
    curve.verifySchnorr(SCHNORR_SIGNATURE, HASH, xOnly) &&
    !curve.verifySchnorr(bent(SCHNORR_SIGNATURE), HASH, xOnly)
  );
}
