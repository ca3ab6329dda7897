/**
 * Taproot outputs: a key that commits to a tree of scripts (BIP341).
 *
 * @module
 */
import { type Bytes, compareBytes, concatBytes, NO_BYTES } from "../base/bytes.ts";
import { ByteWriter, countSize } from "../codec/byte_writer.ts";
import { curve, taggedHash } from "../crypto/crypto.ts";
import type { TweakedKey } from "../crypto/secp256k1.ts";

/** Leaf version of tapscript (BIP342). */
export const TAPSCRIPT_LEAF_VERSION = 0xc0;
/** The lowest bit of a control block's first byte is the parity of the output key. */
export const LEAF_VERSION_MASK = 0xfe;
export const CONTROL_BASE_BYTES = 33;
export const CONTROL_NODE_BYTES = 32;
export const CONTROL_NODES_MAX = 128;

export function tapLeafHash(script: Bytes, leafVersion: number = TAPSCRIPT_LEAF_VERSION): Bytes {
  const writer = new ByteWriter(1 + countSize(script.length) + script.length);
  return taggedHash("TapLeaf", writer.u8(leafVersion).varBytes(script).finish());
}

/** The order of the two does not matter. */
export function tapBranchHash(a: Bytes, b: Bytes): Bytes {
  return compareBytes(a, b) <= 0 ? taggedHash("TapBranch", a, b) : taggedHash("TapBranch", b, a);
}

/** Without `merkleRoot` the key commits to there being no scripts. */
export function tapTweakHash(internalKey: Bytes, merkleRoot?: Bytes): Bytes {
  return taggedHash("TapTweak", internalKey, merkleRoot ?? NO_BYTES);
}

/** The output key; `undefined` when `internalKey` is not on the curve. */
export function taprootOutputKey(internalKey: Bytes, merkleRoot?: Bytes): TweakedKey | undefined {
  return curve().tweakXOnlyKey(internalKey, tapTweakHash(internalKey, merkleRoot));
}

/** The root of the tree that `control`, of a valid length, says `leafHash` is in. */
export function tapMerkleRoot(control: Bytes, leafHash: Bytes): Bytes {
  let node = leafHash;
  for (let at = CONTROL_BASE_BYTES; at < control.length; at += CONTROL_NODE_BYTES) {
    node = tapBranchHash(node, control.subarray(at, at + CONTROL_NODE_BYTES));
  }
  return node;
}

/** Proves that a script belongs to an output: leaf version and parity, internal key, path to the root. */
export function controlBlock(
  internalKey: Bytes, parity: 0 | 1, path: readonly Bytes[], leafVersion: number = TAPSCRIPT_LEAF_VERSION,
): Bytes {
  return concatBytes(Uint8Array.of(leafVersion | parity), internalKey, ...path);
}
