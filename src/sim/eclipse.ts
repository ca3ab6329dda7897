/**
 * Heilman's attack on one node: fill its address book through inbound connections, wait, and have all
 * its outbound connections when it is started anew.
 *
 * Tables, places and addresses are a fixed part of what they are in a node and in the paper, so that
 * shares stay what they are; times are not, so that an hour here fills as much as many would.
 * `docs/eclipse.md` has the numbers side by side.
 *
 * Source: Heilman, Kendler, Zohar, Goldberg, "Eclipse Attacks on Bitcoin's Peer-to-Peer Network", 2015;
 * for the attacker inside one autonomous system: Tran, Choi, Moon, Vu, Kang, "A Stealthier Partitioning
 * Attack against Bitcoin Peer-to-Peer Network" (Erebus), 2020.
 *
 * @module
 */
import { AddressBook, DEFAULT_BOOK_OPTIONS } from "../addrbook/address_book.ts";
import { readableBook } from "../addrbook/address_file.ts";
import type { Asmap } from "../addrbook/asmap.ts";
import { NetGroups } from "../addrbook/net_groups.ts";
import { DEFAULT_TABLE_RULES, type TableRules } from "../addrbook/table_rules.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Without } from "../base/defences.ts";
import { silentLogger } from "../base/logger.ts";
import { below, shuffle } from "../base/rng.ts";
import { hours, type Instant, minutes, seconds } from "../base/time.ts";
import { REGTEST } from "../params/regtest.ts";
import type { ConnectionType } from "../peer/peer.ts";
import { addressKey, type NetworkAddress } from "../primitives/network_address.ts";
import type { Message } from "../wire/message.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../wire/services.ts";
import { AttackWorld, outboundPeers } from "./attack_world.ts";
import { type Crowd, repeat } from "./crowd.ts";
import {
  type BookShares, ECLIPSE_TABLES, type EclipseAttacker, type EclipseOptions, type EclipseReport,
  withoutAllBut,
} from "./eclipse_settings.ts";
import type { ScriptedPeer } from "./scripted_peer.ts";
import { smallAsmap } from "./small_asmap.ts";
import type { VirtualHost } from "./virtual_host.ts";
import { groupOf, hostAt, SIM_START } from "./world_defaults.ts";

/** What an honest node tells of when it is asked. */
const ANSWER_ADDRESSES = 30;
const SERVICES = NODE_NETWORK | NODE_WITNESS;
/** Honest nodes that a node of some months knows: those it was connected to, and those it heard of. */
const HONEST_TRIED = 150;
const HONEST_NEW = 750;
/** Of 100, those that still answer: few, since a node with many is hard to eclipse in any setting. */
const ALIVE_TRIED = 15;
const ALIVE_NEW = 5;
/** Where groups begin: attackers' at a multiple of 32, so that 32 of them are one prefix. */
const HONEST_GROUP = 64;
const ATTACKER_GROUP = 8_192;
const TRASH_GROUP = 12_288;
const TRASH_GROUPS = 4_096;
const COMPANY_SYSTEM = 7;
const COMPANY_PREFIX_BITS = 11;
/** Inbound places that the attacker takes: most of the 114 of a node, scaled. */
const LASTING_CONNECTIONS = 3;
/** Besides, each of its addresses in turn says hello, and makes way for the next. */
const HELLO_INTERVAL = seconds(3);
/** What it sends on each of those that last. */
const FLOOD_INTERVAL = minutes(5);
const FLOOD_ADDRESSES = 300;
/** One in so many of the addresses that it sends is its own; the rest are nobody's. */
const OWN_AMONG_SENT = 2;
/** Outbound places, and a few inbound ones. */
const MAX_CONNECTIONS = 11 + 5;
const SETTLING = minutes(10);
/** From the first message of the attacker to the restart: more than a day, as fast as these tables fill. */
const ATTACK_LENGTH = hours(1);
const AFTER_RESTART = minutes(10);
const DAY_SECONDS = 24 * 60 * 60;
/** What addresses that are told of claim to be: heard of lately. */
const TOLD_AGE_SECONDS = 3 * 60 * 60;

