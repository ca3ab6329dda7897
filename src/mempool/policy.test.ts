import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../base/bytes.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Txid } from "../primitives/hash.ts";
import { type Input, type Output, Transaction } from "../primitives/transaction.ts";
import {
  ANCHOR_SCRIPT,
  multisigScript,
  nullDataScript,
  payToTaproot,
  payToWitnessScriptHash,
} from "../script/templates.ts";
import { checkStandardInputs } from "./input_policy.ts";
import { DEFAULT_RELAY_POLICY, type RelayPolicy } from "./relay_policy.ts";
import { checkDustIsUnpaid, checkSigopCost, checkStandard, dustThreshold, policyVsize } from "./policy.ts";

const P2PKH = fromHex(`76a914${"11".repeat(20)}88ac`);
const P2SH = fromHex(`a914${"11".repeat(20)}87`);
const P2WPKH = fromHex(`0014${"11".repeat(20)}`);
const P2WSH = payToWitnessScriptHash(new Uint8Array(32));
const P2TR = payToTaproot(new Uint8Array(32).fill(1));
const KEY = new Uint8Array(33).fill(2);

interface Parts {
  readonly version?: number;
  readonly scriptSig?: Uint8Array;
  readonly witness?: readonly Uint8Array[];
  readonly outputs?: readonly { readonly script: Uint8Array; readonly value?: number }[];
}

function made(
  { version = 2, scriptSig = new Uint8Array(0), witness = [], outputs = [{ script: P2WPKH }] }: Parts,
): Transaction {
  const input: Input = {
    prevout: { txid: new Uint8Array(32) as Txid, index: 0 },
    scriptSig,
    sequence: 0,
    witness,
  };
  const all = outputs.map(({ script, value = 10_000 }): Output => ({ script, value: value as Sats }));
  return Transaction.of({ version, inputs: [input], outputs: all, locktime: 0 });
}

function standard(parts: Parts): string | undefined {
  return checkStandard(made(parts))?.rule;
}

test("versions 1 to 3 are usual", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((version) => standard({ version })),
    ["version", undefined, undefined, undefined, "version"],
  );
});

test("a transaction over 400,000 weight is too large", () => {
  const witness = (bytes: number) => [new Uint8Array(bytes)];
  const room = 400_000 - made({ witness: witness(100_000) }).weight + 100_000;
  assert.equal(standard({ witness: witness(room) }), undefined);
  assert.equal(standard({ witness: witness(room + 1) }), "tx-size");
});

test("a scriptSig has 1,650 bytes at most, and only pushes", () => {
  assert.equal(standard({ scriptSig: new Uint8Array(1_650) }), undefined);
  assert.equal(standard({ scriptSig: new Uint8Array(1_651) }), "scriptsig-size");
  assert.equal(standard({ scriptSig: fromHex("61") }), "scriptsig-not-pushonly");
});

test("outputs are of a form that has a name; multisig has three keys at most", () => {
  const multisig = multisigScript(1, [KEY, KEY, KEY]);
  for (const script of [P2PKH, P2SH, P2WPKH, P2WSH, P2TR, ANCHOR_SCRIPT, multisig]) {
    assert.equal(standard({ outputs: [{ script }] }), undefined);
  }
  assert.equal(standard({ outputs: [{ script: fromHex("51") }] }), "scriptpubkey");
  assert.equal(standard({ outputs: [{ script: multisigScript(1, [KEY, KEY, KEY, KEY]) }] }), "scriptpubkey");
});

test("data outputs may be many, and take 100,000 bytes together", () => {
  const data = nullDataScript(new Uint8Array(40_000));
  const rest = 100_000 - 2 * data.length;
  const fits = [data, data, nullDataScript(new Uint8Array(rest - 4))];
  assert.equal(fits.reduce((sum, { length }) => sum + length, 0), 100_000);
  const light = (scripts: readonly Uint8Array[]) => {
    const transaction = made({ outputs: scripts.map((script) => ({ script, value: 0 })) });
    return checkStandard(Object.create(transaction, { weight: { value: 1 } }))?.rule;
  };
  assert.equal(light(fits), undefined);
  assert.equal(light([...fits, nullDataScript()]), "datacarrier");
});

test("dust is what costs more to spend than it is worth", () => {
  assert.deepEqual([P2PKH, P2SH, P2WPKH, P2WSH, P2TR].map((script) => dustThreshold(script)), [546, 540, 294, 330, 330]);
  assert.equal(dustThreshold(nullDataScript()), 0);
});

test("one dust output may pass, unpaid; two may not", () => {
  const dust = { script: P2WPKH, value: 293 };
  assert.equal(standard({ outputs: [dust] }), undefined);
  assert.equal(standard({ outputs: [dust, dust] }), "dust");
  assert.equal(checkDustIsUnpaid(made({ outputs: [dust] }), 0, 0), undefined);
  assert.deepEqual(
    checkDustIsUnpaid(made({ outputs: [dust] }), 1, 0),
    { rule: "dust", detail: "tx with dust output must be 0-fee" },
  );
  assert.equal(checkDustIsUnpaid(made({ outputs: [{ script: P2WPKH, value: 294 }] }), 1, 1), undefined);
});

