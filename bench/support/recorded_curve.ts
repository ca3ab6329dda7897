/**
 * A curve whose answers are recorded and given again, so that what is around signatures is measured
 * without them.
 *
 * @module
 */
import type { Crypto } from "../../src/crypto/backend.ts";
import { portableSecp256k1 } from "../../src/crypto/portable_secp256k1.ts";
import type { Secp256k1, TweakedKey } from "../../src/crypto/secp256k1.ts";

/** What checking scripts asks of a curve. */
export type Verifies = Pick<Secp256k1, "verifyEcdsa" | "verifySchnorr" | "tweakXOnlyKey">;

/** The backend in force, with another curve. */
export function withCurve(backend: Crypto, curve: Verifies): Crypto {
  return {
    name: backend.name,
    sha256: (data) => backend.sha256(data),
    hash256: (data) => backend.hash256(data),
    ripemd160: (data) => backend.ripemd160(data),
    hash160: (data) => backend.hash160(data),
    hashInput: backend.hashInput,
    hmacSha256: (key, data) => backend.hmacSha256(key, data),
    hash256Each: (data, recordBytes) => backend.hash256Each(data, recordBytes),
    secp256k1: { ...portableSecp256k1, ...curve },
  };
}

/** Answers in the order in which they were given, so that a part of the work can be left out. */
export class Recording<T> {
  readonly #answers: T[] = [];
  #next = 0;

  record(answer: T): T {
    this.#answers.push(answer);
    return answer;
  }

  replay(): T {
    return this.#answers[this.#next++] as T;
  }

  rewind(): void {
    this.#next = 0;
  }
}

/** Without `signatures`, only tweaks: those belong to the interpreter, which the checker has no part in. */
export function recordCurve(questions: Recording<unknown>, curve: Verifies, signatures = true): Verifies {
  const record = <T>(answer: T): T => (signatures ? (questions.record(answer) as T) : answer);
  return {
    verifyEcdsa: (...question) => record(curve.verifyEcdsa(...question)),
    verifySchnorr: (...question) => record(curve.verifySchnorr(...question)),
    tweakXOnlyKey: (...question) => questions.record(curve.tweakXOnlyKey(...question)) as TweakedKey,
  };
}

export function replayCurve(questions: Recording<unknown>): Verifies {
  return {
    verifyEcdsa: () => questions.replay() as boolean,
    verifySchnorr: () => questions.replay() as boolean,
    tweakXOnlyKey: () => questions.replay() as TweakedKey,
  };
}
