/**
 * What checking the scripts of an input costs, by kind of output, part of the work and library for
 * signatures: processor time of one thread.
 *
 * `BENCH_CHAIN=FILE` takes the last blocks of a chain file instead of a real block; `BENCH_INPUTS`
 * says how many inputs. On a machine with other work, `nice -n -15` makes the figures steadier.
 *
 * @module
 */
import type { Bytes } from "../src/base/bytes.ts";
import { openJob } from "../src/consensus/verify_inputs.ts";
import { cryptoBackend, installCrypto } from "../src/crypto/crypto.ts";
import type { Secp256k1 } from "../src/crypto/secp256k1.ts";
import { installNodeCrypto } from "../src/io/node_crypto.ts";
import { SIGNATURE_BACKENDS, tryLoad } from "../src/io/signature_backends.ts";
import type { Input, Output, Transaction } from "../src/primitives/transaction.ts";
import type { Witness } from "../src/primitives/witness.ts";
import { MANDATORY_VERIFY_FLAGS } from "../src/script/flags.ts";
import type { ScriptError } from "../src/script/interpreter/script_error.ts";
import type { SignatureChecker } from "../src/script/interpreter/script_state.ts";
import { TransactionChecker } from "../src/script/interpreter/transaction_checker.ts";
import { verifyScript } from "../src/script/interpreter/verify_script.ts";
import { operations } from "../src/script/script.ts";
import { SighashContext } from "../src/script/sighash.ts";
import { classifyScript } from "../src/script/templates.ts";
import { type Measurement, round } from "./support/measurement.ts";
import { recordCurve, Recording, replayCurve, type Verifies, withCurve } from "./support/recorded_curve.ts";
import { jobOf, loadSample, type VerifySample } from "./support/verify_samples.ts";

const INPUTS = Number(process.env["BENCH_INPUTS"] ?? 6_000);

/** The least of them counts: the first are slower, before the compiler has seen it all. */
const ROUNDS = 5;
const ROUND_MS = 80;

/** Kinds with fewer inputs are not shown by themselves: the figure would be noise. */
const KIND_INPUTS_MIN = 50;

/** Takes a millisecond or two for each signature, and nobody measures it by hand. */
const SLOW = "portable";

/** One input, by its place in the sample. */
interface Place {
  readonly transaction: number;
  readonly input: number;
}

type MakeChecker = (context: SighashContext, index: number) => SignatureChecker;

export async function run(): Promise<readonly Measurement[]> {
  const { secp256k1 } = installNodeCrypto();
  const sample = loadSample(INPUTS);
  const rows: Measurement[] = [];
  const add = (name: string, µs: number): void => {
    rows.push({ name: `${sample.name}: ${name}`, value: round(µs, 2), unit: "µs CPU/input" });
  };
  const job = jobOf(sample);
  add("reading the job", microseconds(() => void openJob(job), job.inputCount));
  for (const [kind, places] of placesByKind(sample)) {
    if (places.length < KIND_INPUTS_MIN) continue;
    const checks = new Recording<CheckAnswer>();
    const questions = new Recording<unknown>();
    const tweaks = new Recording<unknown>();
    const passes = (make: MakeChecker, curve: Verifies): number => {
      return perInput(sample, places, make, curve, () => {
        for (const each of [checks, questions, tweaks]) each.rewind();
      });
    };
    const label = `${kind} (${places.length})`;
    const recorded = recordCurve(questions, recordCurve(tweaks, secp256k1, false));
    verifyAll(sample, places, (...at) => recordChecker(checks, transactionChecker(...at)), recorded);
    const script = passes((...at) => replayChecker(checks, transactionChecker(...at)), replayCurve(tweaks));
    add(`${label}: interpreter`, script);
    const hashed = passes(transactionChecker, replayCurve(questions));
    add(`${label}: signature hashes`, hashed - script);
    for (const [name, curve] of backends()) {
      add(`${label}: ${name}`, passes(transactionChecker, curve) - hashed);
    }
  }
  return rows;
}

function backends(): readonly (readonly [string, Secp256k1])[] {
  return SIGNATURE_BACKENDS.flatMap((name) => {
    const loaded = name === SLOW ? undefined : tryLoad(name);
    return loaded === undefined ? [] : [[name, loaded.curve] as const];
  });
}

