/**
 * What the node knows of other nodes beside its connections: their addresses, who is not wanted, and who
 * is likely in one hand.
 *
 * @module
 */
import { AddressBook, type AddressBookPorts } from "../addrbook/address_book.ts";
import type { BookEncoder, SavedBook } from "../addrbook/address_file.ts";
import { BanList } from "../addrbook/ban_list.ts";
import { Discouraged } from "../addrbook/discouraged.ts";
import { NetGroups } from "../addrbook/net_groups.ts";
import { DEFAULT_TABLE_RULES, type TableRules } from "../addrbook/table_rules.ts";
import { type Bytes, fromUtf8, toLatin1 } from "../base/bytes.ts";
import { type Without, WITHOUT_NOTHING } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import { addDuration, type Clock, earlier, hours, type Instant, minutes } from "../base/time.ts";
import type { Connection } from "../peer/connection.ts";
import { formatAddress } from "../primitives/host_text.ts";
import type { NetworkHost } from "../primitives/network_address.ts";
import type { NodeEffect } from "./effect.ts";
import type { NodeEventBody } from "./event.ts";
import type { NodeOptions } from "./node_options.ts";
import type { NodePorts } from "./node_ports.ts";

/** The files in the data directory that keep addresses of peers, and who is banned. */
export const PEERS_FILE = "peers.dat";
export const BANS_FILE = "banlist.json";

/** What a crash may cost of what was learnt. */
const SAVE_INTERVAL = minutes(15);
/** How often the log says over how many autonomous systems the known addresses are spread. */
const HEALTH_INTERVAL = hours(24);

export class KnownHosts {
  readonly groups: NetGroups;
  readonly addresses: AddressBook;
  readonly bans: BanList;
  readonly discouraged: Discouraged;
  readonly #clock: Clock;
  readonly #magic: Bytes;
  /** The one that nodes of this network usually listen on. */
  readonly #port: number;
  readonly #without: Without;
  readonly #effect: (effect: NodeEffect) => void;
  readonly #event: (body: NodeEventBody) => void;
  readonly #logger: Logger;
  #saveAt: Instant;
  /** At work on what is to be saved. */
  #encoder: BookEncoder | undefined;
  /** `undefined` without a map. */
  #healthAt: Instant | undefined;

