/**
 * Carries out what an operator wants of bans and of the address book.
 *
 * @module
 */
import { isInSubnet } from "../addrbook/host_subnet.ts";
import { unreachable } from "../base/assert.ts";
import type { Clock } from "../base/time.ts";
import type { Networks } from "../connections/networks.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../wire/services.ts";
import { DONE, failed, succeeded } from "./answer.ts";
import type { Command, CommandResult } from "./command.ts";
import type { KnownHosts } from "./known_hosts.ts";
import type { Peering } from "./peering.ts";

type HostCommand = Extract<Command, {
  readonly type: "ban" | "unban" | "clear-bans" | "add-peer-address";
}>;
type CommandOf<T extends HostCommand["type"]> = Extract<HostCommand, { readonly type: T }>;

export interface HostDeskPorts {
  readonly clock: Clock;
  readonly hosts: KnownHosts;
  readonly networks: Pick<Networks, "asReached">;
  readonly peering: Pick<Peering, "all" | "disconnect">;
}

export class HostDesk {
  readonly #ports: HostDeskPorts;

  constructor(ports: HostDeskPorts) {
    this.#ports = ports;
  }

  carryOut(command: HostCommand): CommandResult {
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
        return this.#addAddress(command);
      default:
        return unreachable(command);
    }
  }

  /** Whoever is connected from there has to go, trusted or not: the operator says so. */
  #ban({ subnet, until }: CommandOf<"ban">): CommandResult {
    const { clock, hosts, peering } = this.#ports;
    if (hosts.bans.ban(subnet, { at: clock.unixTime(), until })) hosts.saveBans();
    for (const peer of [...peering.all()]) {
      if (isInSubnet(peer.address, subnet)) peering.disconnect(peer, "banned");
    }
    return DONE;
  }

  #addAddress({ address: given, isTried }: CommandOf<"add-peer-address">): CommandResult {
    const { clock, hosts: { addresses }, networks } = this.#ports;
    const address = networks.asReached(given);
    const known = { address, services: NODE_NETWORK | NODE_WITNESS, time: clock.unixTime() };
    if (!addresses.add(known, address)) return succeeded({ type: "address-added", outcome: "not-in-new" });
    const isIn = !isTried || addresses.good(address);
    return succeeded({ type: "address-added", outcome: isIn ? "added" : "not-in-tried" });
  }
}
