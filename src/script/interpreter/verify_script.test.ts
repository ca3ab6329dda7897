import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../../../test/support/portable_curve.ts";
import { scriptFromText } from "../../../test/support/script_text.ts";
import { flagsOf, spend, type Verdict } from "../../../test/support/spend_script.ts";
import { type Bytes, fromHex, NO_BYTES } from "../../base/bytes.ts";
import { curve, hash160, sha256 } from "../../crypto/crypto.ts";
import * as flag from "../flags.ts";
import { buildScript } from "../script.ts";
import { controlBlock, tapLeafHash, taprootOutputKey } from "../taproot.ts";
import {
  multisigScript,
  payToScriptHash,
  payToTaproot,
  payToWitnessProgram,
  payToWitnessScriptHash,
} from "../templates.ts";
import { verifyScript } from "./verify_script.ts";

const { MANDATORY_VERIFY_FLAGS, STANDARD_VERIFY_FLAGS } = flag;
const GENERATOR = curve()
  .publicKey(fromHex("00".repeat(31) + "01"))
  .subarray(1);

const R = "30060201010201";
const LONG = `'${"a".repeat(521)}'`;

// scriptSig, script, flags, verdict: each error that a script without a real signature can end in.
const CASES: readonly (readonly [string, string, string, Verdict])[] = [
  ["1", "", "", "OK"],
  ["", "", "", "EVAL_FALSE"],
  ["0x01 0x80", "", "", "EVAL_FALSE"],
  ["0x02 0x8000", "", "", "OK"],
  ["1 2", "", "P2SH,WITNESS,CLEANSTACK", "CLEANSTACK"],
  ["0", "VERIFY 1", "", "VERIFY"],
  ["1 2", "EQUALVERIFY 1", "", "EQUALVERIFY"],
  ["1 2", "NUMEQUALVERIFY 1", "", "NUMEQUALVERIFY"],
  ["", "1 RETURN", "", "OP_RETURN"],
  ["", "RESERVED", "", "BAD_OPCODE"],
  ["", "VER", "", "BAD_OPCODE"],
  ["", "0 IF VER RESERVED ELSE 1 ENDIF", "", "OK"],
  ["", "0 IF VERIF ELSE 1 ENDIF", "", "BAD_OPCODE"],
  ["", "0 IF CAT ELSE 1 ENDIF", "", "DISABLED_OPCODE"],
  ["", "1 0x02 0x01", "", "BAD_OPCODE"],
  ["", "0xba", "", "BAD_OPCODE"],
  ["", "1 IF", "", "UNBALANCED_CONDITIONAL"],
  ["", "1 ENDIF", "", "UNBALANCED_CONDITIONAL"],
  ["", "1 ELSE", "", "UNBALANCED_CONDITIONAL"],
  ["", "1 IF 0 ELSE 1 ELSE 1 ENDIF", "", "OK"],
  ["", "0 IF 0 IF 1 ENDIF ELSE 1 ENDIF", "", "OK"],
  ["", "1 NOTIF 0 ELSE 1 ENDIF", "", "OK"],
  ["", "IF ENDIF", "", "INVALID_STACK_OPERATION"],
  ["", "FROMALTSTACK", "", "INVALID_ALTSTACK_OPERATION"],
  ["7", "TOALTSTACK FROMALTSTACK 7 EQUAL", "", "OK"],
  ["1 2 3", "ROT 1 EQUALVERIFY 3 EQUALVERIFY 2 EQUAL", "", "OK"],
  ["1 2", "TUCK 2 EQUALVERIFY 1 EQUALVERIFY 2 EQUAL", "", "OK"],
  ["1 2 3 4 5 6", "2ROT 2 EQUALVERIFY 1 EQUALVERIFY 6 EQUAL", "", "OK"],
  ["1 2 3 4", "2SWAP 2 EQUALVERIFY 1 EQUALVERIFY 4 EQUAL", "", "OK"],
  ["1 2 3 4", "2OVER 2 EQUALVERIFY 1 EQUALVERIFY 4 EQUAL", "", "OK"],
  ["1 2 3", "3DUP DEPTH 6 EQUALVERIFY 3 EQUALVERIFY 2 EQUAL", "", "OK"],
  ["1 2", "2DUP DEPTH 4 EQUALVERIFY 2 EQUAL", "", "OK"],
  ["1 2", "NIP DEPTH 1 EQUALVERIFY 2 EQUAL", "", "OK"],
  ["1 2", "OVER 1 EQUAL", "", "OK"],
  ["1 2", "SWAP 1 EQUAL", "", "OK"],
  ["1 2 3", "2 PICK 1 EQUAL", "", "OK"],
  ["1 2 3", "2 ROLL 1 EQUALVERIFY DEPTH 2 EQUAL", "", "OK"],
  ["1 2", "2 PICK", "", "INVALID_STACK_OPERATION"],
  ["1 2", "-1 ROLL", "", "INVALID_STACK_OPERATION"],
  ["0", "IFDUP DEPTH 1 EQUAL", "", "OK"],
  ["'abc'", "SIZE 3 EQUAL", "", "OK"],
  ["1 2 3 4", "2DROP 2 EQUAL", "", "OK"],
  ["-5", "ABS 1ADD 1SUB NEGATE -5 EQUAL", "", "OK"],
  ["0", "NOT 0NOTEQUAL", "", "OK"],
  ["5 3", "SUB 2 NUMEQUAL", "", "OK"],
  ["2147483647 1", "ADD 2147483648 EQUAL", "", "OK"],
  ["2147483648", "1ADD", "", "SCRIPTNUM"],
  ["0x02 0x0100", "1ADD", "MINIMALDATA", "SCRIPTNUM"],
  ["1 0", "BOOLAND NOT", "", "OK"],
  ["1 0", "BOOLOR", "", "OK"],
  ["1 2", "2DUP LESSTHAN VERIFY 2DUP GREATERTHAN NOT VERIFY NUMNOTEQUAL", "", "OK"],
  ["1 1", "2DUP LESSTHANOREQUAL VERIFY 2DUP GREATERTHANOREQUAL VERIFY MIN 1 EQUAL", "", "OK"],
  ["1 2", "MAX 2 EQUAL", "", "OK"],
  ["3 3 4", "WITHIN", "", "OK"],
  ["4 3 4", "WITHIN NOT", "", "OK"],
  ["''", "SHA1 0x14 0xda39a3ee5e6b4b0d3255bfef95601890afd80709 EQUAL", "", "OK"],
  ["''", "RIPEMD160 0x14 0x9c1185a5c5e9fc54612808977ee8f548b2258d31 EQUAL", "", "OK"],
  ["''", "DUP HASH160 SWAP SHA256 RIPEMD160 EQUAL", "", "OK"],
  ["''", "DUP HASH256 SWAP SHA256 SHA256 EQUAL", "", "OK"],
  ["1", "NOP1 NOP10 NOP", "", "OK"],
  ["1", "NOP4", "DISCOURAGE_UPGRADABLE_NOPS", "DISCOURAGE_UPGRADABLE_NOPS"],
  ["NOP 1", "", "SIGPUSHONLY", "SIG_PUSHONLY"],
  ["0x4c 0x01 0x11", "", "MINIMALDATA", "MINIMALDATA"],
  ["0x4c 0x01 0x11", "", "", "OK"],
  [LONG, "", "", "PUSH_SIZE"],
  ["1", "NOP ".repeat(201), "", "OK"],
  ["1", "NOP ".repeat(202), "", "OP_COUNT"],
  ["1 ".repeat(1000), "1 DROP", "", "STACK_SIZE"],
  ["1 ".repeat(1000), "DROP 1", "", "OK"],
  ["1", `0x4d0802${"61".repeat(520)} DROP `.repeat(20), "", "SCRIPT_SIZE"],
  ["0 0", "CHECKSIG NOT", "", "OK"],
  ["0 0", "CHECKSIGVERIFY 1", "", "CHECKSIGVERIFY"],
  ["0", "CHECKSIG", "", "INVALID_STACK_OPERATION"],
  ["0 1", "CHECKSIG NOT", "STRICTENC", "PUBKEYTYPE"],
  ["1 1", "CHECKSIG NOT", "DERSIG", "SIG_DER"],
  [`0x09 0x${R}0104 0`, "CHECKSIG NOT", "STRICTENC", "SIG_HASHTYPE"],
  [`0x09 0x${R}0101 0`, "CHECKSIG NOT", "NULLFAIL", "SIG_NULLFAIL"],
  [`0x09 0x${R}0101`, `0x09 0x${R}0101 DROP 0 CHECKSIG NOT`, "CONST_SCRIPTCODE", "SIG_FINDANDDELETE"],
  ["1", "0 IF CODESEPARATOR ENDIF", "CONST_SCRIPTCODE", "OP_CODESEPARATOR"],
  ["1", "CODESEPARATOR", "", "OK"],
  ["0 0 0", "CHECKMULTISIG", "", "OK"],
  ["0 0", "CHECKMULTISIG", "", "INVALID_STACK_OPERATION"],
  ["1 0 0", "CHECKMULTISIG", "NULLDUMMY", "SIG_NULLDUMMY"],
  ["0 0 21", "CHECKMULTISIG", "", "PUBKEY_COUNT"],
  ["0 0 -1", "CHECKMULTISIG", "", "PUBKEY_COUNT"],
  ["0 1 0", "CHECKMULTISIG", "", "SIG_COUNT"],
  ["0 0 1 0 1", "CHECKMULTISIGVERIFY 1", "", "CHECKMULTISIGVERIFY"],
  [`0 0x09 0x${R}0101 1 0 1`, "CHECKMULTISIG NOT", "NULLFAIL", "SIG_NULLFAIL"],
  ["0 0 20", `${"0 ".repeat(0)}${"NOP ".repeat(190)} CHECKMULTISIG`, "", "OP_COUNT"],
  ["-1", "CHECKLOCKTIMEVERIFY", "CHECKLOCKTIMEVERIFY", "NEGATIVE_LOCKTIME"],
  ["0", "CHECKLOCKTIMEVERIFY 1", "CHECKLOCKTIMEVERIFY", "UNSATISFIED_LOCKTIME"],
  ["", "CHECKLOCKTIMEVERIFY 1", "CHECKLOCKTIMEVERIFY", "INVALID_STACK_OPERATION"],
  ["", "CHECKLOCKTIMEVERIFY 1", "", "OK"],
  ["-1", "CHECKSEQUENCEVERIFY", "CHECKSEQUENCEVERIFY", "NEGATIVE_LOCKTIME"],
  ["0", "CHECKSEQUENCEVERIFY 1", "CHECKSEQUENCEVERIFY", "UNSATISFIED_LOCKTIME"],
  ["4294967296", "CHECKSEQUENCEVERIFY", "CHECKSEQUENCEVERIFY", "UNSATISFIED_LOCKTIME"],
  ["2147483648", "CHECKSEQUENCEVERIFY", "CHECKSEQUENCEVERIFY", "OK"],
  ["0x06 0x000000000001", "CHECKSEQUENCEVERIFY", "CHECKSEQUENCEVERIFY", "SCRIPTNUM"],
];

