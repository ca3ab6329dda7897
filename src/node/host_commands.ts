/**
 * Carries out what is wanted of bans and of the address book.
 *
 * @module
 */
import { formatHostSubnet, isInSubnet } from "../addrbook/host_subnet.ts";
import { unreachable } from "../base/assert.ts";
import type { Clock } from "../base/time.ts";
import type { Networks } from "../connections/networks.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../wire/services.ts";
import { type Answer, DONE, failed, succeeded } from "./answer.ts";
import type { CommandOf, CommandResult } from "./command.ts";
import type { NodeEventBody } from "./event.ts";
import { localServices } from "./introduce.ts";
import type { KnownHosts } from "./known_hosts.ts";
import type { NodeOptions } from "./node_options.ts";
import type { Peering } from "./peering.ts";

export type HostCommand = CommandOf<"ban" | "unban" | "clear-bans" | "add-peer-address" | "add-addresses">;

export interface HostCommandPorts {
  readonly options: NodeOptions;
  readonly clock: Clock;
  readonly hosts: KnownHosts;
  readonly networks: Pick<Networks, "asReached">;
  readonly peering: Pick<Peering, "all" | "disconnect">;
  event(body: NodeEventBody): void;
}

export class HostCommands {
  readonly #ports: HostCommandPorts;

  constructor(ports: HostCommandPorts) {
    this.#ports = ports;
  }

  carryOut(command: HostCommand, answer: Answer): void {
    answer(this.#resultOf(command));
  }

  #resultOf(command: HostCommand): CommandResult {
    const { hosts } = this.#ports;
    switch (command.type) {
      case "ban":
        return this.#ban(command);
      case "unban":
        if (!hosts.bans.unban(command.subnet)) return failed({ code: "not-banned" });
        hosts.saveBans();
        return DONE;
      case "clear-bans":
        hosts.bans.clear();
        hosts.saveBans();
        return DONE;
      case "add-peer-address":
        return this.#addPeerAddress(command);
      case "add-addresses":
        return this.#addAddresses(command);
      default:
        return unreachable(command);
    }
  }

  /** Whoever is connected from there has to go, trusted or not: the operator says so. */
  #ban({ subnet, until }: CommandOf<"ban">): CommandResult {
    const { clock, hosts, peering, event } = this.#ports;
    if (hosts.bans.ban(subnet, { at: clock.unixTime(), until })) {
      hosts.saveBans();
      event({ type: "peer:banned", data: { subnet: formatHostSubnet(subnet), until } });
    }
    for (const peer of [...peering.all()]) {
      if (isInSubnet(peer.address, subnet)) peering.disconnect(peer, "banned");
    }
    return DONE;
  }

  #addPeerAddress({ address: given, isTried }: CommandOf<"add-peer-address">): CommandResult {
    const { clock, hosts: { addresses }, networks } = this.#ports;
    const address = networks.asReached(given);
    const known = { address, services: NODE_NETWORK | NODE_WITNESS, time: clock.unixTime() };
    if (!addresses.add(known, address)) return succeeded({ type: "address-added", outcome: "not-in-new" });
    const isIn = !isTried || addresses.good(address);
    return succeeded({ type: "address-added", outcome: isIn ? "added" : "not-in-tried" });
  }

  #addAddresses({ addresses, source }: CommandOf<"add-addresses">): CommandResult {
    const { options, clock, hosts, networks } = this.#ports;
    const services = localServices({ ...options, pruneTarget: undefined });
    const time = clock.unixTime();
    const reached = addresses.map((address) => networks.asReached(address));
    const added = reached.filter((address) => hosts.addresses.add({ address, services, time }, source));
    return succeeded({ type: "count", count: added.length });
  }
}
