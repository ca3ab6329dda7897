import { type Duration, minutes } from "../base/time.ts";
import type { IndexKind } from "../chain/indexes/index_kinds.ts";
import { DEFAULT_MAX_CONNECTIONS } from "../connections/limits.ts";
import type { AddedNode } from "../connections/named_nodes.ts";
import { DIRECT_NETWORKS, type NetworkSettings } from "../connections/networks.ts";
import { DEFAULT_RELAY_POLICY, type RelayPolicy } from "../mempool/relay_policy.ts";
import { type BlockLimits, DEFAULT_BLOCK_LIMITS } from "../mining/select_transactions.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { DEFAULT_QUEUE_LIMITS, type QueueLimits } from "../peer/connection.ts";
import type { BindPermissionRule, PermissionRule } from "../peer/permissions.ts";
import type { Sats } from "../primitives/amount.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { DEFAULT_DISCOVERY, type DiscoveryOptions } from "./seeding/discovery_options.ts";
import type { LocalAddress } from "./local_addresses.ts";

/** All that a `NodeCore` is told at its making; `defaultNodeOptions` fills in what is usual. */
export interface NodeOptions {
  readonly params: ChainParams;
  /** `/tidings:0.1.0(comment)/` */
  readonly userAgent: string;
  /** Addresses that we tell others, since the operator says that we are reached there. */
  readonly advertise: readonly NetworkAddress[];
  /** Others that we seem to be reached at, told if `discovers`. */
  readonly foundAddresses: readonly LocalAddress[];
  /** Whether to find out about our addresses by ourselves (`-discover`). */
  readonly discovers: boolean;
  /** Where we listen for peers that dial us, or would. */
  readonly listenPort: number;
  readonly listen: boolean;
  /** Of these, some lie behind an onion service: who comes in there comes over Tor (`-bind=…=onion`). */
  readonly onionBinds: readonly NetworkAddress[];
  readonly networks: NetworkSettings;
  /** Transactions that are submitted here go out by private broadcast only (`-privatebroadcast`). */
  readonly privateBroadcast: boolean;
  /** When not undefined: dial these and nobody else; may be empty (`-connect=0`). */
  readonly connectOnly: readonly NetworkAddress[] | undefined;
  readonly addNodes: readonly AddedNode[];
  readonly discovery: DiscoveryOptions;
  /** How long a ban lasts that does not say (`-bantime`). */
  readonly banSeconds: number;
  readonly maxConnections: number;
  /** Of the inbound places, those for peers that want transactions, in percent (`-inboundrelaypercent`). */
  readonly inboundRelayPercent: number;
  /** False until it is switched on (`-networkactive=0`): nobody is dialled, and nobody let in. */
  readonly networkActive: boolean;
  /** How long a handshake, and the first message, may take (`-peertimeout`). */
  readonly peerTimeout: Duration;
  /** Connections are encrypted when the peer can (BIP324), and peers are told that we can. */
  readonly v2Transport: boolean;
  readonly blocksOnly: boolean;
  readonly peerBloomFilters: boolean;
  /** Bytes a day that are sent at most to those who could do without (`-maxuploadtarget`); zero for any number. */
  readonly maxUploadBytes: number;
  /** How much may wait in each connection (`-maxreceivebuffer`, `-maxsendbuffer`). */
  readonly queueLimits: QueueLimits;
  /** Whether we offer to reconcile sets of transactions (BIP330); so far it ends with the offer. */
  readonly reconciles: boolean;
  /** Every message is written to a file of its peer (`-capturemessages`). */
  readonly capturesMessages: boolean;
  /** `-whitelist` and `-whitebind`. */
  readonly permissionRules: readonly PermissionRule[];
  readonly bindPermissionRules: readonly BindPermissionRule[];
  /**
   * Admits loopback addresses to gossip and dialling, counts each port as its own group, and
   * shortens the gossip timers: for networks inside one machine. No rule of the chain changes.
   */
  readonly localPeers: boolean;
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
    foundAddresses: [],
    discovers: false,
    listenPort: params.port,
    listen: true,
    onionBinds: [],
    networks: DIRECT_NETWORKS,
    privateBroadcast: false,
    connectOnly: undefined,
    addNodes: [],
    discovery: DEFAULT_DISCOVERY,
    banSeconds: 24 * 60 * 60,
    maxConnections: DEFAULT_MAX_CONNECTIONS,
    inboundRelayPercent: 100,
    networkActive: true,
    peerTimeout: minutes(1),
    v2Transport: true,
    blocksOnly: false,
    peerBloomFilters: false,
    maxUploadBytes: 0,
    queueLimits: DEFAULT_QUEUE_LIMITS,
    reconciles: false,
    capturesMessages: false,
    permissionRules: [],
    bindPermissionRules: [],
    localPeers: false,
    indexes: new Set(),
    peerBlockFilters: false,
    pruneTarget: undefined,
    blockFileBytes: 128 * MIB,
    coinsCacheBytes: 450 * MIB,
    coinsBatchBytes: 32 * MIB,
    minimumChainWork: params.minimumChainWork,
    assumeValid: params.assumeValid,
    maxTipAge: 24 * 60 * 60,
    mempoolMaxBytes: 300_000_000,
    minRelayFeeRate: 100 as Sats,
    acceptNonstandard: params.acceptsNonstandard,
    relayPolicy: DEFAULT_RELAY_POLICY,
    blockLimits: DEFAULT_BLOCK_LIMITS,
    mockTime: 0,
  };
}