for (const [scriptSig, script, names, expected] of CASES) {
  const shown = `${scriptSig} | ${script}`.slice(0, 70);
  test(`${shown} under ${names === "" ? "no flags" : names} ends in ${expected}`, () => {
    assert.equal(spend(scriptFromText(scriptSig), scriptFromText(script), flagsOf(names)), expected);
  });
}

const TRUE_SCRIPT = Uint8Array.of(0x51);

test("the script behind a script hash is run, and must be pushed alone", () => {
  const script = payToScriptHash(hash160(TRUE_SCRIPT));
  const push = buildScript(TRUE_SCRIPT);
  assert.equal(spend(push, script, flag.VERIFY_P2SH), "OK");
  assert.equal(spend(buildScript(0x61, TRUE_SCRIPT), script, flag.VERIFY_P2SH), "SIG_PUSHONLY");
  const no = Uint8Array.of(0x00);
  assert.equal(spend(buildScript(no), payToScriptHash(hash160(no)), flag.VERIFY_P2SH), "EVAL_FALSE");
  assert.equal(spend(buildScript(no), payToScriptHash(hash160(no)), 0), "OK");
});

test("a version 0 witness must match its program, stand alone, and end clean", () => {
  const script = payToWitnessScriptHash(sha256(TRUE_SCRIPT));
  const run = (witness: readonly Bytes[], scriptSig: Bytes = NO_BYTES, of: Bytes = script): Verdict =>
    spend(scriptSig, of, MANDATORY_VERIFY_FLAGS, witness);
  assert.equal(run([TRUE_SCRIPT]), "OK");
  assert.equal(run([]), "WITNESS_PROGRAM_WITNESS_EMPTY");
  assert.equal(run([NO_BYTES]), "WITNESS_PROGRAM_MISMATCH");
  assert.equal(run([NO_BYTES, TRUE_SCRIPT]), "CLEANSTACK");
  assert.equal(run([new Uint8Array(521), TRUE_SCRIPT]), "PUSH_SIZE");
  assert.equal(run([TRUE_SCRIPT], TRUE_SCRIPT), "WITNESS_MALLEATED");
  const nested = payToScriptHash(hash160(script));
  assert.equal(run([TRUE_SCRIPT], buildScript(script), nested), "OK");
  assert.equal(run([TRUE_SCRIPT], buildScript(0x51, script), nested), "WITNESS_MALLEATED_P2SH");
  assert.equal(run([TRUE_SCRIPT], NO_BYTES, TRUE_SCRIPT), "WITNESS_UNEXPECTED");
  assert.equal(
    run([], NO_BYTES, payToWitnessProgram({ version: 0, program: new Uint8Array(3).fill(1) })),
    "WITNESS_PROGRAM_WRONG_LENGTH",
  );
  assert.equal(
    run([NO_BYTES], NO_BYTES, payToWitnessProgram({ version: 0, program: new Uint8Array(20).fill(1) })),
    "WITNESS_PROGRAM_MISMATCH",
  );
  const isOne = scriptFromText("IF 1 ENDIF");
  const conditional = payToWitnessScriptHash(sha256(isOne));
  assert.equal(
    spend(NO_BYTES, conditional, MANDATORY_VERIFY_FLAGS | flag.VERIFY_MINIMALIF, [Uint8Array.of(2), isOne]),
    "MINIMALIF",
  );
});

