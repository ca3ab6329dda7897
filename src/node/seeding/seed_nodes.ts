import { shuffle } from "../../base/rng.ts";
import { addDuration, type Instant, seconds } from "../../base/time.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";
import type { SeedNode } from "./discovery_options.ts";
import type { SeedingPorts, SeedingStep } from "./seeding_ports.ts";

/** With so many full-relay peers the node is on its way. */
export const PEERS_ENOUGH = 2;
/** How long addresses that we have are tried before the next seed node is asked. */
const SEED_NODE_WAIT = seconds(10);

/** `-seednode`: asked at once by a node that knows nobody, one after the other by one that reaches nobody. */
export class SeedNodes implements SeedingStep {
  readonly #ports: SeedingPorts;
  readonly #fetch: (address: NetworkAddress) => void;
  readonly #left: SeedNode[];
  #nextAt: Instant | undefined;

  constructor(ports: SeedingPorts, fetch: (address: NetworkAddress) => void) {
    const { options: { connectOnly, discovery }, rng, logger } = ports;
    this.#ports = ports;
    this.#fetch = fetch;
    this.#left = connectOnly === undefined ? shuffle(rng, [...discovery.seedNodes]) : [];
    const isIgnored = (connectOnly?.length ?? 0) > 0 && discovery.seedNodes.length > 0;
    if (isIgnored) logger.info("-seednode is ignored when -connect is used");
  }

  wakeAt(): Instant | undefined {
    return this.#left.length === 0 ? undefined : (this.#nextAt ?? this.#ports.clock.now());
  }

  work(): void {
    const { addresses, clock, countFullRelay } = this.#ports;
    const now = clock.now();
    const isEmpty = addresses.size() === 0;
    if (this.#nextAt === undefined) {
      if (isEmpty) this.#ask(isEmpty);
    } else if (now < this.#nextAt) {
      return;
    } else if (countFullRelay() < PEERS_ENOUGH) {
      this.#ask(isEmpty);
    }
    this.#nextAt = addDuration(now, SEED_NODE_WAIT);
  }

  #ask(isEmpty: boolean): void {
    const seed = this.#left.pop();
    if (seed === undefined) return;
    this.#fetch(seed.address);
    this.#ports.logger.info(isEmpty
      ? `Empty addrman, adding seednode (${seed.text}) to addrfetch`
      : `Couldn't connect to peers from addrman after ${SEED_NODE_WAIT / 1000} seconds. Adding seednode ` +
        `(${seed.text}) to addrfetch`);
  }
}
