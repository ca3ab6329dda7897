import type { Clock, Instant } from "../base/time.ts";
import type { Rng } from "../base/rng.ts";
import type { NetworkAddress, NetworkName } from "../primitives/network_address.ts";

/** An address, who may be there, and when it was last heard of. */
export interface KnownAddress {
  readonly address: NetworkAddress;
  readonly services: bigint;
  /** Unix seconds. */
  readonly time: number;
}

/**
 * Addresses of nodes that we may dial or tell others of; bounded.
 *
 * A first, flat one: every address is equal. Tables that an attacker cannot fill come with the
 * defences of address management.
 */
export declare class AddressBook {
  constructor(ports: { readonly clock: Clock; readonly rng: Rng });
  get size(): number;
  /** `source`: the peer that told us. Returns whether it was new. */
  add(known: KnownAddress, source: NetworkAddress): boolean;
  /** A connection to it was tried at `at`. */
  attempted(address: NetworkAddress, at: Instant): void;
  /** A handshake with it was completed. */
  connected(address: NetworkAddress, services: bigint): void;
  /** One to dial now; `undefined` when there is none left that `accept` takes. */
  select(accept: (known: KnownAddress) => boolean): KnownAddress | undefined;
  /** Up to `count` random ones that are not stale, of one network if named: for `addr` answers and RPC. */
  sample(count: number, network?: NetworkName): readonly KnownAddress[];
  /** What `peers.dat` holds; `AddressBook.load` reads it. */
  save(): Uint8Array;
}
