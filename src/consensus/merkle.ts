/**
 * Merkle trees over a block's transactions, and what can be changed in a block without changing
 * its header's hash.
 *
 * A level with an odd number of nodes repeats its last. So a block that lists some transactions
 * twice can have the root of one that does not (CVE-2012-2459): such a root says `mutated`, and the
 * header may not be blamed.
 *
 * @module
 */
import { type Bytes, concatBytes, equalBytes } from "../base/bytes.ts";
import { hash256, hash256Each } from "../crypto/crypto.ts";
import type { Block } from "../primitives/block.ts";
import { HASH_BYTES, ZERO_HASH } from "../primitives/hash.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { type RuleViolation, violation } from "./rule_violation.ts";

/** OP_RETURN, a push of 36 bytes, and BIP141's four. */
const COMMITMENT_HEAD = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed] as const;
const COMMITMENT_BYTES = COMMITMENT_HEAD.length + HASH_BYTES;

/** The root over `hashes`, 32-byte records joined; zeros for none. `mutated`: two neighbours are equal. */
export function merkleRoot(hashes: Bytes): { root: Bytes; mutated: boolean } {
  if (hashes.length === 0) return { root: ZERO_HASH, mutated: false };
  let level = hashes;
  let mutated = false;
  while (level.length > HASH_BYTES) {
    mutated ||= hasEqualPair(level);
    level = hash256Each(paired(level), 2 * HASH_BYTES);
  }
  return { root: level, mutated };
}

function hasEqualPair(level: Bytes): boolean {
  for (let at = 0; at + 2 * HASH_BYTES <= level.length; at += 2 * HASH_BYTES) {
    const middle = at + HASH_BYTES;
    if (equalBytes(level.subarray(at, middle), level.subarray(middle, middle + HASH_BYTES))) return true;
  }
  return false;
}

function paired(level: Bytes): Bytes {
  return level.length % (2 * HASH_BYTES) === 0 ? level : concatBytes(level, level.subarray(-HASH_BYTES));
}

export function blockMerkleRoot({ txids }: Block): { root: Bytes; mutated: boolean } {
  return merkleRoot(txids);
}

/** The root over the ids of `transactions`. */
export function transactionsMerkleRoot(transactions: readonly Transaction[]): Bytes {
  return merkleRoot(concatBytes(...transactions.map(({ txid }) => txid))).root;
}

/** BIP141: over the ids with witness, the coinbase's being zero. */
export function witnessMerkleRoot({ wtxids }: Block): Bytes {
  const hashes = wtxids.slice();
  hashes.fill(0, 0, HASH_BYTES);
  return merkleRoot(hashes).root;
}

/** What the coinbase commits to: `root` of the witness tree with the 32 `reserved` bytes of its witness. */
export function witnessCommitment(root: Bytes, reserved: Bytes): Bytes {
  return hash256(concatBytes(root, reserved));
}

/** The output script that carries `commitment`. */
export function commitmentScript(commitment: Bytes): Bytes {
  return concatBytes(Uint8Array.from(COMMITMENT_HEAD), commitment);
}

/** Which output of the block's coinbase carries the commitment: the last of that form; -1 for none. */
export function commitmentIndex({ coinbase }: Block): number {
  return coinbase?.outputs.findLastIndex(({ script }) => isCommitment(script)) ?? -1;
}

function findCommitment(block: Block): Bytes | undefined {
  const output = block.coinbase?.outputs[commitmentIndex(block)];
  return output?.script.subarray(COMMITMENT_HEAD.length, COMMITMENT_BYTES);
}

function isCommitment(script: Bytes): boolean {
  return script.length >= COMMITMENT_BYTES && COMMITMENT_HEAD.every((byte, at) => script[at] === byte);
}

/** Whether the header commits to these transactions. A violation means that they were changed on the way. */
export function checkMerkleRoot(block: Block): RuleViolation | undefined {
  const { root, mutated } = blockMerkleRoot(block);
  const isMatch = equalBytes(root, block.header.merkleRoot);
  if (!isMatch) return violation("bad-txnmrklroot", "hashMerkleRoot mismatch");
  return mutated ? violation("bad-txns-duplicate", "duplicate transaction") : undefined;
}

/**
 * Whether the coinbase commits to these witnesses; without a commitment, or before segwit
 * (`isCommitmentExpected` false), there may be none. Any violation means that they were changed on the way.
 */
export function checkWitnessCommitment(
  block: Block,
  isCommitmentExpected: boolean,
): RuleViolation | undefined {
  const commitment = isCommitmentExpected ? findCommitment(block) : undefined;
  if (commitment === undefined) {
    const isClean = block.layout.witnessStarts.every((start) => start === 0);
    return isClean ? undefined : changedWitness("unexpected-witness", "unexpected witness data found");
  }
  const witness = block.coinbase?.inputs[0]?.witness;
  const reserved = witness?.at(0);
  if (witness?.length !== 1 || reserved?.length !== HASH_BYTES) {
    return changedWitness("bad-witness-nonce-size", "invalid witness reserved value size");
  }
  const isMatch = equalBytes(witnessCommitment(witnessMerkleRoot(block), reserved), commitment);
  return isMatch ? undefined : changedWitness("bad-witness-merkle-match",
    "witness merkle commitment mismatch");
}

/** In Bitcoin Core's words, which begin with the name of its function. */
function changedWitness(rule: string, what: string): RuleViolation {
  return violation(rule, `CheckWitnessMalleation : ${what}`);
}