test("witness programs of the future may be spent by anyone, but are not relayed; the anchor is", () => {
  const future = payToWitnessProgram({ version: 2, program: new Uint8Array(32).fill(1) });
  assert.equal(spend(NO_BYTES, future, MANDATORY_VERIFY_FLAGS), "OK");
  assert.equal(spend(NO_BYTES, future, STANDARD_VERIFY_FLAGS), "DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM");
  assert.equal(spend(NO_BYTES, scriptFromText("1 0x02 0x4e73"), STANDARD_VERIFY_FLAGS), "OK");
});

test("a real 2-of-3 multisig holds, and its keys' order matters", () => {
  // The wallet's own tests sign every kind; here the checker says yes to all, so only the order counts.
  const keys = [2, 3, 4].map((secret) => curve().publicKey(new Uint8Array(32).fill(secret)));
  const script = multisigScript(2, keys);
  const signatures = keys.map((_, i) => Uint8Array.of(i, 1));
  const checker = {
    checkEcdsa: (signature: Bytes, key: Bytes) =>
      key === keys[signature[0]!] || key.every((byte, i) => byte === keys[signature[0]!]![i]),
    checkSchnorr: () => undefined,
    checkLockTime: () => true,
    checkSequence: () => true,
  };
  const run = (first: number, second: number): Verdict => {
    const scriptSig = buildScript(0, signatures[first]!, signatures[second]!);
    return verifyScript({ scriptSig, witness: [], script, flags: 0, checker }) ?? "OK";
  };
  assert.deepEqual([run(0, 1), run(0, 2), run(1, 2)], ["OK", "OK", "OK"]);
  assert.deepEqual([run(1, 0), run(2, 1), run(0, 0)], ["EVAL_FALSE", "EVAL_FALSE", "EVAL_FALSE"]);
});

