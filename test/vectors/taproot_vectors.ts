import { type Bytes, fromHex, toHex } from "../../src/base/bytes.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import { curve } from "../../src/crypto/crypto.ts";
import { MAIN } from "../../src/params/main.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { transactionCodec } from "../../src/primitives/transaction.ts";
import { addressOf } from "../../src/script/addresses.ts";
import { SighashContext } from "../../src/script/sighash.ts";
import {
  controlBlock, tapBranchHash, tapLeafHash, taprootOutputKey, tapTweakHash,
} from "../../src/script/taproot.ts";
import { taprootSighash } from "../../src/script/taproot_sighash.ts";
import { payToTaproot } from "../../src/script/templates.ts";
import { compared, isObject, type Mismatch, type VectorCase, type VectorFormat } from "./vector_format.ts";

/** BIP341's wallet vectors: output keys and control blocks, and hashes and signatures of the key path. */
export const TAPROOT_WALLET: VectorFormat = {
  name: "taproot outputs and key path spends",
  isFormatOf: (content) => content.type === "json" && isObject(content.value) &&
    Array.isArray(content.value["scriptPubKey"]) && Array.isArray(content.value["keyPathSpending"]),
  cases: (content) => {
    const { scriptPubKey, keyPathSpending } = (content as { readonly value: WalletFile }).value;
    const outputs = scriptPubKey.map((vector) => () => checkOutput(vector));
    const spends = keyPathSpending.flatMap((vector) =>
      vector.inputSpending.map((spending) => () => checkSpending(vector, spending)));
    // The outputs first, then each input that is signed.
    return [...outputs, ...spends].map((check, at): VectorCase => ({ row: at + 1, check }));
  },
};

interface WalletFile {
  readonly scriptPubKey: readonly OutputVector[];
  readonly keyPathSpending: readonly SpendVector[];
}

type Tree = { readonly script: string; readonly leafVersion: number } | readonly Tree[];

interface OutputVector {
  readonly given: { readonly internalPubkey: string; readonly scriptTree: Tree | null };
  readonly intermediary?: { readonly merkleRoot: string | null; readonly tweak: string; readonly tweakedPubkey: string };
  readonly expected: {
    readonly scriptPubKey: string;
    readonly bip350Address?: string;
    readonly scriptPathControlBlocks?: readonly string[];
  };
}

interface SpendVector {
  readonly given: {
    readonly rawUnsignedTx: string;
    readonly utxosSpent: readonly { readonly scriptPubKey: string; readonly amountSats: number }[];
  };
  readonly inputSpending: readonly Spending[];
}

interface Spending {
  readonly given: {
    readonly txinIndex: number;
    readonly internalPrivkey: string;
    readonly merkleRoot: string | null;
    readonly hashType: number;
  };
  readonly intermediary: { readonly tweakedPrivkey: string; readonly sigHash: string };
  readonly expected: { readonly witness: readonly [string] };
}

function checkOutput({ given, intermediary, expected }: OutputVector): Mismatch | undefined {
  const tree = given.scriptTree === null ? undefined : treeOf(given.scriptTree);
  const key = fromHex(given.internalPubkey);
  const output = taprootOutputKey(key, tree?.root);
  if (output === undefined) return { expected: "an output key", found: "none" };
  const script = payToTaproot(output.key);
  const blocks = tree?.leaves.map(({ path, version }) =>
    toHex(controlBlock(key, output.parity, path, version))) ?? [];
  return compared(expected.scriptPubKey, toHex(script)) ??
    compared(expected.bip350Address ?? addressOf(script, MAIN.addresses) ?? "",
      addressOf(script, MAIN.addresses) ?? "") ??
    compared((expected.scriptPathControlBlocks ?? blocks).join(), blocks.join()) ??
    (intermediary && compared(intermediary.merkleRoot ?? "", tree === undefined ? "" : toHex(tree.root)));
}

/** A tree's root, and for each leaf, in the order of the file, the hashes beside its way up. */
interface TreeHashes {
  readonly root: Bytes;
  readonly leaves: readonly { readonly version: number; readonly path: readonly Bytes[] }[];
}

function treeOf(tree: Tree): TreeHashes {
  if ("script" in tree) {
    return { root: tapLeafHash(fromHex(tree.script), tree.leafVersion),
      leaves: [{ version: tree.leafVersion, path: [] }] };
  }
  const [left, right] = (tree as readonly Tree[]).map(treeOf) as [TreeHashes, TreeHashes];
  const below = ({ leaves }: TreeHashes, beside: Bytes): TreeHashes["leaves"] =>
    leaves.map(({ version, path }) => ({ version, path: [...path, beside] }));
  return {
    root: tapBranchHash(left.root, right.root),
    leaves: [...below(left, right.root), ...below(right, left.root)],
  };
}

function checkSpending(
  vector: SpendVector, { given, intermediary, expected }: Spending,
): Mismatch | undefined {
  const spent = vector.given.utxosSpent.map(({ scriptPubKey, amountSats }) =>
    ({ script: fromHex(scriptPubKey), value: amountSats as Sats }));
  const context =
    new SighashContext(decodeWith(transactionCodec, fromHex(vector.given.rawUnsignedTx)), spent);
  const hash = taprootSighash(context, given.txinIndex, given.hashType);
  if (hash === undefined) return { expected: intermediary.sigHash, found: "no hash" };
  const secret = fromHex(given.internalPrivkey);
  const root = given.merkleRoot === null ? undefined : fromHex(given.merkleRoot);
  const tweak = tapTweakHash(curve().publicKey(secret).subarray(1), root);
  const tweaked = curve().tweakSecretKey(secret, tweak);
  if (tweaked === undefined) return { expected: intermediary.tweakedPrivkey, found: "no key" };
  const [expectedSignature] = expected.witness;
  const signature = toHex(curve().signSchnorr(hash, tweaked, new Uint8Array(32)));
  return compared(intermediary.sigHash, toHex(hash)) ??
    compared(intermediary.tweakedPrivkey, toHex(tweaked)) ??
    // A hash type other than the default stands behind the signature.
    compared(expectedSignature, given.hashType === 0 ? signature : signature + hexByte(given.hashType));
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}