test("an operator may move the limits: bare multisig, data, dust, and what a signature weighs", () => {
  const multisig = made({ outputs: [{ script: multisigScript(1, [KEY]) }] });
  const data = made({ outputs: [{ script: nullDataScript(), value: 0 }] });
  const poor = made({ outputs: [{ script: P2WPKH, value: 1 }, { script: P2WPKH, value: 1 }] });
  const rule = (transaction: Transaction, changes: Partial<RelayPolicy>): string | undefined => {
    return checkStandard(transaction, { ...DEFAULT_RELAY_POLICY, ...changes })?.rule;
  };
  assert.deepEqual([rule(multisig, {}), rule(multisig, { permitBareMultisig: false })],
    [undefined, "bare-multisig"]);
  assert.deepEqual([rule(data, { dataCarrierBytesMax: 1 }), rule(data, { dataCarrierBytesMax: 0 })],
    [undefined, "datacarrier"]);
  assert.deepEqual([rule(poor, {}), rule(poor, { dustFeeRate: 0 })], ["dust", undefined]);
  assert.equal(policyVsize(multisig, 1_001, 40), 10_010);
});

test("signature checks cost 16,000 at most, and each 20 weight units of size at least", () => {
  assert.equal(checkSigopCost(16_000), undefined);
  assert.deepEqual(checkSigopCost(16_001), { rule: "bad-txns-too-many-sigops", detail: "16001" });
  const transaction = made({});
  assert.equal(policyVsize(transaction, 0), transaction.vsize);
  assert.equal(policyVsize(transaction, 1_001), 5_005);
});

function inputs(spent: Uint8Array, parts: Parts): string | undefined {
  const found = checkStandardInputs(made(parts), [{ value: 1 as Sats, script: spent }]);
  return found === undefined ? undefined : found.detail === "" ? found.rule : found.detail;
}

/** A scriptSig that pushes `script`, which is less than 76 bytes long. */
function pushing(script: Uint8Array): Uint8Array {
  return Uint8Array.of(script.length, ...script);
}

test("what is spent is of a form that has a name and a meaning", () => {
  assert.equal(inputs(P2PKH, {}), undefined);
  assert.equal(inputs(fromHex("51"), {}), "input 0 script unknown");
  assert.equal(inputs(fromHex("52020102"), {}), "input 0 witness program is undefined");
  assert.equal(inputs(ANCHOR_SCRIPT, {}), undefined);
});

test("a redeem script is there, and checks 15 signatures at most", () => {
  assert.equal(inputs(P2SH, {}), "input 0 P2SH redeemscript missing");
  assert.equal(
    inputs(P2SH, { scriptSig: fromHex("50") }),
    "p2sh scriptsig malformed (input 0: Opcode missing or not understood)",
  );
  assert.equal(inputs(P2SH, { scriptSig: pushing(new Uint8Array(15).fill(0xac)) }), undefined);
  assert.equal(
    inputs(P2SH, { scriptSig: pushing(new Uint8Array(16).fill(0xac)) }),
    "p2sh redeemscript sigops exceed limit (input 0: 16 > 15)",
  );
});

test("2,500 signature checks outside witnesses are the most, where they are executed (BIP54)", () => {
  const spent: Output = { value: 1 as Sats, script: multisigScript(1, [KEY, KEY, KEY]) };
  const many = (count: number) => {
    const [input] = made({}).inputs as [Input];
    const prevout = (index: number) => ({ txid: new Uint8Array(32) as Txid, index });
    const list = Array.from({ length: count }, (_, index) => ({ ...input, prevout: prevout(index) }));
    return checkStandardInputs(Transaction.of({ ...made({}), inputs: list }), list.map(() => spent))?.detail;
  };
  assert.equal(many(833), undefined);
  assert.equal(many(834), "non-witness sigops exceed bip54 limit");
});

test("a witness belongs to an output that calls for one", () => {
  const witness = [Uint8Array.of(1)];
  assert.equal(inputs(P2WPKH, { witness }), undefined);
  assert.equal(inputs(P2PKH, { witness }), "bad-witness-nonstandard");
  assert.equal(inputs(ANCHOR_SCRIPT, { witness }), "bad-witness-nonstandard");
  assert.equal(inputs(P2SH, { witness, scriptSig: pushing(P2WPKH) }), undefined);
  assert.equal(inputs(P2SH, { witness, scriptSig: pushing(P2PKH) }), "bad-witness-nonstandard");
});

const WITNESS_SCRIPT_CASES = [
  [[...Array(100).fill(new Uint8Array(80)), new Uint8Array(3_600)], undefined],
  [[...Array(101).fill(new Uint8Array(1)), new Uint8Array(1)], "bad-witness-nonstandard"],
  [[new Uint8Array(81), new Uint8Array(1)], "bad-witness-nonstandard"],
  [[new Uint8Array(3_601)], "bad-witness-nonstandard"],
] as const;

test("a witness script has 3,600 bytes, with 100 items of 80 bytes, at most", () => {
  for (const [witness, expected] of WITNESS_SCRIPT_CASES) {
    assert.equal(inputs(P2WSH, { witness }), expected);
    assert.equal(inputs(P2SH, { witness, scriptSig: pushing(P2WSH) }), expected);
  }
});

test("a taproot witness has no annex, and short items before a tapscript", () => {
  const control = (first: number) => Uint8Array.of(first, ...new Uint8Array(32));
  const script = new Uint8Array(5_000);
  assert.equal(inputs(P2TR, { witness: [new Uint8Array(200)] }), undefined);
  assert.equal(inputs(P2TR, { witness: [new Uint8Array(80), script, control(0xc1)] }), undefined);
  assert.equal(
    inputs(P2TR, { witness: [new Uint8Array(81), script, control(0xc1)] }),
    "bad-witness-nonstandard",
  );
  assert.equal(inputs(P2TR, { witness: [new Uint8Array(81), script, control(0xc2)] }), undefined);
  assert.equal(
    inputs(P2TR, { witness: [new Uint8Array(64), Uint8Array.of(0x50)] }),
    "bad-witness-nonstandard",
  );
  assert.equal(inputs(P2TR, { witness: [script, new Uint8Array(0)] }), "bad-witness-nonstandard");
});
