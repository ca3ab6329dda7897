/**
 * Where a node that knows nobody begins: the seeds of its network.
 *
 * @module
 */
import type { AddressBook } from "../addrbook/address_book.ts";
import type { Clock } from "../base/time.ts";
import type { ConnectionManager } from "../connections/connection_manager.ts";
import { parseAddress, splitHostPort } from "../primitives/host_text.ts";
import { isRoutable, type NetworkAddress } from "../primitives/network_address.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../wire/services.ts";
import type { NodeEffect } from "./effect.ts";
import type { NodeOptions } from "./node_options.ts";

export interface SeedingPorts {
  readonly options: NodeOptions;
  readonly clock: Clock;
  readonly addresses: AddressBook;
  readonly manager: ConnectionManager;
  effect(effect: NodeEffect): void;
}

export class Seeding {
  readonly #ports: SeedingPorts;
  #hasBegun = false;

  constructor(ports: SeedingPorts) {
    this.#ports = ports;
  }

  /** Asks the seeds, the first time, if nobody is known and the node may choose whom to dial. */
  begin(): void {
    const { options, addresses } = this.#ports;
    const { params, connectOnly, loopbackOnly } = options;
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    if (connectOnly !== undefined || addresses.size > 0) return;
    for (const seed of params.fixedSeeds) this.#ask(seed);
    // Whoever may not dial strangers has no use for their addresses.
    if (loopbackOnly === undefined) for (const host of params.dnsSeeds) this.#ask(host);
  }

  /** A name of ours has been looked up. */
  resolved(found: readonly NetworkAddress[]): void {
    for (const address of found) this.#learn(address);
  }

  #ask(seed: string): void {
    const { options: { params }, effect } = this.#ports;
    const address = parseAddress(seed, params.port);
    if (address !== undefined) return this.#learn(address);
    const { host, port } = splitHostPort(seed, params.port) ?? { host: seed, port: params.port };
    effect({ type: "resolve", host, port });
  }

  #learn(address: NetworkAddress): void {
    const { addresses, clock, manager } = this.#ports;
    // The book keeps what may be told to others. A seed on this machine or network may not, and is dialled
    // as it is.
    if (!isRoutable(address)) manager.addNode(address);
    else addresses.add({ address, services: NODE_NETWORK | NODE_WITNESS, time: clock.unixTime() }, address);
  }
}
