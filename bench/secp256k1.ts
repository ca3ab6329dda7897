/**
 * Time to check a signature, and to tweak a key as taproot's script paths do, for each library that
 * is on this machine; and to load each, which asks it four questions.
 *
 * @module
 */
import type { Bytes } from "../src/base/bytes.ts";
import { randomBytes, seededRng } from "../src/base/rng.ts";
import { portableSecp256k1 as signer } from "../src/crypto/portable_secp256k1.ts";
import type { Secp256k1 } from "../src/crypto/secp256k1.ts";
import { installNodeCrypto } from "../src/io/node_crypto.ts";
import {
  type LoadedSignatures, SIGNATURE_BACKENDS, type SignatureBackendName, tryLoad,
} from "../src/io/signature_backends.ts";
import { type Measurement, round } from "./support/measurement.ts";

const ROUND_MS = 40;
/** The least of them counts: the first are slower, before the compiler has seen it all. */
const ROUNDS = 8;

/** Different ones, so that no branch is always taken the same way. */
const SAMPLES = 8;

interface Sample {
  readonly hash: Bytes;
  readonly key: Bytes;
  readonly ecdsa: Bytes;
  readonly schnorr: Bytes;
}

type Work = (curve: Secp256k1, sample: Sample) => unknown;

const WORKS: Readonly<Record<string, Work>> = {
  "ECDSA verification": (curve, { ecdsa, hash, key }) => curve.verifyEcdsa(ecdsa, hash, key),
  "Schnorr verification": (curve, { schnorr, hash, key }) =>
    curve.verifySchnorr(schnorr, hash, key.subarray(1)),
  "x-only tweak": (curve, { hash, key }) => curve.tweakXOnlyKey(key.subarray(1), hash),
};

export async function run(): Promise<readonly Measurement[]> {
  installNodeCrypto();
  const samples = makeSamples();
  const backends = SIGNATURE_BACKENDS.flatMap(loadTimed);
  const best = new Map<string, number>();
  // Round by round, so that what else the machine does falls on all of them.
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, curve } of backends) {
      for (const [work, run] of Object.entries(WORKS)) {
        const row = `${name}: ${work}`;
        const found = microseconds(() => {
          for (const sample of samples) run(curve, sample);
        }) / samples.length;
        best.set(row, Math.min(best.get(row) ?? Infinity, found));
      }
    }
  }
  return [
    ...backends.map(({ name, loadMs }) => ({ name: `${name}: load`, value: round(loadMs, 1), unit: "ms" })),
    ...[...best].map(([name, value]) => ({ name, value: round(value, 1), unit: "µs CPU" })),
  ];
}

type Timed = LoadedSignatures & { readonly loadMs: number };

function loadTimed(name: SignatureBackendName): readonly Timed[] {
  const start = performance.now();
  const loaded = tryLoad(name);
  return loaded === undefined ? [] : [{ ...loaded, loadMs: performance.now() - start }];
}

/** Processor time of one call. */
function microseconds(work: () => void): number {
  const end = performance.now() + ROUND_MS;
  const before = process.cpuUsage();
  let count = 0;
  do {
    work();
    count++;
  } while (performance.now() < end);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function makeSamples(): readonly Sample[] {
  const rng = seededRng(1);
  return Array.from({ length: SAMPLES }, () => {
    const secret = randomBytes(rng, 32);
    const hash = randomBytes(rng, 32);
    return {
      hash,
      key: signer.publicKey(secret),
      ecdsa: signer.signEcdsa(hash, secret),
      schnorr: signer.signSchnorr(hash, secret, randomBytes(rng, 32)),
    };
  });
}
