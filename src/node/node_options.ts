import { type Duration, minutes } from "../base/time.ts";
import type { IndexKind } from "../chain/indexes/index_kinds.ts";
import { DEFAULT_RELAY_POLICY, type RelayPolicy } from "../mempool/relay_policy.ts";
import { type BlockLimits, DEFAULT_BLOCK_LIMITS } from "../mining/select_transactions.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { BindPermissionRule, PermissionRule } from "../peer/permissions.ts";
import type { Sats } from "../primitives/amount.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";

/** All that a `NodeCore` is told at its making; `defaultNodeOptions` fills in what is usual. */
export interface NodeOptions {
  readonly params: ChainParams;
  /** `/tidings:0.1.0(comment)/` */
  readonly userAgent: string;
  /** Addresses that we listen on and tell others. */
  readonly advertise: readonly NetworkAddress[];
  readonly listen: boolean;
  /** When not undefined: dial these and nobody else; may be empty (`-connect=0`). */
  readonly connectOnly: readonly NetworkAddress[] | undefined;
  readonly addNodes: readonly NetworkAddress[];
  readonly maxConnections: number;
  /** How long a handshake, and the first message, may take (`-peertimeout`). */
  readonly peerTimeout: Duration;
  readonly blocksOnly: boolean;
  readonly peerBloomFilters: boolean;
  /** `-whitelist` and `-whitebind`. */
  readonly permissionRules: readonly PermissionRule[];
  readonly bindPermissionRules: readonly BindPermissionRule[];
  /**
   * Admits loopback addresses to gossip and dialling, counts each port as its own group, and
   * shortens the gossip timers: for networks inside one machine. No rule of the chain changes.
   */
  readonly localPeers: boolean;
  /** Peers that are not on loopback are neither dialled nor served, for the reason given. */
  readonly loopbackOnly: string | undefined;
  /** Kept beside the chain. */
  readonly indexes: ReadonlySet<IndexKind>;
  /** Whether peers are served from the index of block filters (BIP157). */
  readonly peerBlockFilters: boolean;
  /** Bytes of block files to keep; `undefined` keeps all. */
  readonly pruneTarget: number | undefined;
  readonly blockFileBytes: number;
  readonly coinsCacheBytes: number;
  /** Most bytes of coins written in one batch (`-dbbatchsize`); a batch has at most 5,000 coins anyway. */
  readonly coinsBatchBytes: number;
  readonly minimumChainWork: bigint;
  readonly assumeValid: BlockHash | undefined;
  /** Scripts are checked of blocks that were connected before as well (`-reindex-chainstate`). */
  readonly checksAnew: boolean;
  /** A tip older than this, in seconds, means that we are still catching up. */
  readonly maxTipAge: number;
  readonly mempoolMaxBytes: number;
  /** Satoshi per 1,000 virtual bytes. */
  readonly minRelayFeeRate: Sats;
  readonly acceptNonstandard: boolean;
  readonly relayPolicy: RelayPolicy;
  /** What goes into blocks of ours. */
  readonly blockLimits: BlockLimits;
  /** Seconds since 1970, or zero for the real clock. */
  readonly mockTime: number;
}

const MIB = 1024 * 1024;

/** Bitcoin Core's defaults where it has them. */
export function defaultNodeOptions(params: ChainParams): NodeOptions {
  return {
    params,
    userAgent: "/tidings/",
    advertise: [],
    listen: true,
    connectOnly: undefined,
    addNodes: [],
    maxConnections: 125,
    peerTimeout: minutes(1),
    blocksOnly: false,
    peerBloomFilters: false,
    permissionRules: [],
    bindPermissionRules: [],
    localPeers: false,
    loopbackOnly: undefined,
    indexes: new Set(),
    peerBlockFilters: false,
    pruneTarget: undefined,
    blockFileBytes: 128 * MIB,
    coinsCacheBytes: 450 * MIB,
    coinsBatchBytes: 32 * MIB,
    minimumChainWork: params.minimumChainWork,
    assumeValid: params.assumeValid,
    checksAnew: false,
    maxTipAge: 24 * 60 * 60,
    mempoolMaxBytes: 300_000_000,
    minRelayFeeRate: 100 as Sats,
    acceptNonstandard: params.acceptsNonstandard,
    relayPolicy: DEFAULT_RELAY_POLICY,
    blockLimits: DEFAULT_BLOCK_LIMITS,
    mockTime: 0,
  };
}
