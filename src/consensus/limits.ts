/**
 * Sizes and counts that consensus bounds (Bitcoin Core: consensus/consensus.h, chain.h).
 *
 * @module
 */

/** BIP141: base bytes four times, witness bytes once. */
export const BLOCK_WEIGHT_MAX = 4_000_000;

/** Signature operations of a block, by BIP141's cost. */
export const BLOCK_SIGOP_COST_MAX = 80_000;

/** Seconds that a block's time may lie ahead of our clock. */
export const FUTURE_BLOCK_SECONDS_MAX = 2 * 60 * 60;

/** BIP94: seconds that the first block of a period may lie before the last of the one before it. */
export const TIMEWARP_SECONDS_MAX = 600;

/** Bytes of a coinbase's scriptSig. */
export const COINBASE_SCRIPT_BYTES_MIN = 2;
export const COINBASE_SCRIPT_BYTES_MAX = 100;

/** A transaction of this size without witness can pass for an inner node of a merkle tree. */
export const MERKLE_NODE_BYTES = 64;

/** Blocks of which a median time past is the median (BIP113). */
export const MEDIAN_TIME_SPAN = 11;