function transactionChecker(context: SighashContext, index: number): SignatureChecker {
  return new TransactionChecker(context, index);
}

/** Processor time for each input of `places`, all of which pass. */
function perInput(
  sample: VerifySample, places: readonly Place[], make: MakeChecker, curve: Verifies, rewind: () => void,
): number {
  return microseconds(() => {
    rewind();
    verifyAll(sample, places, make, curve);
  }, places.length);
}

function verifyAll(sample: VerifySample, places: readonly Place[], make: MakeChecker, curve: Verifies): void {
  const before = cryptoBackend();
  installCrypto(withCurve(before, curve));
  let last = -1;
  let context: SighashContext | undefined;
  for (const { transaction, input } of places) {
    if (context === undefined || transaction !== last) context = contextOf(sample, transaction);
    last = transaction;
    const { scriptSig, witness } = context.transaction.inputs[input] as Input;
    const { script } = context.spent[input] as Output;
    const checker = make(context, input);
    const error = verifyScript({
      scriptSig, witness: witness.slice(), script, flags: MANDATORY_VERIFY_FLAGS, checker,
    });
    if (error !== undefined) throw new Error(`The sample holds a bad input: ${error}`);
  }
  installCrypto(before);
}

function contextOf({ transactions, spent }: VerifySample, at: number): SighashContext {
  return new SighashContext(transactions[at] as Transaction, spent[at] as readonly Output[]);
}

type CheckAnswer = boolean | ScriptError | undefined;

function recordChecker(checks: Recording<CheckAnswer>, real: SignatureChecker): SignatureChecker {
  return {
    checkEcdsa: (...question) => checks.record(real.checkEcdsa(...question)) as boolean,
    checkSchnorr: (...question) => checks.record(real.checkSchnorr(...question)) as ScriptError | undefined,
    checkLockTime: (lockTime) => real.checkLockTime(lockTime),
    checkSequence: (sequence) => real.checkSequence(sequence),
  };
}

function replayChecker(checks: Recording<CheckAnswer>, real: SignatureChecker): SignatureChecker {
  return {
    checkEcdsa: () => checks.replay() as boolean,
    checkSchnorr: () => checks.replay() as ScriptError | undefined,
    checkLockTime: (lockTime) => real.checkLockTime(lockTime),
    checkSequence: (sequence) => real.checkSequence(sequence),
  };
}

function placesByKind({ transactions, spent }: VerifySample): ReadonlyMap<string, readonly Place[]> {
  const kinds = new Map<string, Place[]>();
  for (const [transaction, { inputs }] of transactions.entries()) {
    for (const [input, each] of inputs.entries()) {
      const kind = kindOf(each, spent[transaction]?.[input] as Output);
      const places = kinds.get(kind) ?? [];
      kinds.set(kind, places);
      places.push({ transaction, input });
    }
  }
  return new Map([...kinds].sort());
}

function kindOf({ scriptSig, witness }: Input, { script }: Output): string {
  const { type } = classifyScript(script);
  switch (type) {
    case "pubkeyhash":
      return "p2pkh";
    case "witness_v0_keyhash":
      return "p2wpkh";
    case "witness_v0_scripthash":
      return classifyScript(witness.at(-1) as Bytes).type === "multisig" ? "p2wsh multisig" : "p2wsh";
    case "witness_v1_taproot":
      return witness.length === 1 ? "p2tr key" : "p2tr script";
    case "scripthash":
      return classifyNested(scriptSig, witness);
    default:
      return type;
  }
}

function classifyNested(scriptSig: Bytes, witness: Witness): string {
  if (witness.length === 0) return "p2sh";
  const redeemScript = [...operations(scriptSig)].at(-1)?.data as Bytes;
  return classifyScript(redeemScript).type === "witness_v0_keyhash" ? "p2sh-p2wpkh" : "p2sh-p2wsh";
}

/** Processor time of one of the `count` things that `work` does. */
function microseconds(work: () => void, count: number): number {
  globalThis.gc?.();
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const end = performance.now() + ROUND_MS;
    const before = process.cpuUsage();
    let times = 0;
    do {
      work();
      times++;
    } while (performance.now() < end);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / times / count);
  }
  return best;
}
