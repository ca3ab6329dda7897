/**
 * Whom to dial for a place: draws from the book until one suits it.
 *
 * Conditions, their order and their numbers are Bitcoin Core's (net.cpp, ThreadOpenConnections). Each
 * draw is in constant time, and there are at most a hundred, however large the book.
 *
 * @module
 */
import type { AddressBook } from "../addrbook/address_book.ts";
import type { Selected } from "../addrbook/book_queries.ts";
import type { KnownAddress } from "../addrbook/address_record.ts";
import type { BanList } from "../addrbook/ban_list.ts";
import type { Discouraged } from "../addrbook/discouraged.ts";
import type { Without } from "../base/defences.ts";
import { type Duration, elapsed, type Instant, minutes } from "../base/time.ts";
import { servicesWanted } from "../peer/introduction.ts";
import { isUsable, type NetworkAddress, type NetworkName } from "../primitives/network_address.ts";
import { NODE_NETWORK, NODE_NETWORK_LIMITED } from "../wire/services.ts";
import { isBadPort } from "./bad_ports.ts";
import type { Networks } from "./networks.ts";
import type { OpenConnections } from "./open_connections.ts";
import type { OutboundSlot } from "./outbound_slot.ts";

const DRAWS_MAX = 100;
/** Draws before one that was tried lately will do. */
const RECENT_DRAWS = 30;
const RECENTLY: Duration = minutes(10);
/** Draws before one on the port of another service will do. */
const BAD_PORT_DRAWS = 50;

export interface AddressSearchPorts {
  readonly book: Pick<AddressBook, "select" | "selectCollision" | "resolveCollisions" | "good">;
  readonly networks: Pick<Networks, "reachable" | "isReachable">;
  readonly bans: Pick<BanList, "isBanned">;
  readonly discouraged: Pick<Discouraged, "has">;
  readonly without: Without;
  readonly open: Pick<OpenConnections, "hasHost" | "hasGroup">;
  isTipRecent(): boolean;
  /** It is ourselves, is named by the operator, is not to be dialled, or must wait. */
  isExcluded(address: NetworkAddress): boolean;
}

export class AddressSearch {
  readonly #ports: AddressSearchPorts;
  readonly #localPeers: boolean;

  /** `localPeers`: for networks inside one machine, which wait for nothing. */
  constructor(ports: AddressSearchPorts, localPeers: boolean) {
    this.#ports = ports;
    this.#localPeers = localPeers;
  }

  /** One for a place that is filled from the book; `undefined` when a hundred draws gave none. */
  find(slot: OutboundSlot, now: Instant): Selected | undefined {
    this.#ports.book.resolveCollisions();
    for (let draw = 1; draw <= DRAWS_MAX; draw++) {
      const known = this.#draw(slot);
      // Only an empty book has none to give.
      if (known === undefined) return undefined;
      if (this.#suits(known, slot, draw, now)) return known;
    }
    return undefined;
  }

  /** Whether a peer of the last run may be dialled first. */
  suitsAnchor({ address, services }: KnownAddress): boolean {
    return this.#mayDial(address) && this.#offersAll(services) && !this.#isGroupTaken(address);
  }

  #draw(slot: OutboundSlot): Selected | undefined {
    const { book, networks } = this.#ports;
    if (slot.purpose === "network-peer") return book.select({ networks: new Set([slot.network]) });
    if (slot.purpose !== "feeler") return book.select({ networks: networks.reachable });
    return this.#collision() ?? book.select({ newOnly: true, networks: networks.reachable });
  }

  /** An address whose place in the book another wants: whoever is there already needs no test. */
  #collision(): Selected | undefined {
    const { book, open } = this.#ports;
    const known = book.selectCollision();
    if (known === undefined || !open.hasHost(known.address)) return known;
    book.good(known.address);
    return undefined;
  }

  #suits({ address, services, triedAt }: Selected, slot: OutboundSlot, draw: number, now: Instant): boolean {
    const isFeeler = slot.purpose === "feeler";
    if (!isFeeler && this.#isGroupTaken(address)) return false;
    if (!this.#mayDial(address)) return false;
    const wasRecent = triedAt !== undefined && elapsed(triedAt, now) < RECENTLY;
    if (wasRecent && draw < RECENT_DRAWS && !this.#localPeers) return false;
    if (isFeeler ? !isFullNode(services) : !this.#offersAll(services)) return false;
    return draw >= BAD_PORT_DRAWS || !isOnBadPort(address);
  }

  #mayDial(address: NetworkAddress): boolean {
    const { networks, bans, discouraged, open, isExcluded } = this.#ports;
    if (!networks.isReachable(address)) return false;
    if (!isUsable(address, this.#localPeers)) return false;
    if (open.hasHost(address) || isExcluded(address)) return false;
    return !bans.isBanned(address) && !discouraged.has(address);
  }

  #isGroupTaken(address: NetworkAddress): boolean {
    return this.#ports.open.hasGroup(address) && !this.#ports.without.has("outbound-groups");
  }

  #offersAll(services: bigint): boolean {
    const wanted = servicesWanted(services, { isTipRecent: this.#ports.isTipRecent() });
    return (services & wanted) === wanted;
  }
}

/** A node that is likely to have an address book, to look whether it is there. */
function isFullNode(services: bigint): boolean {
  return (services & (NODE_NETWORK | NODE_NETWORK_LIMITED)) !== 0n;
}

const HAS_PORTS: ReadonlySet<NetworkName> = new Set<NetworkName>(["ipv4", "ipv6"]);

function isOnBadPort({ network, port }: NetworkAddress): boolean {
  return HAS_PORTS.has(network) && isBadPort(port);
}