  constructor(
    ports: NodePorts, clock: Clock, options: NodeOptions,
    { effect, event }: { effect(effect: NodeEffect): void; event(body: NodeEventBody): void },
  ) {
    const { rng, logger, savedBook } = ports;
    this.#clock = clock;
    this.#magic = options.params.magic;
    this.#port = options.params.port;
    this.#without = ports.without ?? WITHOUT_NOTHING;
    this.#effect = effect;
    this.#event = event;
    this.#saveAt = addDuration(clock.now(), SAVE_INTERVAL);
    this.#logger = logger;
    this.groups = new NetGroups(ports.asmap, options.localPeers);
    if (this.groups.hasAsmap) this.#healthAt = clock.now();
    const rules = { ...rulesWithout(this.#without), ...ports.tableRules };
    this.addresses = openBook({ clock, rng, logger, groups: this.groups }, options, rules, savedBook);
    this.bans = openBans(clock, logger, ports.savedBans);
    if (ports.savedBans === undefined) this.saveBans();
    this.discouraged = new Discouraged();
  }

  wakeAt(): Instant {
    if (this.#encoder !== undefined) return this.#clock.now();
    return earlier(this.#saveAt, this.#healthAt) ?? this.#saveAt;
  }

  /**
   * Saves what is due, and says how well the map does. Goes on with what takes long only in turns of the loop
   * that are for it (`isWoken`): many inputs may come between two of them.
   */
  work(isWoken: boolean): void {
    if (isWoken) this.#goOnSaving();
    const now = this.#clock.now();
    if (now >= this.#saveAt) {
      this.#saveAt = addDuration(now, SAVE_INTERVAL);
      this.#encoder ??= this.addresses.saveSlowly(this.#magic);
      this.saveBans();
    }
    if (this.#healthAt === undefined || now < this.#healthAt) return;
    this.#healthAt = addDuration(now, HEALTH_INTERVAL);
    this.#sayHealth();
  }

  #sayHealth(): void {
    const known = this.addresses.sample({ countMax: 0, percentMax: 0, isFiltered: false });
    const { addresses, systems, unmapped } = this.groups.health(known.map(({ address }) => address));
    this.#logger.info(`ASMap Health Check: ${addresses} clearnet peers are mapped to ${systems} ASNs with ` +
      `${unmapped} peers being unmapped`);
  }

  /** A `version` of a peer has come: it is there, and says what it offers. */
  met(connection: Connection): void {
    const { type, isInbound, isClosing, address, features } = connection;
    if (isInbound && this.#without.has("tried-by-dial")) this.#believe(connection);
    if (isInbound || type === "private-broadcast") return;
    this.addresses.setServices(address, features.services);
    // A feeler is over with that; any other that is being closed offers too little.
    if (type !== "feeler" && isClosing) return;
    if (this.addresses.good(address)) {
      this.#event({ type: "addr:tried", data: { address: formatAddress(address) } });
    }
  }

  /** Whoever dials us is taken for a good address: only for studies of what that costs. */
  #believe({ address: { network, bytes }, features: { services } }: Connection): void {
    const address = { network, bytes, port: this.#port };
    this.addresses.add({ address, services, time: this.#clock.unixTime() }, address);
    this.addresses.good(address);
  }

  /** A connection is gone. Of block-relay peers nobody is to learn when we had them. */
  left({ type, isInbound, address, handshake }: Connection): void {
    if (isInbound || type === "block-relay-only" || type === "private-broadcast") return;
    if (handshake.name === "complete") this.addresses.connected(address);
  }

  /** Banned or discouraged: not told of to anyone, nor kept. */
  isShunned(host: NetworkHost): boolean {
    return this.discouraged.has(host) || this.bans.isBanned(host);
  }

  /** At once, as the node ends. */
  save(): void {
    this.#encoder = undefined;
    this.#saveBook(this.addresses.save(this.#magic));
    this.saveBans();
  }

  /** At once, when a ban was made or lifted: the operator counts on it. */
  saveBans(): void {
    this.#effect({ type: "save", name: BANS_FILE, bytes: fromUtf8(this.bans.save()) });
  }

  #goOnSaving(): void {
    const bytes = this.#encoder?.work();
    if (bytes === undefined) return;
    this.#encoder = undefined;
    this.#saveBook(bytes);
  }

  #saveBook(bytes: Bytes): void {
    this.#effect({ type: "save", name: PEERS_FILE, bytes });
  }
}

function rulesWithout(without: Without): TableRules {
  return {
    ...DEFAULT_TABLE_RULES,
    bucketsByGroup: !without.has("source-buckets"),
    testsBeforeEviction: !without.has("test-before-evict"),
  };
}

function openBook(
  ports: AddressBookPorts, options: NodeOptions, rules: TableRules, saved: SavedBook | undefined,
): AddressBook {
  const { logger } = ports;
  const { localPeers, discovery: { bookCheckRatio, bookKey } } = options;
  const bookOptions = { localPeers, checkRatio: bookCheckRatio, key: bookKey, rules };
  if (saved === undefined) return new AddressBook(ports, bookOptions);
  const book = AddressBook.load(ports, saved, bookOptions);
  logger.info(`Loaded ${book.size()} addresses from ${PEERS_FILE}`);
  return book;
}

function openBans(clock: Clock, logger: Logger, saved: Bytes | undefined): BanList {
  // The file is ASCII; what is not is no address.
  const reading = saved === undefined ? undefined : BanList.load(clock, toLatin1(saved));
  if (saved === undefined) logger.info("Recreating the banlist database");
  else if (reading === undefined) logger.warning(`Cannot parse banlist ${BANS_FILE}: starting without bans`);
  for (const fault of reading?.faults ?? []) logger.info(fault);
  return reading?.bans ?? new BanList(clock);
}
