import assert from "node:assert/strict";
import { test } from "node:test";
import { testSeed, testSize } from "../../../test/support/environment.ts";
import { mutate } from "../../../test/support/mutate.ts";
import "../../../test/support/portable_curve.ts";
import { type Bytes, concatBytes, NO_BYTES, toHex } from "../../base/bytes.ts";
import { below, randomBytes, type Rng, seededRng } from "../../base/rng.ts";
import { hash160, sha256 } from "../../crypto/crypto.ts";
import * as flag from "../flags.ts";
import { buildScript, pushBytes } from "../script.ts";
import {
  multisigScript, payToPublicKeyHash, payToScriptHash, payToTaproot, payToWitnessKeyHash,
  payToWitnessScriptHash,
} from "../templates.ts";
import type { SignatureChecker } from "./script_state.ts";
import type { ScriptSpend } from "./standard_spends.ts";
import { interpretScript, verifyScript } from "./verify_script.ts";

const CASES = testSize("TIDINGS_FUZZ_CASES", 6_000);
const SEED = testSeed(17);

type Parts = Pick<ScriptSpend, "scriptSig" | "witness" | "script">;

const SIGNATURE = concatBytes(
  Uint8Array.of(0x30, 68, 2, 32), new Uint8Array(32).fill(3),
  Uint8Array.of(2, 32), new Uint8Array(32).fill(4),
  Uint8Array.of(1),
);

/** An answer that follows from all that is asked about, so that no question can differ unseen. */
function verdictOn(...parts: readonly Bytes[]): boolean {
  return (sha256(concatBytes(...parts))[0] as number) > 60;
}

const CHECKER: SignatureChecker = {
  checkEcdsa: (signature, key, code, version) => verdictOn(signature, key, code,
    Uint8Array.of(version.length)),
  checkSchnorr: (signature, key) => (verdictOn(signature, key) ? undefined : "SCHNORR_SIG"),
  checkLockTime: () => true,
  checkSequence: () => true,
};

function standardSpend(rng: Rng): Parts {
  const key = concatBytes(Uint8Array.of(2 + below(rng, 2)), randomBytes(rng, below(rng, 4) === 0 ? 64 : 32));
  const program = payToWitnessKeyHash(hash160(key));
  const multisig = multisigScript(1, [key, key]);
  const spends: readonly Parts[] = [
    { scriptSig: buildScript(SIGNATURE, key), witness: [], script: payToPublicKeyHash(hash160(key)) },
    { scriptSig: NO_BYTES, witness: [SIGNATURE, key], script: program },
    { scriptSig: pushBytes(program), witness: [SIGNATURE, key], script: payToScriptHash(hash160(program)) },
    {
      scriptSig: NO_BYTES, witness: [NO_BYTES, SIGNATURE, multisig],
      script: payToWitnessScriptHash(sha256(multisig)),
    },
    { scriptSig: NO_BYTES, witness: [SIGNATURE.subarray(0, 64)], script: payToTaproot(key.subarray(1, 33)) },
  ];
  return spends[below(rng, spends.length)] as Parts;
}

/** Something near it: bytes changed, a part left out, or scriptSigs and witnesses of odd forms. */
function bent(parts: Parts, rng: Rng): Parts {
  const { scriptSig, witness, script } = parts;
  const redeemed = script.length > 60 ? script : buildScript(script);
  switch (below(rng, 10)) {
    case 0:
      return { ...parts, scriptSig: mutate(rng, scriptSig) };
    case 1:
      return { ...parts, script: mutate(rng, script) };
    case 2:
      return { ...parts, witness: witness.map((item) => mutate(rng, item)) };
    case 3:
      return { ...parts, witness: witness.slice(below(rng, 2)) };
    case 4:
      return { ...parts, witness: [...witness, randomBytes(rng, below(rng, 600))] };
    case 5:
      return { ...parts, scriptSig: redeemed, script: payToScriptHash(hash160(script)) };
    case 6:
      return { ...parts, scriptSig: buildScript(script.subarray(3, 23), scriptSig.subarray(-33)) };
    case 7:
      return { ...parts, script: script.map((byte, i) => (i < 3 ? byte : 0)) };
    case 8:
      return {
        ...parts, scriptSig: concatBytes(Uint8Array.of(0x4c, 22), script),
          script: payToScriptHash(hash160(script)),
      };
    default:
      return parts;
  }
}

function someFlags(rng: Rng): number {
  const all = 2 ** flag.VERIFY_FLAG_NAMES.length - 1;
  const sets = [flag.MANDATORY_VERIFY_FLAGS, flag.STANDARD_VERIFY_FLAGS, all];
  let flags = (sets[below(rng, 3)] as number) & ~(1 << below(rng, 40));
  if (!(flags & flag.VERIFY_P2SH)) flags &= ~flag.VERIFY_WITNESS;
  if (!(flags & flag.VERIFY_WITNESS)) flags &= ~flag.VERIFY_CLEANSTACK;
  return flags;
}

test("standard spends, and what is nearly one, end as the interpreter alone says", () => {
  const rng = seededRng(SEED);
  const seen = new Map<string, number>();
  for (let number = 0; number < CASES; number++) {
    const parts = bent(standardSpend(rng), rng);
    const spend = { ...parts, flags: someFlags(rng), checker: CHECKER };
    const verdict = verifyScript(spend);
    const texts = [parts.scriptSig, parts.script, ...parts.witness].map(toHex).join(" ");
    const say = `seed ${SEED}, case ${number}: ${texts}`;
    assert.equal(verdict, interpretScript(spend), say);
    seen.set(verdict ?? "OK", (seen.get(verdict ?? "OK") ?? 0) + 1);
  }
  const needed = ["OK", "EVAL_FALSE", "EQUALVERIFY", "WITNESS_UNEXPECTED", "SIG_DER",
    "WITNESS_MALLEATED_P2SH"];
  for (const each of needed) {
    assert.ok((seen.get(each) ?? 0) > 5, `${each} came up ${seen.get(each)} times`);
  }
});
