import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sharedPath, skipWithoutShared } from "../../../test/support/paths.ts";
import { scriptFromText } from "../../../test/support/script_text.ts";
import { flagsOf, spend, type Verdict, verify } from "../../../test/support/spend_script.ts";
import { type Bytes, fromHex } from "../../base/bytes.ts";
import { ByteReader } from "../../codec/byte_reader.ts";
import { decodeWith } from "../../codec/codec.ts";
import { curve } from "../../crypto/crypto.ts";
import type { Sats } from "../../primitives/amount.ts";
import { displayHash } from "../../primitives/hash.ts";
import { Transaction, transactionCodec } from "../../primitives/transaction.ts";
import * as flag from "../flags.ts";
import { controlBlock, tapLeafHash, taprootOutputKey } from "../taproot.ts";
import { payToTaproot } from "../templates.ts";

const GENERATOR = curve()
  .publicKey(fromHex("00".repeat(31) + "01"))
  .subarray(1);

type ScriptRow = readonly [witness: readonly (string | number)[] | string, ...rest: string[]];

test("Bitcoin Core's 1,222 script tests end as they say", { skip: skipWithoutShared }, () => {
  const rows = readVectors("script_tests.json") as ScriptRow[];
  const cases = rows.filter((row) => row.length > 1);
  assert.equal(cases.length, 1222);
  const wrong = cases.filter((row) => !endsAsSaid(row));
  assert.deepEqual(
    wrong.map((row) => JSON.stringify(row)),
    [],
  );
});

function endsAsSaid(row: ScriptRow): boolean {
  const hasWitness = typeof row[0] !== "string";
  const [sigText, scriptText, names, expected] = (hasWitness ? row.slice(1) : row) as string[];
  let flags = flagsOf(names!);
  if (flags & flag.VERIFY_CLEANSTACK) flags |= flag.VERIFY_P2SH | flag.VERIFY_WITNESS;
  const items = hasWitness ? (row[0] as (string | number)[]) : [0];
  const value = Math.round((items.at(-1) as number) * 1e8) as Sats;
  const { witness, outputKey } = readWitness(items.slice(0, -1) as string[]);
  const script = scriptText!.includes("#TAPROOTOUTPUT#")
    ? payToTaproot(outputKey!)
    : scriptFromText(scriptText!);
  // The one error that the vectors call by another name.
  const said = expected === "NULLFAIL" ? "SIG_NULLFAIL" : expected;
  return spend(scriptFromText(sigText!), script, flags, witness, value) === said;
}

function readWitness(texts: readonly string[]): { witness: Bytes[]; outputKey: Bytes | undefined } {
  const witness: Bytes[] = [];
  let outputKey: Bytes | undefined;
  for (const text of texts) {
    if (text.startsWith("#SCRIPT#")) witness.push(scriptFromText(text.slice("#SCRIPT#".length)));
    else if (text === "#CONTROLBLOCK#") {
      const output = taprootOutputKey(GENERATOR, tapLeafHash(witness.at(-1)!))!;
      outputKey = output.key;
      witness.push(controlBlock(GENERATOR, output.parity, []));
    } else witness.push(fromHex(text));
  }
  return { witness, outputKey };
}

type TransactionRow = readonly [
  spent: readonly (readonly [string, number, string, number?])[],
  hex: string,
  flags: string,
];

test(
  "Bitcoin Core's valid transactions pass, and with a flag off still do",
  { skip: skipWithoutShared },
  () => {
    const rows = (readVectors("tx_valid.json") as TransactionRow[]).filter(({ length }) => length === 3);
    assert.ok(rows.length > 100);
    for (const [at, row] of rows.entries()) {
      const excluded = flagsOf(row[2]);
      const all = 2 ** flag.VERIFY_FLAG_NAMES.length - 1;
      assert.equal(firstError(row, trimmed(all & ~excluded)), "OK", JSON.stringify(row));
      // One other flag a row keeps the test quick; all are tried by some row.
      const bit = at % flag.VERIFY_FLAG_NAMES.length;
      assert.equal(
        firstError(row, trimmed(all & ~excluded & ~(1 << bit))),
        "OK",
        `${bit} ${JSON.stringify(row)}`,
      );
    }
  },
);

test("Bitcoin Core's invalid transactions fail", { skip: skipWithoutShared }, () => {
  const rows = (readVectors("tx_invalid.json") as TransactionRow[]).filter(({ length }) => length === 3);
  let checked = 0;
  for (const row of rows) {
    // Not for their scripts.
    if (row[2] === "BADTX") continue;
    checked++;
    assert.notEqual(firstError(row, flagsOf(row[2])), "OK", JSON.stringify(row));
  }
  assert.ok(checked > 60, `${checked} rows`);
});

/** Without flags that need others which are off. */
function trimmed(flags: number): number {
  let rest = flags;
  if (!(rest & flag.VERIFY_P2SH)) rest &= ~flag.VERIFY_WITNESS;
  if (!(rest & flag.VERIFY_WITNESS)) rest &= ~flag.VERIFY_CLEANSTACK;
  return rest;
}

function firstError([outputs, hex]: TransactionRow, flags: number): Verdict {
  const transaction = decodeWith(transactionCodec, fromHex(hex));
  const spent = transaction.inputs.map(({ prevout }) => {
    const index = prevout.index | 0;
    const found = outputs.find(([hash, at]) => hash === displayHash(prevout.txid) && (at | 0) === index)!;
    return { script: scriptFromText(found[2]), value: (found[3] ?? 0) as Sats };
  });
  const verdicts = spent.map((_, index) => verify(transaction, spent, index, flags));
  return verdicts.find((verdict) => verdict !== "OK") ?? "OK";
}

interface Asset {
  readonly tx: string;
  readonly prevouts: readonly string[];
  readonly index: number;
  readonly flags: string;
  readonly comment: string;
  readonly final?: boolean;
  readonly success?: AssetSpend;
  readonly failure?: AssetSpend;
}

interface AssetSpend {
  readonly scriptSig: string;
  readonly witness: readonly string[];
}

test(
  "the taproot spends that Bitcoin Core made pass and fail as it says",
  { skip: skipWithoutShared },
  () => {
    const assets = readVectors("script_assets_sample.json") as Asset[];
    assert.equal(assets.length, 547);
    for (const asset of assets) {
      if (asset.success) assert.equal(verifyAsset(asset, asset.success), "OK", asset.comment);
      if (asset.failure) assert.notEqual(verifyAsset(asset, asset.failure), "OK", asset.comment);
    }
  },
);

function verifyAsset({ tx, prevouts, index, flags }: Asset, { scriptSig, witness }: AssetSpend): Verdict {
  const unsigned = decodeWith(transactionCodec, fromHex(tx));
  const spent = prevouts.map((hex) => {
    const reader = new ByteReader(fromHex(hex));
    return { value: reader.i64AsNumber() as Sats, script: reader.varBytes("script") };
  });
  const inputs = unsigned.inputs.map((input, i) =>
    i === index ? { ...input, scriptSig: fromHex(scriptSig), witness: witness.map(fromHex) } : input,
  );
  return verify(Transaction.of({ ...unsigned, inputs }), spent, index, flagsOf(flags));
}

function readVectors(name: string): unknown[] {
  return JSON.parse(readFileSync(sharedPath("vectors/core", name), "utf8")) as unknown[];
}