/** A taproot output with one script, spent by it. */
function spendLeaf(
  script: Bytes,
  items: readonly Bytes[],
  flags = MANDATORY_VERIFY_FLAGS,
  version = 0xc0,
  annex: readonly Bytes[] = [],
): Verdict {
  const output = taprootOutputKey(GENERATOR, tapLeafHash(script, version))!;
  const control = controlBlock(GENERATOR, output.parity, [], version);
  return spend(NO_BYTES, payToTaproot(output.key), flags, [...items, script, control, ...annex]);
}

const ONE = Uint8Array.of(1);
const SIGNATURE = new Uint8Array(64).fill(1);

test("tapscripts keep the rules of BIP342", () => {
  const run = (text: string, items: readonly Bytes[] = [], flags = MANDATORY_VERIFY_FLAGS): Verdict =>
    spendLeaf(scriptFromText(text), items, flags);
  assert.equal(run("1"), "OK");
  assert.equal(run("1 1"), "CLEANSTACK");
  assert.equal(run("IF 1 ENDIF", [Uint8Array.of(2)]), "TAPSCRIPT_MINIMALIF");
  assert.equal(run("0 0 0 CHECKMULTISIG"), "TAPSCRIPT_CHECKMULTISIG");
  assert.equal(run("0 0 CHECKSIG"), "TAPSCRIPT_EMPTY_PUBKEY");
  assert.equal(run("0 5 0x20 0x" + "02".repeat(32) + " CHECKSIGADD 5 EQUAL"), "OK");
  assert.equal(run("0x21 0x02" + "02".repeat(32) + " CHECKSIG", [ONE]), "OK");
  assert.equal(
    run("0x21 0x02" + "02".repeat(32) + " CHECKSIG", [ONE], STANDARD_VERIFY_FLAGS),
    "DISCOURAGE_UPGRADABLE_PUBKEYTYPE",
  );
  assert.equal(run("0x20 0x" + "02".repeat(32) + " CHECKSIG", [ONE]), "SCHNORR_SIG_SIZE");
  assert.equal(
    run("0x20 0x" + "02".repeat(32) + " CHECKSIG", [Uint8Array.of(...SIGNATURE, 0)]),
    "SCHNORR_SIG_HASHTYPE",
  );
  assert.equal(run("0x20 0x" + "02".repeat(32) + " CHECKSIG", [SIGNATURE]), "SCHNORR_SIG");
  assert.equal(run(`${"DUP 0x21 0x" + "02".repeat(33) + " CHECKSIGVERIFY "}`.repeat(6), [ONE]), "OK");
  assert.equal(run("DUP 0x01 0x05 CHECKSIGVERIFY ".repeat(6), [ONE]), "TAPSCRIPT_VALIDATION_WEIGHT");
  assert.equal(run("NOP ".repeat(300) + "1"), "OK", "no limit of operations");
  assert.equal(run("1 ".repeat(1001)), "STACK_SIZE");
});

