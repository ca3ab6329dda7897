/** Reaching into the network, for tests. @module */
import { fromHex, isHex } from "../../base/bytes.ts";
import type { ConnectionType, PeerId } from "../../peer/peer.ts";
import { parseHost } from "../../primitives/host_text.ts";
import { runCommand } from "../command_fault.ts";
import { type Method, result } from "../method.ts";
import { methodHelp } from "../method_help.ts";
import { optional, required } from "../parameter.ts";
import { refusePublic } from "../refuse_public.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { boolean, object, optional as maybe, text } from "../shape.ts";
import { readAddress, refuseV2 } from "./network.ts";

const CONNECTION_TYPES: ReadonlySet<string> = new Set<ConnectionType>([
  "outbound-full-relay", "block-relay-only", "addr-fetch", "feeler",
]);

const addconnection: Method = {
  name: "addconnection",
  category: "hidden",
  about: "Opens a connection of one type, for tests.",
  parameters: [
    required("address", "string", "The IP address and port"),
    required("connection_type", "string", "outbound-full-relay, block-relay-only, addr-fetch or feeler"),
    required("v2transport", "boolean", "Whether to use the encrypted transport (BIP324)"),
  ],
  results: result(object({ address: text("The address"), connection_type: text("The type") })),
  async run(call) {
    const { host, args } = call;
    refusePublic(call, "addconnection is for regression testing (-regtest mode) only.");
    const type = args.string("connection_type").trim();
    if (!CONNECTION_TYPES.has(type)) throw new RpcError(RPC_CODE.invalidParameter, methodHelp(addconnection));
    refuseV2(call, "Error: Adding v2transport connections requires -v2transport init flag to be set.");
    const address = readAddress(call, "address");
    await runCommand(host, { type: "add-connection", address, connection: type as ConnectionType }, "done");
    return { address: args.string("address"), connection_type: type };
  },
};

const addpeeraddress: Method = {
  name: "addpeeraddress",
  category: "hidden",
  about: "Puts an address into the book, for tests.",
  parameters: [
    required("address", "string", "The IP address"),
    required("port", "number", "The port"),
    optional("tried", "boolean", "Whether a connection to it is said to have worked", { fallback: false }),
  ],
  results: result(object({
    error: maybe(text("Why it was not taken")),
    success: boolean("Whether it was new"),
  })),
  async run({ host, args }) {
    const port = args.integer("port");
    args.boolean("tried");
    const address = parseHost(args.string("address"), port);
    if (address === undefined) throw new RpcError(RPC_CODE.invalidIpOrSubnet, "Invalid IP address");
    if (port < 0 || port > 0xffff) throw new RpcError(RPC_CODE.misc, "JSON integer out of range");
    const { count } =
      await runCommand(host, { type: "add-addresses", addresses: [address], source: address }, "count");
    return count > 0 ? { success: true } : { error: "failed-adding-to-new", success: false };
  },
};

const MESSAGE_TYPE_LENGTH_MAX = 12;

const sendmsgtopeer: Method = {
  name: "sendmsgtopeer",
  category: "hidden",
  about: "Sends a message of any type and content to a peer, for tests.",
  parameters: [
    required("peer_id", "number", "The peer's number"),
    required("msg_type", "string", "The message's type: at most 12 characters"),
    required("msg", "hex", "The message's bytes, without its header"),
  ],
  results: result(object({})),
  async run({ host, args }) {
    const peer = Number(args.integer64("peer_id")) as PeerId;
    const messageType = args.string("msg_type");
    const payload = args.string("msg");
    if (messageType.length > MESSAGE_TYPE_LENGTH_MAX) {
      throw new RpcError(RPC_CODE.invalidParameter, "Error: msg_type too long, max length is 12");
    }
    if (!isHex(payload)) throw new RpcError(RPC_CODE.invalidParameter, "Error parsing input for msg");
    if (![...host.core.peers()].some(({ id }) => id === peer)) {
      throw new RpcError(RPC_CODE.misc, "Error: Could not send message to peer");
    }
    await runCommand(host, { type: "send-message", peer, messageType, payload: fromHex(payload) }, "done");
    return {};
  },
};

export const hiddenNetworkMethods: readonly Method[] = [addconnection, addpeeraddress, sendmsgtopeer];
