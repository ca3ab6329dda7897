import type { HostSubnet } from "../addrbook/host_subnet.ts";
import type { Bytes } from "../base/bytes.ts";
import type { FilePosition } from "../chain/block_table.ts";
import type { IndexKind } from "../chain/indexes/index_kinds.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { Admission } from "../mempool/mempool.ts";
import type { ConnectionType, PeerId } from "../peer/peer.ts";
import type { Block } from "../primitives/block.ts";
import type { BlockHeader } from "../primitives/header.ts";
import type { BlockHash, Txid } from "../primitives/hash.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import type { Transaction } from "../primitives/transaction.ts";

/**
 * What changes something: asked by RPC, library or devnet, and answered once, in this turn or a later one.
 */
export type Command =
  /** → `txid`. `maxFeeRate` in satoshi per 1,000 vbytes; zero for no limit. */
  | { readonly type: "submit-transaction"; readonly transaction: Transaction; readonly maxFeeRate: number }
  /** Those with this txid or wtxid, in display order, are no longer sent in private. → `transactions` */
  | { readonly type: "abort-private-broadcast"; readonly id: string }
  /** What would come of submitting it: nothing changes. → `admission` */
  | { readonly type: "test-transaction"; readonly transaction: Transaction }
  /** Judges a transaction, here or yet to come, as if it paid `change` satoshi more. → `done` */
  | { readonly type: "prioritise"; readonly txid: Txid; readonly change: number }
  /** → `block-verdict`, once the block is connected, stored on a side chain, or refused. */
  | {
    readonly type: "submit-block";
    readonly block: Block;
    /** Where its bytes stand in a block file of ours: they are not written again. */
    readonly position?: FilePosition;
  }
  /** No more blocks come from files (`-reindex`, `-loadblock`): peers are asked from now on. → `done` */
  | { readonly type: "blocks-loaded" }
  /** Asks one peer for a block of which the header is known. → `done`, once it is asked */
  | { readonly type: "fetch-block"; readonly hash: BlockHash; readonly peer: PeerId }
  /** Whether the block, solved or not, could follow the tip: nothing changes. → `block-test` */
  | { readonly type: "test-block"; readonly block: Block }
  /** Checks the last blocks anew (chain/check_chain.ts): `depth` of them, zero for all. → `chain-check` */
  | { readonly type: "check-chain"; readonly level: number; readonly depth: number }
  /** → `header-verdict` */
  | { readonly type: "submit-header"; readonly header: BlockHeader }
  /** Mines blocks paying to `script`. → `hashes`, when all are connected. */
  | { readonly type: "generate"; readonly count: number; readonly script: Bytes; readonly maxTries: number }
  /**
   * Mines one block of exactly these transactions (a txid takes it from the mempool).
   * → `block`; connected as well when `submit`.
   */
  | {
    readonly type: "generate-block";
    readonly script: Bytes;
    readonly transactions: readonly (Transaction | Txid)[];
    readonly submit: boolean;
  }
  /** Keeps a connection to the address up, or no longer does; or tries once. → `done` */
  | {
    readonly type: "add-node";
    readonly address: NetworkAddress;
    readonly mode: "add" | "remove" | "onetry";
    /** As the operator wrote it, for lists of such nodes. */
    readonly text?: string;
    /** Whether to try the encrypted transport; left out: as the node's option has it. */
    readonly wantsV2?: boolean | undefined;
  }
  /** Opens one connection of this type. → `done` once the socket is open. */
  | {
    readonly type: "add-connection";
    readonly address: NetworkAddress;
    readonly connection: ConnectionType;
    readonly wantsV2?: boolean;
  }
  /** Switches the network on or off; off, everybody is disconnected. → `done` */
  | { readonly type: "set-network-active"; readonly isActive: boolean }
  /** → `done` */
  | { readonly type: "disconnect"; readonly peer: PeerId | NetworkAddress }
  /** → `done` */
  | {
    readonly type: "send-message";
    readonly peer: PeerId;
    readonly messageType: string;
    readonly payload: Bytes;
  }
  /** Pings every peer. → `done` */
  | { readonly type: "ping" }
  /** Unix seconds; zero gives the real clock back. → `done` */
  | { readonly type: "set-mock-time"; readonly time: number }
  /** Puts addresses into the book as if a peer at `source` had told them. → `count` of new ones. */
  | {
    readonly type: "add-addresses";
    readonly addresses: readonly NetworkAddress[];
    readonly source: NetworkAddress;
  }
  /** Puts an address into the book as if a node there had told of itself, or answered. → `address-added` */
  | { readonly type: "add-peer-address"; readonly address: NetworkAddress; readonly isTried: boolean }
  /** No dealings with these until a time, in Unix seconds: who is connected has to go. → `done` */
  | { readonly type: "ban"; readonly subnet: HostSubnet; readonly until: number }
  | { readonly type: "unban"; readonly subnet: HostSubnet }
  | { readonly type: "clear-bans" }
  /**
   * Never to follow a chain with this block, whatever the rules say; or to forget that.
   * → `done`, on the best chain left
   */
  | { readonly type: "invalidate-block"; readonly hash: BlockHash }
  | { readonly type: "reconsider-block"; readonly hash: BlockHash }
  /** To take it for the first seen among those with as much work. → `done`, on the best chain */
  | { readonly type: "precious-block"; readonly hash: BlockHash }
  /**
   * Removes blocks up to this height, in whole files, but never the last 288.
   * → `count` of heights, from zero on, whose blocks are gone
   */
  | { readonly type: "prune"; readonly height: number }
  /**
   * Waits until the index has all that the chain has, unless it is being built, or has stopped.
   * → `index-state`
   */
  | { readonly type: "await-index"; readonly index: IndexKind }
  /**
   * Coins as of this block, from a snapshot, are in their database whole, and are what the network
   * expects: they become the active ones. → `done`
   */
  | { readonly type: "activate-snapshot"; readonly base: BlockHash }
  /** Writes what is only in memory. → `done` when a scan of the stores would find it */
  | { readonly type: "flush" }
  /** Answered when all that came before it has taken effect, and is on disk. → `done` */
  | { readonly type: "settle" }
  /** Stops accepting, writes everything. → `done` when the driver may close. */
  | { readonly type: "shut-down" };

