/** Peers, and the network as it is seen through them. @module */
import { formatPlace, type ProxyPlace } from "../../connections/route.ts";
import { PROTOCOL_VERSION } from "../../peer/introduction.ts";
import { formatHost } from "../../primitives/host_text.ts";
import { NETWORK_NAMES, type NetworkName } from "../../primitives/network_address.ts";
import { serviceNames } from "../../wire/services.ts";
import { runCommand } from "../command_fault.ts";
import { coins } from "../json.ts";
import { type Method, result } from "../method.ts";
import { optional } from "../parameter.ts";
import { peerJson, peerShape, servicesText } from "../render/peer_json.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import type { NetTotalsJson, NetworkInfoJson, NodeAddressJson, ReachabilityJson } from "../schema.ts";
import { amount, boolean, hex, list, nothing, number, object, text, time } from "../shape.ts";
import { warnings } from "../warnings.ts";

/** The release of Bitcoin Core whose shapes these are: clients ask it what they may expect. */
const REPORTED_VERSION = 319_900;

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
      name: text("The network (ipv4, ipv6, onion, i2p, cjdns)"),
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
    const { networks, options } = core;
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
      timeoffset: core.timeOffset,
      networkactive: core.manager.isNetworkActive,
      connections: peers.length,
      connections_in: inbound,
      connections_out: peers.length - inbound,
      networks: NETWORK_NAMES.map((name) => ({
        name,
        limited: !networks.reachable.has(name),
        reachable: networks.reachable.has(name),
        proxy: placeText(networks.placeOf(name)),
        proxy_randomize_credentials: networks.proxyOf(name)?.isolated ?? false,
      })),
      relayfee: coins(options.minRelayFeeRate),
      incrementalfee: coins(options.relayPolicy.incrementalFeeRate),
      localaddresses: Array.from(core.localAddresses, ({ address, score }) => ({
        address: formatHost(address), port: address.port, score,
      })),
      warnings: warnings(core),
    };
  },
};

function placeText(place: ProxyPlace | undefined): string {
  return place === undefined ? "" : formatPlace(place);
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
    const { addresses, bans, discouraged } = host.core;
    const count = args.integer("count");
    if (count < 0) throw new RpcError(RPC_CODE.invalidParameter, "Address count out of range");
    const network = args.has("network") ? readNetwork(args.string("network")) : undefined;
    const known = addresses.sample({ countMax: count, percentMax: 0, network, isFiltered: true });
    const wanted = known.filter(({ address }) => !bans.isBanned(address) && !discouraged.has(address));
    return wanted.map(({ address, services, time }) => ({
      time, services,
      address: formatHost(address),
      port: address.port,
      network: address.network,
    }));
  },
};

function readNetwork(text: string): NetworkName {
  const name = NETWORK_NAMES.find((each) => each === text.toLowerCase());
  if (name === undefined) throw new RpcError(RPC_CODE.invalidParameter, `Network not recognized: ${text}`);
  return name;
}

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
    }, "What the operator lets be sent (-maxuploadtarget)"),
  })),
  run({ host: { core } }): NetTotalsJson {
    const { sent, received } = core.byteTotals;
    const uploads = core.uploads.report();
    return {
      totalbytesrecv: received,
      totalbytessent: sent,
      timemillis: core.clock.now(),
      uploadtarget: {
        timeframe: uploads.cycle,
        target: uploads.target,
        target_reached: uploads.isReached,
        serve_historical_blocks: uploads.servesHistory,
        bytes_left_in_cycle: uploads.bytesLeft,
        time_left_in_cycle: uploads.secondsLeft,
      },
    };
  },
};

const getreachability: Method = {
  name: "getreachability",
  category: "network",
  about: "Returns what shows whether other machines reach this node. Not in Bitcoin Core.",
  parameters: [],
  results: result(object({
    listening: boolean("Whether it takes connections"),
    port: number("Where, on all addresses or those of -bind"),
    arrivals: list(object({
      network: text("ipv4, ipv6, onion, i2p or cjdns"),
      last: time("When the last peer came in by it, in Unix seconds"),
      day: number("How many did in the last 24 hours"),
    }), "Networks by which peers on other machines have come in since the start"),
  })),
  run({ host: { core } }): ReachabilityJson {
    const { listen, listenPort } = core.options;
    return {
      listening: listen,
      port: listenPort,
      arrivals: core.inboundRecord.arrivals().map(({ network, last, dayCount }) => ({
        network, last, day: dayCount,
      })),
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
  getnetworkinfo, getpeerinfo, getconnectioncount, getnettotals, getnodeaddresses, getreachability, ping,
];
