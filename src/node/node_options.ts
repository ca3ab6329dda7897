import type { Permission } from "../peer/peer.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Duration } from "../base/time.ts";

/** An address block and what peers from it may do: one `-whitelist`. */
export interface PermissionRule {
  readonly permissions: ReadonlySet<Permission>;
  /** The network's address, and how many leading bits must agree. */
  readonly address: NetworkAddress;
  readonly prefixBits: number;
  readonly inbound: boolean;
  readonly outbound: boolean;
}

/** All that a `NodeCore` is told at its making. `defaultNodeOptions` fills in what is usual. */
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
  readonly permissionRules: readonly PermissionRule[];
  /**
   * Admits loopback addresses to gossip and dialling, counts each port as its own group, and
   * shortens the gossip timers: for networks inside one machine. No rule of the chain changes.
   */
  readonly localPeers: boolean;
  /** Peers that are not on loopback are neither dialled nor served, for the reason given. */
  readonly loopbackOnly: string | undefined;
  readonly pruneTarget: number | undefined;
  readonly blockFileBytes: number;
  readonly coinsCacheBytes: number;
  readonly minimumChainWork: bigint;
  readonly assumeValid: BlockHash | undefined;
  /** Seconds. */
  readonly maxTipAge: number;
  readonly mempoolMaxBytes: number;
  readonly minRelayFeeRate: Sats;
  readonly acceptNonstandard: boolean;
  /** Seconds since 1970, or zero for the real clock. */
  readonly mockTime: number;
}