/** Those of these types. */
export type CommandOf<T extends Command["type"]> = Extract<Command, { readonly type: T }>;

/** Why a command was not carried out. `code` is stable; each face words it for its users. */
export type CommandFault =
  | { readonly code: "transaction-rejected"; readonly violation: RuleViolation }
  | { readonly code: "missing-inputs" }
  | { readonly code: "already-in-chain" }
  /** Neither Tor nor I2P can be reached. */
  | { readonly code: "private-broadcast-impossible" }
  | { readonly code: "private-broadcast-full" }
  | { readonly code: "fee-too-high"; readonly feeRate: number; readonly max: number }
  | { readonly code: "transaction-not-found"; readonly txid: Txid }
  | { readonly code: "block-invalid"; readonly violation: RuleViolation }
  | { readonly code: "block-not-found" }
  | { readonly code: "fetch-refused"; readonly reason: string }
  /** What is needed to leave an invalid chain is pruned or damaged. */
  | { readonly code: "chain-stuck" }
  | { readonly code: "node-already-added" }
  | { readonly code: "node-not-added" }
  | { readonly code: "node-not-connected" }
  /** Exactly this subnet. */
  | { readonly code: "not-banned" }
  | { readonly code: "too-many-connections"; readonly connection: ConnectionType }
  | { readonly code: "dial-failed"; readonly reason: string }
  /** In Bitcoin Core's words. */
  | { readonly code: "snapshot-refused"; readonly why: string }
  | { readonly code: "shutting-down" };

export type CommandValue =
  | { readonly type: "done" }
  | { readonly type: "txid"; readonly txid: Txid }
  | { readonly type: "transactions"; readonly transactions: readonly Transaction[] }
  | { readonly type: "admission"; readonly admission: Admission }
  | { readonly type: "chain-check"; readonly isGood: boolean }
  | { readonly type: "block-test"; readonly violation: RuleViolation | undefined }
  | {
    readonly type: "block-verdict";
    readonly verdict: "accepted" | "duplicate" | "duplicate-invalid" | "inconclusive" | RuleViolation;
  }
  | { readonly type: "header-verdict"; readonly verdict: "accepted" | "unconnected" | RuleViolation }
  | { readonly type: "hashes"; readonly hashes: readonly BlockHash[] }
  | { readonly type: "block"; readonly block: Block }
  | { readonly type: "index-state"; readonly isCurrent: boolean }
  | { readonly type: "address-added"; readonly outcome: "added" | "not-in-new" | "not-in-tried" }
  | { readonly type: "count"; readonly count: number };

export type CommandResult =
  | { readonly ok: true; readonly value: CommandValue }
  | { readonly ok: false; readonly fault: CommandFault };
