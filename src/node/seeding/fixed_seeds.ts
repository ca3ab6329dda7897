import { below } from "../../base/rng.ts";
import { addDuration, type Instant, minutes } from "../../base/time.ts";
import { unpackSeeds } from "../../params/packed_seeds.ts";
import { namedAddress, parseAddress, splitHostPort } from "../../primitives/host_text.ts";
import { isRoutable, type NetworkAddress, type NetworkName } from "../../primitives/network_address.ts";
import { asksDnsSeeds } from "./discovery_options.ts";
import { SEED_SERVICES } from "./dns_seeds.ts";
import type { SeedingPorts, SeedingStep } from "./seeding_ports.ts";

/** Other ways to addresses have so long. */
const FIXED_SEEDS_AFTER = minutes(1);
/** They are as old as the release: taken to have been up between one and two weeks ago. */
const AGE_LEAST_SECONDS = 7 * 24 * 60 * 60;
const AGE_SPREAD_SECONDS = 7 * 24 * 60 * 60;

/** Addresses that come with the network's parameters, for networks of which none is known. */
export class FixedSeeds implements SeedingStep {
  readonly #ports: SeedingPorts;
  #checkAt: Instant | undefined;
  #isOver = false;

  constructor(ports: SeedingPorts) {
    this.#ports = ports;
  }

  wakeAt(): Instant | undefined {
    return this.#isOver ? undefined : (this.#checkAt ?? this.#ports.clock.now());
  }

  work(): void {
    if (this.#isOver) return;
    const now = this.#ports.clock.now();
    if (this.#checkAt === undefined) this.#begin(now);
    else if (now >= this.#checkAt) this.#check(now);
  }

  /** A seed that is a name has been looked up. */
  resolved(found: readonly NetworkAddress[]): void {
    for (const address of found) this.#learn(address);
  }

  #begin(now: Instant): void {
    const { options, manager, logger } = this.#ports;
    const { params, connectOnly, discovery } = options;
    this.#checkAt = addDuration(now, FIXED_SEEDS_AFTER);
    if (connectOnly === undefined && !discovery.usesFixedSeeds) logger.info("Fixed seeds are disabled");
    this.#isOver = connectOnly !== undefined || !discovery.usesFixedSeeds;
    const asksNames = asksDnsSeeds(discovery, connectOnly) && params.dnsSeeds.length > 0;
    const [added] = manager.addedNodes;
    if (this.#isOver || asksNames || discovery.seedNodes.length > 0 || added !== undefined) return;
    const empty = this.#emptyNetworks();
    if (empty.size === 0) return;
    logger.info("Adding fixed seeds as -dnsseed=0 (or IPv4/IPv6 connections are disabled via -onlynet) and " +
      "neither -addnode nor -seednode are provided");
    this.#add(empty);
  }

  #check(now: Instant): void {
    this.#checkAt = addDuration(now, FIXED_SEEDS_AFTER);
    const empty = this.#emptyNetworks();
    if (empty.size === 0) return;
    this.#ports.logger.info("Adding fixed seeds as 60 seconds have passed and addrman is empty for at least " +
      "one reachable network");
    this.#add(empty);
  }

  #emptyNetworks(): ReadonlySet<NetworkName> {
    const { addresses, networks } = this.#ports;
    return new Set([...networks.reachable].filter((network) => addresses.size({ network }) === 0));
  }

  #add(empty: ReadonlySet<NetworkName>): void {
    const { options: { params }, effect, logger } = this.#ports;
    this.#isOver = true;
    const found = [...unpackSeeds(params.packedSeeds)];
    for (const seed of params.fixedSeeds) {
      const address = parseAddress(seed, params.port);
      const { host, port } = splitHostPort(seed, params.port) ?? { host: seed, port: params.port };
      if (address === undefined) effect({ type: "resolve", host, port });
      else found.push(address);
    }
    const wanted = found.filter(({ network }) => empty.has(network));
    for (const address of wanted) this.#learn(address);
    logger.info(`Added ${wanted.length} fixed seeds from reachable networks.`);
  }

  #learn(address: NetworkAddress): void {
    const { addresses, clock, manager, rng } = this.#ports;
    // The book keeps what may be told to others. A seed on this machine or network may not, and is dialled
    // as it is.
    if (!isRoutable(address)) return void manager.addNode(address);
    const time = clock.unixTime() - AGE_LEAST_SECONDS - below(rng, AGE_SPREAD_SECONDS);
    addresses.add({ address, services: SEED_SERVICES, time }, namedAddress("fixedseeds", 0));
  }
}
