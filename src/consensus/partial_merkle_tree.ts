/**
 * Proofs that some transactions are in a block (BIP37): the part of its merkle tree that leads to
 * them, depth first. A node with a match below it is opened; any other gives its hash alone.
 *
 * @module
 */
import { type Bytes, concatBytes, equalBytes } from "../base/bytes.ts";
import { hash256 } from "../crypto/crypto.ts";
import type { Txid } from "../primitives/hash.ts";
import { merkleRoot } from "./merkle.ts";

/** No block has more transactions: none weighs less than 60 bytes do. */
const LEAVES_MAX = Math.floor(4_000_000 / (60 * 4));

export interface PartialMerkleTree {
  /** Of the whole block. */
  readonly transactionCount: number;
  readonly hashes: readonly Bytes[];
  /** One bit a node, lowest first: whether a match is below it. */
  readonly flags: Bytes;
}

/** What a proof comes to. */
export interface ProvenMatches {
  readonly root: Bytes;
  readonly txids: readonly Txid[];
}

/** The proof for those of `txids`, all of a block in order, that `isMatch` picks. */
export function buildPartialMerkleTree(
  txids: readonly Txid[], isMatch: (txid: Txid) => boolean,
): PartialMerkleTree {
  const bits: boolean[] = [];
  const hashes: Bytes[] = [];
  const matches = txids.map(isMatch);
  const visit = (height: number, at: number): void => {
    const first = at << height;
    const end = Math.min((at + 1) << height, txids.length);
    const hasMatch = matches.slice(first, end).includes(true);
    bits.push(hasMatch);
    if (height === 0 || !hasMatch) {
      hashes.push(subtreeRoot(txids.slice(first, end), height));
      return;
    }
    visit(height - 1, 2 * at);
    if (2 * at + 1 < width(txids.length, height - 1)) visit(height - 1, 2 * at + 1);
  };
  visit(treeHeight(txids.length), 0);
  return { transactionCount: txids.length, hashes, flags: packBits(bits) };
}

/** The hash of a node at `height` over `leaves`, which may be fewer than it could have. */
function subtreeRoot(leaves: readonly Bytes[], height: number): Bytes {
  let hash = merkleRoot(concatBytes(...leaves)).root;
  // Where the tree is not full, a level of one node is paired with itself.
  for (let level = treeHeight(leaves.length); level < height; level++) {
    hash = hash256(concatBytes(hash, hash));
  }
  return hash;
}

/**
 * What `tree` proves; `undefined` when it is no tree, or one with room for a lie: hashes or bits left
 * over, or two equal neighbours (CVE-2012-2459).
 */
export function provenMatches(
  { transactionCount, hashes, flags }: PartialMerkleTree,
): ProvenMatches | undefined {
  const bitCount = 8 * flags.length;
  if (transactionCount === 0 || transactionCount > LEAVES_MAX) return undefined;
  if (hashes.length > transactionCount || bitCount < hashes.length) return undefined;
  const txids: Txid[] = [];
  let nextBit = 0;
  let nextHash = 0;
  const visit = (height: number, at: number): Bytes | undefined => {
    if (nextBit >= bitCount) return undefined;
    const hasMatch = ((flags[nextBit >> 3] as number) >> (nextBit & 7)) % 2 === 1;
    nextBit++;
    if (height === 0 || !hasMatch) {
      const hash = hashes[nextHash++];
      if (hash !== undefined && hasMatch) txids.push(hash as Txid);
      return hash;
    }
    const left = visit(height - 1, 2 * at);
    if (left === undefined) return undefined;
    if (2 * at + 1 >= width(transactionCount, height - 1)) return hash256(concatBytes(left, left));
    const right = visit(height - 1, 2 * at + 1);
    if (right === undefined || equalBytes(left, right)) return undefined;
    return hash256(concatBytes(left, right));
  };
  const root = visit(treeHeight(transactionCount), 0);
  const isUsedUp = nextHash === hashes.length && Math.ceil(nextBit / 8) === flags.length;
  return root === undefined || !isUsedUp ? undefined : { root, txids };
}

/** Nodes of a level, the leaves being level 0. */
function width(leaves: number, height: number): number {
  return Math.ceil(leaves / 2 ** height);
}

function treeHeight(leaves: number): number {
  let height = 0;
  while (width(leaves, height) > 1) height++;
  return height;
}

function packBits(bits: readonly boolean[]): Bytes {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, at) => {
    if (bit) bytes[at >> 3] = (bytes[at >> 3] as number) | (1 << (at & 7));
  });
  return bytes;
}
