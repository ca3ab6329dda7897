/**
 * A block of our own, complete but for its nonce.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { blockVersion } from "../consensus/deployments.ts";
import type { HeaderContext } from "../consensus/header_context.ts";
import { TIMEWARP_SECONDS_MAX } from "../consensus/limits.ts";
import { blockMerkleRoot, witnessCommitment, witnessMerkleRoot } from "../consensus/merkle.ts";
import { requiredBits, retargetInterval } from "../consensus/next_work.ts";
import { blockSubsidy } from "../consensus/subsidy.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Sats } from "../primitives/amount.ts";
import { Block } from "../primitives/block.ts";
import { type BlockHash, ZERO_HASH } from "../primitives/hash.ts";
import { BlockHeader } from "../primitives/header.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { makeCoinbase } from "./coinbase.ts";

/** Where a block is to stand, and whom it pays. */
export interface BlockRequest {
  readonly params: ChainParams;
  /** The block that it builds on. */
  readonly previous: HeaderContext;
  readonly previousHash: BlockHash;
  /** Output script that subsidy and fees go to. */
  readonly script: Bytes;
  /** The node's clock, in Unix seconds. */
  readonly time: number;
  /** Instead of the version that deployments ask for (`-blockversion`). */
  readonly version?: number | undefined;
}

/** A block of exactly `transactions`, in this order, after a coinbase that collects `fees`; not solved. */
export function buildBlock(request: BlockRequest, transactions: readonly Transaction[], fees: Sats): Block {
  const { params, previous, script } = request;
  const height = previous.height + 1;
  const time = blockTime(request);
  const bits = requiredBits(previous, time, params);
  const version = request.version ?? blockVersion(previous, params);
  const coinbase = {
    height,
    reward: (blockSubsidy(height, params) + fees) as Sats,
    script,
    hasWitness: height >= params.deployments.segwitHeight,
  };
  const assembled = (commitment: Bytes | undefined, merkleRoot: Bytes): Block => {
    const fields = { version, previous: request.previousHash, merkleRoot, time, bits, nonce: 0 };
    return Block.of(BlockHeader.of(fields), [makeCoinbase({ ...coinbase, commitment }), ...transactions]);
  };
  const commitment = witnessCommitment(witnessMerkleRoot(assembled(undefined, ZERO_HASH)), ZERO_HASH);
  return assembled(commitment, blockMerkleRoot(assembled(commitment, ZERO_HASH)).root);
}

/** The clock's time, but not before the chain allows (Bitcoin Core: node/miner.cpp, GetMinimumTime). */
function blockTime({ previous, params, time }: BlockRequest): number {
  return Math.max(Math.floor(time), minimumTime(previous, params));
}

/** The earliest time that a block of ours may have on top of `previous`. */
export function minimumTime(previous: HeaderContext, params: ChainParams): number {
  const isRetarget = (previous.height + 1) % retargetInterval(params.work) === 0;
  // BIP94's rule is kept on all networks, in case it comes to hold on them.
  const least = isRetarget ? previous.time - TIMEWARP_SECONDS_MAX : 0;
  return Math.max(previous.medianTimePast + 1, least);
}
