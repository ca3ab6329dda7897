/** Peers, and the network as it is seen through them. @module */
import { PROTOCOL_VERSION } from "../../peer/introduction.ts";
import type { PeerId } from "../../peer/peer.ts";
import { formatHost, parseAddress } from "../../primitives/host_text.ts";
import type { NetworkAddress, NetworkName } from "../../primitives/network_address.ts";
import { serviceNames } from "../../wire/services.ts";
import { runCommand } from "../command_fault.ts";
import { coins } from "../json.ts";
import { type Call, type Method, result } from "../method.ts";
import { methodHelp } from "../method_help.ts";
import { optional, required } from "../parameter.ts";
import { peerJson, peerShape, servicesText } from "../render/peer_json.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import type { NetTotalsJson, NetworkInfoJson, NodeAddressJson } from "../schema.ts";
import { amount, boolean, hex, list, nothing, number, object, text, time } from "../shape.ts";
import { warnings } from "../warnings.ts";

/** The release of Bitcoin Core whose shapes these are: clients ask it what they may expect. */
const REPORTED_VERSION = 319_900;

const NETWORKS: readonly NetworkName[] = ["ipv4", "ipv6", "onion", "i2p", "cjdns"];
/** Those that are reached without a proxy. */
const DIRECT: ReadonlySet<NetworkName> = new Set<NetworkName>(["ipv4", "ipv6"]);

const getnetworkinfo: Method = {
  name: "getnetworkinfo",
  category: "network",
  about: "Returns the state of this node on the network.",
  parameters: [],
  results: result(object({
    version: number("The release of Bitcoin Core whose answers these are shaped like"),
    subversion: text("What this node calls itself"),
    protocolversion: number("The protocol version it speaks"),
    localservices: hex("What it offers, as bits"),
    localservicesnames: list(text("The name of such a bit")),
    localrelay: boolean("Whether it asks for transactions"),
    timeoffset: number("The peers' clocks less ours, in seconds: the median"),
    networkactive: boolean("Whether the network is on"),
    connections: number("Connections"),
    connections_in: number("Those that peers opened"),
    connections_out: number("Those that we opened"),
    networks: list(object({
      name: text("ipv4, ipv6, onion, i2p or cjdns"),
      limited: boolean("Whether it is left aside"),
      reachable: boolean("Whether it can be reached"),
      proxy: text("The proxy used for it, or nothing"),
      proxy_randomize_credentials: boolean("Whether that gets other credentials each time"),
    })),
    relayfee: amount("The least that a transaction must pay, in coins per 1,000 virtual bytes"),
    incrementalfee: amount("What a replacement must pay on top"),
    localaddresses: list(object({
      address: text("Where this node is reached"),
      port: number("The port"),
      score: number("How sure that is"),
    })),
    warnings: list(text("A warning"), "What its operator should know"),
  })),
  run({ host: { core } }): NetworkInfoJson {
    const { options } = core;
    const peers = [...core.peers()];
    const inbound = peers.filter((peer) => peer.isInbound).length;
    const { services } = core;
    return {
      version: REPORTED_VERSION,
      subversion: options.userAgent,
      protocolversion: PROTOCOL_VERSION,
      localservices: servicesText(services),
      localservicesnames: serviceNames(services),
      localrelay: !options.blocksOnly,
      timeoffset: median(
        peers.filter((peer) => peer.isReady && !peer.isInbound).map((peer) => peer.features.timeOffset)),
      networkactive: true,
      connections: peers.length,
      connections_in: inbound,
      connections_out: peers.length - inbound,
      networks: NETWORKS.map((name) => ({
        name,
        limited: !DIRECT.has(name),
        reachable: DIRECT.has(name),
        proxy: "",
        proxy_randomize_credentials: false,
      })),
      relayfee: coins(options.minRelayFeeRate),
      incrementalfee: coins(options.relayPolicy.incrementalFeeRate),
      localaddresses: options.advertise.map((address) => ({
        address: formatHost(address), port: address.port, score: 1,
      })),
      warnings: warnings(core),
    };
  },
};

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

const getpeerinfo: Method = {
  name: "getpeerinfo",
  category: "network",
  about: "Returns what is known of each connected peer, in the order in which they connected.",
  parameters: [],
  results: result(list(peerShape)),
  run({ host }) {
    const { core } = host;
    const now = core.clock.now();
    return Array.from(core.peers(), (peer) => peerJson(peer, core.peerReport(peer), now));
  },
};

const getconnectioncount: Method = {
  name: "getconnectioncount",
  category: "network",
  about: "Returns the number of connections.",
  parameters: [],
  results: result(number("Connections, of both directions")),
  run: ({ host }) => [...host.core.peers()].length,
};

const v2transport = optional("v2transport", "boolean", "Whether to use the encrypted transport (BIP324)",
  { fallbackHint: "false: it is not built yet" });

