import type { Instant } from "../base/time.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import type { AddressHistory } from "./address_chance.ts";

/** An address, who may be there, and when it was last heard of. */
export interface KnownAddress {
  readonly address: NetworkAddress;
  readonly services: bigint;
  /** Unix seconds. */
  readonly time: number;
}

/** What is known of an address and lasts: the fields of `peers.dat`. */
export interface StoredAddress extends KnownAddress {
  /** Who told us first. The port means nothing. */
  readonly source: NetworkAddress;
  readonly succeededAt: Instant | undefined;
  /** Since the last success. */
  readonly attempts: number;
}

/** The same while it is in the book, in which everything may change but whose it is. */
export interface AddressRecord extends StoredAddress, AddressHistory {
  readonly key: string;
  services: bigint;
  time: number;
  triedAt: Instant | undefined;
  /** The last attempt that counted: between two successes with anybody, one does. */
  countedAt: Instant | undefined;
  succeededAt: Instant | undefined;
  attempts: number;
  isTried: boolean;
  /** Where it stands: one place in `tried`, or up to eight in `new`. */
  places: number[];
  /** Where it is in the list of all; -1 once it is forgotten. */
  index: number;
}
