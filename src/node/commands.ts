/**
 * Hands each command to those who carry it out, and who answer it once.
 *
 * @module
 */
import { unreachable } from "../base/assert.ts";
import { type Answer, DONE } from "./answer.ts";
import type { ChainCommands } from "./chain_commands.ts";
import type { Command } from "./command.ts";
import type { HostCommands } from "./host_commands.ts";
import type { MiningCommands } from "./mining_commands.ts";
import type { MockClock } from "./mock_clock.ts";
import type { PeerCommands } from "./peer_commands.ts";
import type { TransactionCommands } from "./transaction_commands.ts";

export interface CommandPorts {
  readonly clock: MockClock;
  readonly transactions: TransactionCommands;
  readonly chain: ChainCommands;
  readonly mining: MiningCommands;
  readonly peers: PeerCommands;
  readonly hosts: HostCommands;
}

/** Those about the node as a whole are `NodeCore`'s own. */
type PartCommand = Exclude<Command, { readonly type: "settle" | "shut-down" }>;

export class Commands {
  readonly #ports: CommandPorts;

  constructor(ports: CommandPorts) {
    this.#ports = ports;
  }

  carryOut(command: PartCommand, answer: Answer): void {
    const { clock, transactions, chain, mining, peers, hosts } = this.#ports;
    switch (command.type) {
      case "submit-transaction":
      case "test-transaction":
      case "prioritise":
      case "abort-private-broadcast":
        return transactions.carryOut(command, answer);
      case "invalidate-block":
      case "reconsider-block":
      case "precious-block":
      case "blocks-loaded":
      case "check-chain":
      case "prune":
      case "await-index":
      case "activate-snapshot":
      case "flush":
        return chain.carryOut(command, answer);
      case "submit-block":
      case "submit-header":
      case "test-block":
      case "generate":
      case "generate-block":
        return mining.carryOut(command, answer);
      case "add-node":
      case "add-connection":
      case "set-network-active":
      case "disconnect":
      case "send-message":
      case "ping":
      case "fetch-block":
        return peers.carryOut(command, answer);
      case "ban":
      case "unban":
      case "clear-bans":
      case "add-peer-address":
      case "add-addresses":
        return hosts.carryOut(command, answer);
      case "set-mock-time":
        clock.set(command.time);
        return answer(DONE);
      default:
        return unreachable(command);
    }
  }
}