const addnode: Method = {
  name: "addnode",
  category: "network",
  about: "Keeps a connection to an address open, no longer does, or tries it once.",
  parameters: [
    required("node", "string", "The IP address, with :port unless it is the network's usual one"),
    required("command", "string", "add, remove or onetry"),
    v2transport,
  ],
  results: result(nothing),
  examples: ["192.168.0.6:8333 onetry"],
  async run(call) {
    const mode = call.args.string("command");
    if (mode !== "add" && mode !== "remove" && mode !== "onetry") {
      throw new RpcError(RPC_CODE.misc, methodHelp(addnode));
    }
    refuseV2(call, "Error: v2transport requested but not enabled (see -v2transport)");
    const address = readAddress(call, "node");
    await runCommand(call.host, { type: "add-node", address, mode }, "done");
    return null;
  },
};

/** There is one transport. */
export function refuseV2({ args }: Call, message: string): void {
  const isAsked = args.has("v2transport") && args.boolean("v2transport");
  if (isAsked) throw new RpcError(RPC_CODE.invalidParameter, message);
}

/** The address of an IP that a parameter gives. */
export function readAddress({ host, args }: Call, name: string): NetworkAddress {
  const text = args.string(name);
  const local = text.replace(/^localhost(?=:|$)/, "127.0.0.1");
  const address = parseAddress(local, host.core.options.params.port);
  if (address !== undefined) return address;
  throw new RpcError(RPC_CODE.invalidParameter,
    `Error: ${text} is not an IP address; names are not looked up here`);
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
    const text = args.has("address") ? args.string("address") : "";
    if (args.has("nodeid") === (text !== "")) {
      throw new RpcError(RPC_CODE.invalidParams, "Only one of address and nodeid should be provided.");
    }
    const peer = text === ""
      ? (Number(args.integer64("nodeid")) as PeerId)
      : parseAddress(text, host.core.options.params.port);
    if (peer === undefined) {
      throw new RpcError(RPC_CODE.nodeNotConnected, "Node not found in connected nodes");
    }
    await runCommand(host, { type: "disconnect", peer }, "done");
    return null;
  },
};

const getnodeaddresses: Method = {
  name: "getnodeaddresses",
  category: "network",
  about: "Returns addresses of nodes that this one has heard of, in random order.",
  parameters: [
    optional("count", "number", "How many at most; 0 for all", { fallback: 1 }),
    optional("network", "string", "Only those of ipv4, ipv6, onion, i2p or cjdns", { fallbackHint: "all" }),
  ],
  results: result(list(object({
    time: time("When it was last heard of, in Unix seconds"),
    services: number("What it offers, as bits"),
    address: text("Its address"),
    port: number("Its port"),
    network: text("ipv4, ipv6, onion, i2p or cjdns"),
  }))),
  examples: ["8", "4 i2p", "count=4 network=onion"],
  run({ host, args }): readonly NodeAddressJson[] {
    const { addresses } = host.core;
    const count = args.integer("count");
    if (count < 0) throw new RpcError(RPC_CODE.invalidParameter, "Address count out of range");
    const network = args.has("network") ? readNetwork(args.string("network")) : undefined;
    const known = addresses.sample(count === 0 ? addresses.size : count, network);
    return known.map(({ address, services, time }) => ({
      time,
      services: Number(services),
      address: formatHost(address),
      port: address.port,
      network: address.network,
    }));
  },
};

function readNetwork(text: string): NetworkName {
  const name = NETWORKS.find((each) => each === text.toLowerCase());
  if (name === undefined) throw new RpcError(RPC_CODE.invalidParameter, `Network not recognized: ${text}`);
  return name;
}

const SECONDS_A_DAY = 24 * 60 * 60;

const getnettotals: Method = {
  name: "getnettotals",
  category: "network",
  about: "Returns how much was sent and received since the start.",
  parameters: [],
  results: result(object({
    totalbytesrecv: number("Bytes received"),
    totalbytessent: number("Bytes sent"),
    timemillis: time("The time, in Unix milliseconds"),
    uploadtarget: object({
      timeframe: number("Seconds that a limit of uploads is for"),
      target: number("Bytes that may be sent in them; 0 for any"),
      target_reached: boolean("Whether so many were sent"),
      serve_historical_blocks: boolean("Whether old blocks are sent"),
      bytes_left_in_cycle: number("Bytes that may still be sent"),
      time_left_in_cycle: number("Seconds until they are counted anew"),
    }, "There is no such limit yet"),
  })),
  run({ host: { core } }): NetTotalsJson {
    const { sent, received } = core.byteTotals;
    return {
      totalbytesrecv: received,
      totalbytessent: sent,
      timemillis: core.clock.now(),
      uploadtarget: {
        timeframe: SECONDS_A_DAY,
        target: 0,
        target_reached: false,
        serve_historical_blocks: true,
        bytes_left_in_cycle: 0,
        time_left_in_cycle: 0,
      },
    };
  },
};

const ping: Method = {
  name: "ping",
  category: "network",
  about: "Sends a ping to every peer; getpeerinfo shows how long the answers took.",
  parameters: [],
  results: result(nothing),
  async run({ host }) {
    await runCommand(host, { type: "ping" }, "done");
    return null;
  },
};

export const networkMethods: readonly Method[] = [
  getnetworkinfo, getpeerinfo, getconnectioncount, getnettotals, addnode, disconnectnode, getnodeaddresses,
  ping,
];