test("an OP_SUCCESS makes a tapscript succeed, whatever else it holds, up to where it can be read", () => {
  const script = (hex: string): Bytes => fromHex(hex);
  assert.equal(spendLeaf(script("00 50"), []), "OK");
  assert.equal(spendLeaf(script("6a fe"), [new Uint8Array(600)]), "OK");
  assert.equal(spendLeaf(script("01ff 50"), []), "OK");
  assert.equal(spendLeaf(script("03ff 50"), []), "BAD_OPCODE");
  assert.equal(spendLeaf(script("4c"), []), "BAD_OPCODE");
  assert.equal(spendLeaf(script("00 50"), [], STANDARD_VERIFY_FLAGS), "DISCOURAGE_OP_SUCCESS");
});

test("a script path must be committed to, by a control block of a right size", () => {
  const script = TRUE_SCRIPT;
  const output = taprootOutputKey(GENERATOR, tapLeafHash(script))!;
  const control = controlBlock(GENERATOR, output.parity, []);
  const run = (...witness: readonly Bytes[]): Verdict =>
    spend(NO_BYTES, payToTaproot(output.key), MANDATORY_VERIFY_FLAGS, witness);
  assert.equal(run(script, control), "OK");
  assert.equal(run(Uint8Array.of(0x52), control), "WITNESS_PROGRAM_MISMATCH");
  assert.equal(
    run(script, Uint8Array.of(control[0]! ^ 1, ...control.subarray(1))),
    "WITNESS_PROGRAM_MISMATCH",
  );
  assert.equal(run(script, control.subarray(1)), "TAPROOT_WRONG_CONTROL_SIZE");
  assert.equal(run(script, Uint8Array.of(...control, 0)), "TAPROOT_WRONG_CONTROL_SIZE");
  assert.equal(run(), "WITNESS_PROGRAM_WITNESS_EMPTY");
  assert.equal(run(SIGNATURE), "SCHNORR_SIG");
  assert.equal(run(script, control, Uint8Array.of(0x50, 1)), "OK", "an annex is allowed");
});

test("leaf versions of the future may be spent by anyone, but are not relayed", () => {
  assert.equal(spendLeaf(fromHex("6a"), [], MANDATORY_VERIFY_FLAGS, 0xc2), "OK");
  assert.equal(
    spendLeaf(fromHex("6a"), [], STANDARD_VERIFY_FLAGS, 0xc2),
    "DISCOURAGE_UPGRADABLE_TAPROOT_VERSION",
  );
});

test("any scripts at all are answered with a verdict", () => {
  const script = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(
      script,
      script,
      fc.array(script, { maxLength: 3 }),
      fc.nat(2 ** 21 - 1),
      (scriptSig, output, witness, bits) => {
        const flags = bits | flag.VERIFY_P2SH | flag.VERIFY_WITNESS;
        assert.equal(typeof spend(scriptSig, output, flags, witness), "string");
        assert.equal(
          typeof spend(buildScript(output), payToScriptHash(hash160(output)), flags, witness),
          "string",
        );
      },
    ),
    { numRuns: 300 },
  );
});
