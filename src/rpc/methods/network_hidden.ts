/** Reaching into the network, for tests. @module */
import { fromHex, isHex } from "../../base/bytes.ts";
import type { ConnectionType, PeerId } from "../../peer/peer.ts";
import { runCommand, runDial } from "../command_fault.ts";
import { type Method, result } from "../method.ts";
import { methodHelp } from "../method_help.ts";
import { required } from "../parameter.ts";
import { refusePublic } from "../refuse_public.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { object, text } from "../shape.ts";
import { readAddress, readV2 } from "./connections.ts";

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
    const wantsV2 = readV2(call,
      "Error: Adding v2transport connections requires -v2transport init flag to be set.") === true;
    const address = readAddress(call, "address");
    const connection = type as ConnectionType;
    await runDial(host, { type: "add-connection", address, connection, wantsV2 });
    return { address: args.string("address"), connection_type: type };
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

export const hiddenNetworkMethods: readonly Method[] = [addconnection, sendmsgtopeer];
