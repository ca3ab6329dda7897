import type { Brand } from "../base/brand.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Duration, Instant } from "../base/time.ts";
import type { NetworkAddress, NetworkName } from "../primitives/network_address.ts";
import type { TransportType } from "../transport/transport.ts";

/** Connections are numbered from zero, in the order in which they got a socket. */
export type PeerId = Brand<number, "PeerId">;

/** Why a connection exists; the names are those of `getpeerinfo`. */
export type ConnectionType =
  | "inbound" | "manual" | "outbound-full-relay" | "block-relay-only" | "addr-fetch" | "feeler"
  | "private-broadcast";

/** What `-whitelist` can grant; the names are those of Bitcoin Core's net_permissions. */
export type Permission =
  | "bloomfilter" | "relay" | "forcerelay" | "download" | "noban" | "mempool" | "addr";

/** What was said about reconciling transactions (BIP330): both salts make the key of the short ids. */
export type Reconciliation =
  | { readonly name: "offered"; readonly salt: bigint }
  | { readonly name: "agreed"; readonly salt: bigint; readonly theirSalt: bigint };

/** What the handshake settled. */
export interface PeerFeatures {
  /** Protocol version: the lower of theirs and ours. */
  version: number;
  services: bigint;
  userAgent: string;
  startHeight: number;
  /** They want transactions announced (BIP37's fRelay). */
  relay: boolean;
  /** Transactions are announced by wtxid (BIP339). */
  wtxidRelay: boolean;
  /** They understand addrv2 (BIP155). */
  addrV2: boolean;
  /** Announce blocks to them by header (BIP130). */
  sendHeaders: boolean;
  /** They asked for, or offer, compact blocks of this version (BIP152); zero for none. */
  compactBlocks: number;
  /** Their clock less ours, in seconds, at the time of `version`. */
  timeOffset: number;
  reconciliation?: Reconciliation | undefined;
}

/** Bytes and messages of one connection. */
export interface PeerStats {
  readonly connectedAt: Instant;
  bytesSent: number;
  bytesReceived: number;
  lastSend: Instant;
  lastReceive: Instant;
  /** By message type, with headers; unknown types under `*other*`. */
  readonly sentByType: Map<string, number>;
  readonly receivedByType: Map<string, number>;
  lastBlockAt: Instant | undefined;
  lastTransactionAt: Instant | undefined;
  pingTime: Duration | undefined;
  minPing: Duration | undefined;
  pingSentAt: Instant | undefined;
}

/** One connection, as the protocols above see it. The one record of a peer: it goes in one deletion. */
export interface Peer {
  readonly id: PeerId;
  readonly type: ConnectionType;
  readonly isInbound: boolean;
  /** The other end of the socket. */
  readonly address: NetworkAddress;
  /** Ours. */
  readonly local: NetworkAddress;
  /**
   * The network that the two share: Tor for who comes in by our onion service, whose address is that of
   * our own machine. `undefined` for one that is not publicly routable.
   */
  readonly network: NetworkName | undefined;
  readonly permissions: ReadonlySet<Permission>;
  readonly transportType: TransportType;
  /** 32 bytes that both ends of an encrypted connection know, and nobody else; `undefined` on others. */
  readonly sessionId: Bytes | undefined;
  /** Meaningful once the handshake is complete. */
  readonly features: Readonly<PeerFeatures>;
  readonly stats: PeerStats;
  /** Handshake complete, not being closed. */
  readonly isReady: boolean;
  /** More is waiting to be sent than the bound allows: serve no more until it has drained. */
  readonly isSendFull: boolean;
}
