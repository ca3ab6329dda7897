/**
 * DNS seeds: names that resolve to nodes which were up lately.
 *
 * Only when the need is acute, after what is known was tried; a few at a time, so that none can be all
 * that we hear of; and of each, no more addresses than one answer usually has.
 *
 * @module
 */
import { below, shuffle } from "../../base/rng.ts";
import { addDuration, type Instant, seconds } from "../../base/time.ts";
import { namedAddress } from "../../primitives/host_text.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../../wire/services.ts";
import { asksDnsSeeds } from "./discovery_options.ts";
import { PEERS_ENOUGH } from "./seed_nodes.ts";
import type { SeedingPorts, SeedingStep } from "./seeding_ports.ts";

/** Seed nodes have so long before names are asked; fixed seeds come after a minute. */
const SEED_NODES_TIME = seconds(30);
const SEEDS_AT_ONCE = 3;
/** How long known addresses are tried before seeds are asked: few of them, and many. */
const WAIT_FEW = seconds(11);
const WAIT_MANY = seconds(300);
const ADDRESSES_MANY = 1000;
/** Whether to go on waiting is looked at so often. */
const LOOK_INTERVAL = seconds(11);
const INACTIVE_INTERVAL = seconds(1);
const SEED_NODES_INTERVAL = seconds(0.5);
/** As many as an answer over UDP has; one over TCP could fill the book with a seed's own nodes. */
const ADDRESSES_PER_SEED_MAX = 32;
/** What a seed tells of is taken to have been up between three and seven days ago. */
const AGE_LEAST_SECONDS = 3 * 24 * 60 * 60;
const AGE_SPREAD_SECONDS = 4 * 24 * 60 * 60;

/** What nodes must offer that a seed is asked for: whatever we could begin with. */
export const SEED_SERVICES = NODE_NETWORK | NODE_WITNESS;

type State =
  | { readonly name: "new" }
  /** `until`: seed nodes have their turn. */
  | { readonly name: "seed-nodes"; readonly until: Instant }
  /** Known addresses have theirs. */
  | { readonly name: "waiting"; readonly until: Instant }
  | { readonly name: "inactive" }
  | { readonly name: "resolving"; readonly seed: string; readonly host: string }
  | { readonly name: "over" };

export class DnsSeeds implements SeedingStep {
  readonly #ports: SeedingPorts;
  readonly #fetch: (address: NetworkAddress) => void;
  #state: State = { name: "new" };
  #wakeAt: Instant | undefined;
  /** Those that were not asked yet. */
  #seeds: string[] = [];
  /** Of these, how many are asked before another look is taken. */
  #rightNow = 0;
  #found = 0;

  constructor(ports: SeedingPorts, fetch: (address: NetworkAddress) => void) {
    this.#ports = ports;
    this.#fetch = fetch;
  }

  wakeAt(): Instant | undefined {
    return this.#state.name === "new" ? this.#ports.clock.now() : this.#wakeAt;
  }

  work(): void {
    const now = this.#ports.clock.now();
    if (this.#state.name !== "new" && (this.#wakeAt === undefined || now < this.#wakeAt)) return;
    this.#wakeAt = undefined;
    switch (this.#state.name) {
      case "new":
        return this.#begin(now);
      case "seed-nodes":
        return this.#watchSeedNodes(this.#state.until, now);
      case "waiting":
        return this.#wait(this.#state.until, now);
      case "inactive":
        return this.#next(now);
      case "resolving":
      case "over":
        return;
    }
  }

  /** Whether it was one of our names. */
  resolved(host: string, found: readonly NetworkAddress[]): boolean {
    const state = this.#state;
    if (state.name !== "resolving" || state.host !== host) return false;
    this.#learn(state.seed, host, found);
    this.#next(this.#ports.clock.now());
    return true;
  }

  #begin(now: Instant): void {
    const { options: { params, discovery, localPeers, connectOnly }, networks, logger } = this.#ports;
    const isOn = asksDnsSeeds(discovery, connectOnly);
    if (!isOn) logger.info("DNS seeding disabled");
    if (isOn && connectOnly !== undefined && networks.hasNameProxy) {
      logger.info("-dnsseed is ignored when -connect is used and -proxy is specified");
    }
    if (!isOn || localPeers || params.dnsSeeds.length === 0) return this.#end();
    if (discovery.seedNodes.length === 0 || connectOnly !== undefined) return this.#choose(now);
    logger.info(`-seednode enabled. Trying the provided seeds for ${SEED_NODES_TIME / 1000} seconds before ` +
      "defaulting to the dnsseeds.");
    this.#watchSeedNodes(addDuration(now, SEED_NODES_TIME), now);
  }

