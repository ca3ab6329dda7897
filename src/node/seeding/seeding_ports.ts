import type { AddressBook } from "../../addrbook/address_book.ts";
import type { Logger } from "../../base/logger.ts";
import type { Rng } from "../../base/rng.ts";
import type { Clock, Instant } from "../../base/time.ts";
import type { ConnectionManager } from "../../connections/connection_manager.ts";
import type { Networks } from "../../connections/networks.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";
import type { NodeEffect } from "../effect.ts";
import type { NodeOptions } from "../node_options.ts";

/** What seeding needs of the node. */
export interface SeedingPorts {
  readonly options: NodeOptions;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly addresses: Pick<AddressBook, "add" | "size">;
  readonly networks: Pick<Networks, "reachable" | "hasNameProxy">;
  readonly manager: Pick<ConnectionManager, "addedNodes" | "addNode" | "isNetworkActive">;
  /** One seed may give as many addresses as it likes: only for studies of what that costs. */
  readonly isSeedUnlimited: boolean;
  /** Full-relay connections of our own choice whose handshakes are over. */
  countFullRelay(): number;
  /** Dials it for its addresses; false when there is no place for that now. */
  fetchAddresses(address: NetworkAddress): boolean;
  effect(effect: NodeEffect): void;
}

/** A step of its own, which says when it next has something to do. */
export interface SeedingStep {
  wakeAt(): Instant | undefined;
  work(): void;
}
