import { fromHex } from "../../src/base/bytes.ts";
import { ByteReader } from "../../src/codec/byte_reader.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { type Output, Transaction, transactionCodec } from "../../src/primitives/transaction.ts";
import {
  MANDATORY_VERIFY_FLAGS, VERIFY_FLAG_NAMES, VERIFY_P2SH, VERIFY_WITNESS,
} from "../../src/script/flags.ts";
import { verifyInput } from "../../src/script/interpreter/verify_input.ts";
import { SighashContext } from "../../src/script/sighash.ts";
import { flagsOf } from "../support/spend_script.ts";
import { isObject, type Mismatch, type VectorFormat } from "./vector_format.ts";

interface Asset {
  readonly tx: string;
  readonly prevouts: readonly string[];
  readonly index: number;
  readonly flags: string;
  readonly comment?: string;
  /** Good under all consensus rules, not only those of `flags`. */
  readonly final?: boolean;
  readonly success?: AssetSpend;
  readonly failure?: AssetSpend;
}

interface AssetSpend {
  readonly scriptSig: string;
  readonly witness: readonly string[];
}

/** What Bitcoin Core's `feature_taproot.py --dumptests` writes: a list of objects. */
export const SCRIPT_ASSETS: VectorFormat = {
  name: "script assets",
  isFormatOf: ({ type, ...content }) => {
    const list = type === "json" && "value" in content ? content.value : undefined;
    if (!Array.isArray(list) || list.length === 0) return false;
    return 2 * list.filter((each) => isObject(each) && "tx" in each &&
      "prevouts" in each).length > list.length;
  },
  cases: (content, everyFlag) => {
    const assets = content.type === "json" ? (content.value as readonly (Asset | string)[]) : [];
    return assets.flatMap((asset, at) => {
      if (typeof asset === "string") return [];
      return [{ row: at + 1, check: () => checkAsset(asset, everyFlag) }];
    });
  },
};

function checkAsset(asset: Asset, everyFlag: boolean): Mismatch | undefined {
  const flags = flagsOf(asset.flags);
  const about = asset.comment === undefined ? "" : ` (${asset.comment})`;
  if (asset.success === undefined && asset.failure === undefined) {
    throw new RangeError("need success or failure");
  }
  const good = asset.success && spendOf(asset, asset.success);
  if (good !== undefined) {
    for (const each of setsForSuccess(flags, asset.final === true, everyFlag)) {
      const found = verifyInput(good, asset.index, each);
      if (found !== undefined) return { expected: `OK${about}`, found };
    }
  }
  const bad = asset.failure && spendOf(asset, asset.failure);
  if (bad !== undefined) {
    for (const each of everyFlag ? [flags, flags | MANDATORY_VERIFY_FLAGS] : [flags]) {
      if (verifyInput(bad, asset.index, each) === undefined) {
        return { expected: `an error${about}`, found: "OK" };
      }
    }
  }
  return undefined;
}

/** A good spend stays good when rules are left out. */
function setsForSuccess(flags: number, isFinal: boolean, everyFlag: boolean): ReadonlySet<number> {
  const sets = new Set([flags]);
  if (!everyFlag) return sets;
  const most = isFinal ? flags | MANDATORY_VERIFY_FLAGS : flags;
  sets.add(most);
  for (let bit = 0; bit < VERIFY_FLAG_NAMES.length; bit++) {
    const fewer = most & ~(1 << bit);
    if ((fewer & VERIFY_WITNESS) === 0 || (fewer & VERIFY_P2SH) !== 0) sets.add(fewer);
  }
  return sets;
}

function spendOf({ tx, prevouts, index }: Asset, { scriptSig, witness }: AssetSpend): SighashContext {
  const unsigned = decodeWith(transactionCodec, fromHex(tx));
  const inputs = unsigned.inputs.map((input, at) =>
    at === index ? { ...input, scriptSig: fromHex(scriptSig), witness: witness.map(fromHex) } : input);
  if (inputs[index] === undefined) throw new RangeError(`need an input, found index ${index}`);
  return new SighashContext(Transaction.of({ ...unsigned, inputs }), prevouts.map(readOutput));
}

function readOutput(hex: string): Output {
  const reader = new ByteReader(fromHex(hex));
  const value = reader.i64AsNumber() as Sats;
  const script = reader.varBytes("script");
  reader.end();
  return { value, script };
}