  #watchSeedNodes(until: Instant, now: Instant): void {
    const { logger } = this.#ports;
    if (now >= until) {
      logger.info("Couldn't connect to enough peers via seed nodes. Handing fetch logic to the DNS seeds.");
      return this.#choose(now);
    }
    if (this.#hasEnough()) {
      logger.info("P2P peers available. Finished fetching data from seed nodes.");
      return this.#choose(now);
    }
    this.#state = { name: "seed-nodes", until };
    this.#wakeAt = addDuration(now, SEED_NODES_INTERVAL);
  }

  #choose(now: Instant): void {
    const { options: { params, discovery }, addresses, logger, rng } = this.#ports;
    this.#seeds = shuffle(rng, [...params.dnsSeeds]);
    const asksAll = discovery.forcesDnsSeeds || addresses.size() === 0;
    this.#rightNow = asksAll ? this.#seeds.length : 0;
    if (asksAll || !this.#hasEnough()) return this.#next(now);
    logger.info("Skipping DNS seeds. Enough peers have been found");
    this.#end();
  }

  /** The next seed, or a wait before the next few. */
  #next(now: Instant): void {
    const { addresses, logger } = this.#ports;
    if (this.#seeds.length === 0) {
      logger.info(`${this.#found} addresses found from DNS seeds`);
      return this.#end();
    }
    if (this.#rightNow > 0) return this.#ask(now);
    this.#rightNow = SEEDS_AT_ONCE;
    if (addresses.size() === 0) return this.#ask(now);
    const wait = addresses.size() >= ADDRESSES_MANY ? WAIT_MANY : WAIT_FEW;
    logger.info(`Waiting ${wait / 1000} seconds before querying DNS seeds.`);
    this.#state = { name: "waiting", until: addDuration(now, wait) };
    this.#wakeAt = addDuration(now, LOOK_INTERVAL);
  }

  #wait(until: Instant, now: Instant): void {
    const { logger } = this.#ports;
    if (!this.#hasEnough()) {
      if (now >= until) return this.#ask(now);
      this.#wakeAt = addDuration(now, LOOK_INTERVAL);
      return;
    }
    if (this.#found > 0) {
      logger.info(`${this.#found} addresses found from DNS seeds`);
      logger.info("P2P peers available. Finished DNS seeding.");
    } else {
      logger.info("P2P peers available. Skipped DNS seeding.");
    }
    this.#end();
  }

  #ask(now: Instant): void {
    const { options: { params, connectOnly }, manager, networks, logger, effect } = this.#ports;
    if (!manager.isNetworkActive) {
      if (this.#state.name !== "inactive") {
        logger.info("Waiting for network to be reactivated before querying DNS seeds.");
      }
      this.#state = { name: "inactive" };
      this.#wakeAt = addDuration(now, INACTIVE_INTERVAL);
      return;
    }
    const seed = this.#seeds.shift() as string;
    this.#rightNow--;
    logger.info(`Loading addresses from DNS seed ${seed}`);
    if (networks.hasNameProxy) {
      // Names are looked up at the other end, which gives no list: it is dialled there, and asked. Who
      // dials the named only has no place for that.
      if (connectOnly === undefined) this.#fetch(namedAddress(seed, params.port));
      return this.#next(now);
    }
    const host = `x${SEED_SERVICES.toString(16)}.${seed}`;
    this.#state = { name: "resolving", seed, host };
    effect({ type: "resolve", host, port: params.port });
  }

  /** A seed that does not know of services is dialled, and asked. */
  #learn(seed: string, host: string, found: readonly NetworkAddress[]): void {
    const { options: { params }, addresses, clock, rng, isSeedUnlimited } = this.#ports;
    if (found.length === 0) return this.#fetch(namedAddress(seed, params.port));
    const source = namedAddress(host, 0);
    const some = isSeedUnlimited ? found : found.slice(0, ADDRESSES_PER_SEED_MAX);
    for (const address of some) {
      const time = clock.unixTime() - AGE_LEAST_SECONDS - below(rng, AGE_SPREAD_SECONDS);
      addresses.add({ address, services: SEED_SERVICES, time }, source);
      this.#found++;
    }
  }

  #hasEnough(): boolean {
    return this.#ports.countFullRelay() >= PEERS_ENOUGH;
  }

  #end(): void {
    this.#state = { name: "over" };
    this.#seeds = [];
  }
}
