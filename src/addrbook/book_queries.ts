/** What is asked of the address book, and what it answers. @module */
import type { Instant } from "../base/time.ts";
import type { NetworkAddress, NetworkName } from "../primitives/network_address.ts";
import type { KnownAddress } from "./address_record.ts";

/** One to dial, and when that was last tried. */
export interface Selected extends KnownAddress {
  readonly triedAt: Instant | undefined;
}

export interface SelectRules {
  /** Only those that we have never been connected to: for feelers. @default false */
  readonly newOnly?: boolean;
  /** Left out: any. */
  readonly networks?: ReadonlySet<NetworkName> | undefined;
}

export interface SampleRules {
  /** Zero for no limit. */
  readonly countMax: number;
  /** Of all addresses known; zero for no limit. */
  readonly percentMax: number;
  readonly network?: NetworkName | undefined;
  /** Without those that are stale or have failed too often. */
  readonly isFiltered: boolean;
}

export interface SizeRules {
  readonly network?: NetworkName | undefined;
  /** Left out: both tables. */
  readonly isNew?: boolean;
}

/** One place in a table, and who has it. */
export interface BookEntry extends KnownAddress {
  readonly source: NetworkAddress;
  readonly table: "new" | "tried";
  readonly bucket: number;
  readonly position: number;
}