export function simulateEclipse(options: EclipseOptions): EclipseReport {
  return new Eclipse(options).run();
}

class Eclipse {
  readonly #without: Without;
  readonly #asmap: Asmap | undefined;
  readonly #world: AttackWorld;
  readonly #honest: Crowd;
  readonly #attackers: Crowd;
  readonly #tried: readonly NetworkAddress[];
  readonly #new: readonly NetworkAddress[];
  readonly #owned: readonly NetworkAddress[];
  readonly #victim: VirtualHost;
  #trash = 0;
  #nextOwn = 0;
  readonly #lasting = new Set<ScriptedPeer>();

  constructor({ seed, attacker, defences }: EclipseOptions) {
    this.#without = withoutAllBut(defences);
    this.#asmap = attacker.isOneSystem && defences.includes("ASMap") ? companyMap() : undefined;
    const world = new AttackWorld({ seed });
    this.#world = world;
    this.#tried = this.#honestAddresses(0, HONEST_TRIED);
    this.#new = this.#honestAddresses(HONEST_TRIED, HONEST_NEW);
    this.#owned = attackersAddresses(attacker);
    const alive = [...this.#someOf(this.#tried, ALIVE_TRIED), ...this.#someOf(this.#new, ALIVE_NEW)];
    this.#honest = world.honest(alive, {
      script: { received: (...heard) => this.#answerHonestly(...heard) },
    });
    this.#attackers = world.honest(this.#owned, { script: {
      received: (...heard) => this.#answerFalsely(...heard),
      greeted: (peer) => {
        if (!peer.isInbound && this.#lasting.size >= LASTING_CONNECTIONS) peer.close();
      },
      ready: (peer) => {
        if (!peer.isInbound) this.#flood(peer);
      },
      closed: (peer) => void this.#lasting.delete(peer),
    } });
    this.#victim = world.victim(
      { maxConnections: MAX_CONNECTIONS },
      this.#without,
      {
        asmap: this.#asmap, tableRules: ECLIPSE_TABLES,
        savedBook: readableBook(this.#past(), REGTEST.magic),
      },
    );
  }

  run(): EclipseReport {
    const world = this.#world;
    this.#victim.start();
    world.run(SETTLING);
    this.#connectInbound();
    world.run(ATTACK_LENGTH);
    const before = { tried: this.#shares("tried"), new: this.#shares("new") };
    const known = new Set(this.#outbound("block-relay-only").map(addressKey));
    this.#victim.restart();
    world.run(AFTER_RESTART);
    const isHonest = (address: NetworkAddress): boolean => !this.#attackers.owns(address);
    const blockRelay = this.#outbound("block-relay-only");
    const outbound = [...this.#outbound("outbound-full-relay"), ...blockRelay];
    const honest = outbound.filter(isHonest);
    return {
      isEclipsed: outbound.length > 0 && honest.length === 0,
      outbound: outbound.length,
      attackers: outbound.length - honest.length,
      kept: blockRelay.filter((address) => isHonest(address) && known.has(addressKey(address))).length,
      ...before,
    };
  }

  #outbound(type: ConnectionType): readonly NetworkAddress[] {
    return outboundPeers(this.#victim).filter((peer) => peer.type === type).map(({ address }) => address);
  }

  /** What an honest node tells, when asked, of those it knows. */
  #answerHonestly(peer: ScriptedPeer, message: Message): void {
    if (message.type !== "getaddr") return;
    this.#tell(peer, shuffle(this.#world.rng, [...this.#tried, ...this.#new]).slice(0, ANSWER_ADDRESSES));
  }

  #answerFalsely(peer: ScriptedPeer, message: Message): void {
    if (message.type === "getaddr") this.#tell(peer, this.#lies());
  }

  /** One address after the other; where that is of no use, as many as are to last. */
  #connectInbound(): void {
    const all = this.#without.has("tried-by-dial") ? this.#owned.length : LASTING_CONNECTIONS;
    let next = 0;
    repeat(this.#world.network, HELLO_INTERVAL, () => {
      this.#attackers.dial(this.#victim.address, this.#owned[next++] as NetworkAddress);
      return next < all;
    });
  }

  /** Goes on for as long as the connection is open. */
  #flood(peer: ScriptedPeer): void {
    this.#lasting.add(peer);
    this.#tell(peer, this.#lies());
    repeat(this.#world.network, FLOOD_INTERVAL, () => {
      if (!peer.isOpen) return false;
      this.#tell(peer, this.#lies());
      return true;
    });
  }

  #lies(): readonly NetworkAddress[] {
    return Array.from({ length: FLOOD_ADDRESSES }, (_, i) => {
      const own = this.#owned[this.#nextOwn % this.#owned.length] as NetworkAddress;
      if (i % OWN_AMONG_SENT === 0) {
        this.#nextOwn++;
        return own;
      }
      return hostAt(TRASH_GROUP + (this.#trash % TRASH_GROUPS), 1 + (this.#trash++ >>> 12));
    });
  }

  #tell(peer: ScriptedPeer, known: readonly NetworkAddress[]): void {
    const { now, rng } = this.#world;
    const addresses = known.map((address) => {
      return { address, services: SERVICES, time: now - below(rng, TOLD_AGE_SECONDS) };
    });
    peer.send({ type: peer.takesAddrV2 ? "addrv2" : "addr", value: { addresses } });
  }

  #honestAddresses(first: number, count: number): readonly NetworkAddress[] {
    const { rng } = this.#world;
    return Array.from({ length: count }, (_, i) => hostAt(HONEST_GROUP + first + i, 1 + below(rng, 999)));
  }

  #someOf(addresses: readonly NetworkAddress[], percent: number): readonly NetworkAddress[] {
    return addresses.filter(() => below(this.#world.rng, 100) < percent);
  }

  /** `peers.dat` of a node that has run for months, before anyone attacked it. */
  #past(): Bytes {
    const { rng, network: { clock } } = this.#world;
    const rules: TableRules = {
      ...DEFAULT_TABLE_RULES, ...ECLIPSE_TABLES, bucketsByGroup: !this.#without.has("source-buckets"),
    };
    const groups = new NetGroups(this.#asmap, false);
    const options = { ...DEFAULT_BOOK_OPTIONS, rules };
    const book = new AddressBook({ clock, rng, logger: silentLogger, groups }, options);
    const all = [...this.#tried, ...this.#new];
    const sources = all.slice(0, 200);
    for (const address of all) {
      const age = below(rng, 20 * DAY_SECONDS);
      const source = sources[below(rng, sources.length)] as NetworkAddress;
      book.add({ address, services: SERVICES, time: SIM_START - age }, source);
    }
    for (const address of this.#tried) {
      book.good(address, (clock.now() - hours(1 + below(rng, 24 * 7))) as Instant);
    }
    return book.save(REGTEST.magic);
  }

  #shares(table: "tried" | "new"): BookShares {
    const shares = { honest: 0, gone: 0, attackers: 0, trash: 0 };
    const seen = new Set<string>();
    for (const { address, table: own } of this.#victim.core.addresses.entries()) {
      if (own !== table || seen.has(addressKey(address))) continue;
      seen.add(addressKey(address));
      if (this.#attackers.owns(address)) shares.attackers++;
      else if (this.#honest.owns(address)) shares.honest++;
      else if (groupOf(address) >= TRASH_GROUP) shares.trash++;
      else shares.gone++;
    }
    return shares;
  }
}

function companyMap(): Asmap {
  return smallAsmap(COMPANY_SYSTEM, hostAt(ATTACKER_GROUP, 0).bytes, COMPANY_PREFIX_BITS);
}

function attackersAddresses({ groups, addressesPerGroup }: EclipseAttacker): readonly NetworkAddress[] {
  return Array.from({ length: groups * addressesPerGroup }, (_, i) => {
    return hostAt(ATTACKER_GROUP + (i % groups), 1 + Math.floor(i / groups));
  });
}
