/**
 * Carries out what is wanted of connections: to make and end them, and to say something on them.
 *
 * @module
 */
import { unreachable } from "../base/assert.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { ConnectionManager } from "../connections/connection_manager.ts";
import type { Networks } from "../connections/networks.ts";
import { dialKey, formatAddress } from "../primitives/host_text.ts";
import { type Answer, DONE, failed } from "./answer.ts";
import type { CommandOf, CommandResult } from "./command.ts";
import type { Conversations } from "./conversations.ts";
import type { Dialing } from "./dialing.ts";
import type { Peering } from "./peering.ts";

export type PeerCommand = CommandOf<
  | "add-node" | "add-connection" | "set-network-active" | "disconnect"
  | "send-message" | "ping" | "fetch-block"
>;

export interface PeerCommandPorts {
  readonly headers: Pick<ChainState["headers"], "find">;
  readonly networks: Pick<Networks, "asReached">;
  readonly manager: Pick<ConnectionManager, "addNode" | "removeNode">;
  readonly dialing: Pick<Dialing, "request" | "setNetworkActive">;
  readonly peering: Pick<Peering, "get" | "all" | "disconnect" | "sendRaw" | "passAll">;
  readonly conversations: Pick<Conversations, "requestPing" | "fetchBlock">;
}

export class PeerCommands {
  readonly #ports: PeerCommandPorts;

  constructor(ports: PeerCommandPorts) {
    this.#ports = ports;
  }

  carryOut(command: PeerCommand, answer: Answer): void {
    const { networks, dialing } = this.#ports;
    switch (command.type) {
      case "add-node":
        return this.#addNode(command, answer);
      case "add-connection": {
        const { address, connection, wantsV2 } = command;
        return dialing.request(networks.asReached(address), connection, { wantsV2 }, answer);
      }
      case "set-network-active":
        dialing.setNetworkActive(command.isActive);
        return answer(DONE);
      case "disconnect":
        return answer(this.#disconnect(command));
      case "send-message":
        return answer(this.#sendMessage(command));
      case "ping":
        return answer(this.#ping());
      case "fetch-block":
        return answer(this.#fetchBlock(command));
      default:
        return unreachable(command);
    }
  }

  #addNode({ address: given, mode, text, wantsV2 }: CommandOf<"add-node">, answer: Answer): void {
    const { manager, dialing, networks } = this.#ports;
    const address = networks.asReached(given);
    const listed = text ?? formatAddress(address);
    switch (mode) {
      case "add": {
        const isNew = manager.addNode(address, listed, wantsV2);
        return answer(isNew ? DONE : failed({ code: "node-already-added" }));
      }
      case "remove":
        return answer(manager.removeNode(listed) ? DONE : failed({ code: "node-not-added" }));
      case "onetry":
        return dialing.request(address, "manual", { wantsV2 }, answer);
    }
  }

  #disconnect({ peer }: CommandOf<"disconnect">): CommandResult {
    const { peering, networks } = this.#ports;
    const found = typeof peer === "number"
      ? peering.get(peer)
      : [...peering.all()].find(({ address }) => dialKey(address) === dialKey(networks.asReached(peer)));
    if (found === undefined || found.isClosing) return failed({ code: "node-not-connected" });
    peering.disconnect(found, "operator");
    return DONE;
  }

  #sendMessage({ peer, messageType, payload }: CommandOf<"send-message">): CommandResult {
    const { peering } = this.#ports;
    const connection = peering.get(peer);
    if (connection === undefined || connection.isClosing) return failed({ code: "node-not-connected" });
    peering.sendRaw(connection, messageType, payload);
    return DONE;
  }

  #ping(): CommandResult {
    const { conversations, peering } = this.#ports;
    conversations.requestPing();
    peering.passAll();
    return DONE;
  }

  #fetchBlock({ hash, peer }: CommandOf<"fetch-block">): CommandResult {
    const { headers, conversations } = this.#ports;
    const id = headers.find(hash);
    if (id === undefined) return failed({ code: "block-not-found" });
    const reason = conversations.fetchBlock(peer, id);
    return reason === undefined ? DONE : failed({ code: "fetch-refused", reason });
  }
}
