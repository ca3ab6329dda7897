/** Opening and closing connections by hand. @module */
import type { PeerId } from "../../peer/peer.ts";
import {
  dialKey, formatAddress, isHostName, namedAddress, parseAddress, splitHostPort,
} from "../../primitives/host_text.ts";
import { type NetworkAddress, standsForName } from "../../primitives/network_address.ts";
import { runCommand, runDial } from "../command_fault.ts";
import { type Call, type Method, result } from "../method.ts";
import { methodHelp } from "../method_help.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import type { AddedNodeJson } from "../schema.ts";
import { boolean, list, nothing, object, text } from "../shape.ts";

const addnode: Method = {
  name: "addnode",
  category: "network",
  about: "Keeps a connection to an address open, no longer does, or tries it once.",
  parameters: [
    required("node", "string", "The IP address or name, with :port unless it is the network's usual one"),
    required("command", "string", "add, remove or onetry"),
    optional("v2transport", "boolean", "Whether to try the encrypted transport (BIP324)",
      { fallbackHint: "as -v2transport has it" }),
  ],
  results: result(nothing),
  examples: ["192.168.0.6:8333 onetry", "192.168.0.6:8333 onetry true"],
  async run(call) {
    const mode = call.args.string("command");
    if (mode !== "add" && mode !== "remove" && mode !== "onetry") {
      throw new RpcError(RPC_CODE.misc, methodHelp(addnode));
    }
    const wantsV2 = readV2(call, "Error: v2transport requested but not enabled (see -v2transport)");
    const node = call.args.string("node");
    const { port } = call.host.core.options.params;
    // Any text is kept; what is no name is never looked up.
    const address = parseNode(node, port) ?? namedAddress(node, port);
    await runDial(call.host, { type: "add-node", address, mode, text: node, wantsV2 });
    return null;
  },
};

/** Whether the encrypted transport is asked for; `undefined` when nothing is said. */
export function readV2({ args, host }: Call, whyNot: string): boolean | undefined {
  const wantsV2 = args.has("v2transport") ? args.boolean("v2transport") : undefined;
  const isRefused = wantsV2 === true && !host.core.options.v2Transport;
  if (isRefused) throw new RpcError(RPC_CODE.invalidParameter, whyNot);
  return wantsV2;
}

/** The address that a parameter gives; a name stands for itself, and is looked up when it is dialled. */
export function readAddress({ host, args }: Call, name: string): NetworkAddress {
  const given = args.string(name);
  const { port } = host.core.options.params;
  const address = parseNode(given, port);
  if (address !== undefined) return address;
  throw new RpcError(RPC_CODE.invalidParameter, `Error: ${given} is neither an address nor a name`);
}

function parseNode(given: string, defaultPort: number): NetworkAddress | undefined {
  const local = given.replace(/^localhost(?=:|$)/, "127.0.0.1");
  const address = parseAddress(withAllBytes(local), defaultPort);
  if (address !== undefined) return address;
  const parts = splitHostPort(given, defaultPort);
  return parts !== undefined && isHostName(parts.host) ? namedAddress(parts.host, parts.port) : undefined;
}

/** `127.1` is an old way to write `127.0.0.1`: what is left out stands before the last number. */
function withAllBytes(given: string): string {
  const [, first, last, port = ""] = /^(\d+(?:\.\d+)?)\.(\d+)(:\d+)?$/.exec(given) ?? [];
  if (first === undefined || last === undefined) return given;
  return `${first}${first.includes(".") ? ".0" : ".0.0"}.${last}${port}`;
}

const getaddednodeinfo: Method = {
  name: "getaddednodeinfo",
  category: "network",
  about: "Returns the nodes that are to be connected at all times (addnode add), or one of them.",
  parameters: [
    optional("node", "string", "That one only, as it was added", { fallbackHint: "all nodes" }),
  ],
  results: result(list(object({
    addednode: text("The node, as it was added"),
    connected: boolean("Whether there is a connection"),
    addresses: list(object({
      address: text("The IP address and port of the connection"),
      connected: text("inbound or outbound"),
    }), "When connected"),
  }))),
  examples: ["", "192.168.0.201"],
  run({ host: { core }, args }): readonly AddedNodeJson[] {
    const connected = new Map(Array.from(core.peers(), (peer) => [dialKey(peer.address), peer]));
    const wanted = args.has("node") ? args.string("node") : undefined;
    const nodes = core.manager.addedNodes.flatMap(({ address, text: name }) => {
      const isWanted = name !== undefined && (wanted === undefined || name === wanted);
      return isWanted ? [{ address, name }] : [];
    });
    if (wanted !== undefined && nodes.length === 0) {
      throw new RpcError(RPC_CODE.nodeNotAdded, "Error: Node has not been added.");
    }
    return nodes.map(({ address, name }): AddedNodeJson => {
      const peer = connected.get(dialKey(address));
      if (peer === undefined) return { addednode: name, connected: false, addresses: [] };
      const direction: "inbound" | "outbound" = peer.isInbound ? "inbound" : "outbound";
      const addresses = [{ address: endText(peer.address), connected: direction }];
      return { addednode: name, connected: true, addresses };
    });
  },
};

/** What a name has led to; only a proxy knows it if the proxy looked it up. */
function endText(address: NetworkAddress): string {
  if (standsForName(address)) return formatAddress(address);
  const { network, bytes, port } = address;
  return formatAddress({ network, bytes, port });
}

const disconnectnode: Method = {
  name: "disconnectnode",
  category: "network",
  about: "Closes the connection to a peer, named by its address or by its number.",
  parameters: [
    optional("address", "string", "Its address and port", { fallbackHint: "by nodeid" }),
    optional("nodeid", "number", "Its number (getpeerinfo)", { fallbackHint: "by address" }),
  ],
  results: result(nothing),
  examples: ["192.168.0.6:8333", "nodeid=1"],
  async run({ host, args }) {
    const given = args.has("address") ? args.string("address") : "";
    if (args.has("nodeid") === (given !== "")) {
      throw new RpcError(RPC_CODE.invalidParams, "Only one of address and nodeid should be provided.");
    }
    const peer = given === ""
      ? (Number(args.integer64("nodeid")) as PeerId)
      : parseNode(given, host.core.options.params.port);
    if (peer === undefined) {
      throw new RpcError(RPC_CODE.nodeNotConnected, "Node not found in connected nodes");
    }
    await runCommand(host, { type: "disconnect", peer }, "done");
    return null;
  },
};

const setnetworkactive: Method = {
  name: "setnetworkactive",
  category: "network",
  about: "Switches the network on or off. While it is off nobody is connected.",
  parameters: [required("state", "boolean", "true for on")],
  results: result(boolean("The state it is in now")),
  examples: ["false"],
  async run({ host, args }) {
    await runCommand(host, { type: "set-network-active", isActive: args.boolean("state") }, "done");
    return host.core.manager.isNetworkActive;
  },
};

export const connectionMethods: readonly Method[] = [
  addnode, getaddednodeinfo, disconnectnode, setnetworkactive,
];
