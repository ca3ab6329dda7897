/**
 * Where a node begins that knows nobody, or nobody who answers: seeds.
 *
 * Each kind is asked only when the ones before it were of no use, since each learns that we are here,
 * and could tell us of its own nodes only: seed nodes that the operator names, DNS seeds, and addresses
 * that come with the program.
 *
 * Source: Bitcoin Core, net.cpp, ThreadDNSAddressSeed, ThreadOpenConnections, ProcessAddrFetch.
 *
 * @module
 */
import { addDuration, earlier, type Instant, milliseconds } from "../../base/time.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";
import { DnsSeeds } from "./dns_seeds.ts";
import { FixedSeeds } from "./fixed_seeds.ts";
import { SeedNodes } from "./seed_nodes.ts";
import type { SeedingPorts, SeedingStep } from "./seeding_ports.ts";

/** While there is no place for a connection that only fetches addresses, another look is taken so often. */
const FETCH_RETRY = milliseconds(500);

export class Seeding {
  readonly #ports: SeedingPorts;
  readonly #dnsSeeds: DnsSeeds;
  readonly #fixedSeeds: FixedSeeds;
  /** Bounded by the seeds there are. */
  readonly #toFetch: NetworkAddress[] = [];
  readonly #steps: readonly SeedingStep[];
  #hasBegun = false;
  #retryAt: Instant | undefined;

  constructor(ports: SeedingPorts) {
    this.#ports = ports;
    const fetch = (address: NetworkAddress): void => void this.#toFetch.push(address);
    this.#dnsSeeds = new DnsSeeds(ports, fetch);
    this.#fixedSeeds = new FixedSeeds(ports);
    const seedNodes = new SeedNodes(ports, fetch);
    this.#steps = [seedNodes, this.#dnsSeeds, this.#fixedSeeds];
  }

  wakeAt(): Instant | undefined {
    if (!this.#hasBegun) return this.#ports.clock.now();
    return this.#steps.reduce((at, step) => earlier(at, step.wakeAt()), this.#retryAt);
  }

  /** Does what is due. From the first call on, the time counts. */
  work(): void {
    if (!this.#hasBegun) this.#begin();
    for (const step of this.#steps) step.work();
    this.#fetch();
  }

  /** A name of ours has been looked up. */
  resolved(host: string, found: readonly NetworkAddress[]): void {
    if (!this.#dnsSeeds.resolved(host, found)) this.#fixedSeeds.resolved(found);
  }

  /** Bitcoin Core has threads for it, whose start its tests wait for. */
  #begin(): void {
    const { logger, options: { connectOnly } } = this.#ports;
    this.#hasBegun = true;
    logger.info("addcon thread start");
    if (connectOnly === undefined || connectOnly.length > 0) logger.info("opencon thread start");
  }

  #fetch(): void {
    const { clock, fetchAddresses } = this.#ports;
    this.#retryAt = undefined;
    for (let next = this.#toFetch[0]; next !== undefined; next = this.#toFetch[0]) {
      if (!fetchAddresses(next)) {
        this.#retryAt = addDuration(clock.now(), FETCH_RETRY);
        return;
      }
      this.#toFetch.shift();
    }
  }
}
