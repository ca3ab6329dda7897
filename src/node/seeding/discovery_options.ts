import type { Bytes } from "../../base/bytes.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";

/** A node that is asked for addresses, and then let go (`-seednode`). */
export interface SeedNode {
  /** Its name, or where it is. */
  readonly address: NetworkAddress;
  /** As the operator wrote it. */
  readonly text: string;
}

/** How a node finds others. */
export interface DiscoveryOptions {
  /**
   * Asks the network's DNS seeds when it knows too few nodes (`-dnsseed`).
   *
   * @default unless the node is told whom to dial
   */
  readonly usesDnsSeeds: boolean | undefined;
  /** Asks them in any case (`-forcednsseed`). @default false */
  readonly forcesDnsSeeds: boolean;
  /** Falls back on addresses that come with the program (`-fixedseeds`). @default true */
  readonly usesFixedSeeds: boolean;
  /** @default none */
  readonly seedNodes: readonly SeedNode[];
  /**
   * Of so many calls of the address book, one checks its tables (`-checkaddrman`); zero for none.
   *
   * @default 0
   */
  readonly bookCheckRatio: number;
  /** The key of the address book's buckets, for tests (`-test=addrman`). @default drawn */
  readonly bookKey: Bytes | undefined;
}

export const DEFAULT_DISCOVERY: DiscoveryOptions = {
  usesDnsSeeds: undefined, forcesDnsSeeds: false, usesFixedSeeds: true, seedNodes: [], bookCheckRatio: 0,
  bookKey: undefined,
};

/** Whether DNS seeds are asked: whoever is told whom to dial has no use for them, unless told so too. */
export function asksDnsSeeds(
  { usesDnsSeeds }: DiscoveryOptions, connectOnly: readonly unknown[] | undefined,
): boolean {
  return usesDnsSeeds ?? connectOnly === undefined;
}
