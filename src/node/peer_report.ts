import type { NetworkAddress } from "../primitives/network_address.ts";
import type { Sats } from "../primitives/amount.ts";

/** What the protocols know of a peer, beyond its connection: for `getpeerinfo` and the like. */
export interface PeerReport {
  /** Our end of the socket. */
  readonly local: NetworkAddress;
  /** Where it says that it reached us. */
  readonly localSeen?: NetworkAddress;
  /** Number of the autonomous system of its address; zero if that is not known. */
  readonly asn: number;
  /** Their fee filter, in satoshi per 1,000 virtual bytes. */
  readonly feeFilter: Sats;
  /** Mempool sequence number as of the next announcement to it, from 1 on, or 0 for none; how many wait. */
  readonly lastInvSequence: number;
  readonly invToSend: number;
  /** It wants transactions announced. */
  readonly relaysTransactions: boolean;
  /** Height up to which headers of its chain are checked, but not kept yet; -1 for none. */
  readonly presyncedHeaders: number;
  /** Heights of the last header and block that it has in common with us; -1 for none. */
  readonly syncedHeaders: number;
  readonly syncedBlocks: number;
  /** Heights of the blocks that it has been asked for. */
  readonly inFlight: readonly number[];
  readonly addressRelay: boolean;
  readonly addressesProcessed: number;
  readonly addressesRateLimited: number;
}
