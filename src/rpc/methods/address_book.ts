/** What is known of others' addresses. @module */
import type { BookEntry } from "../../addrbook/book_queries.ts";
import { toBase32 } from "../../base/base32.ts";
import type { NodeCore } from "../../node/node_core.ts";
import { formatHost, parseHost } from "../../primitives/host_text.ts";
import {
  isRoutable, NAME_PREFIX_BYTES, NETWORK_NAMES, type NetworkHost, type NetworkName, standsForName,
} from "../../primitives/network_address.ts";
import { runCommand } from "../command_fault.ts";
import { type Method, result } from "../method.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import type { AddressCountsJson, BookEntryJson } from "../schema.ts";
import { boolean, hex, map, number, object, optional as maybe, text, time } from "../shape.ts";

const getaddrmaninfo: Method = {
  name: "getaddrmaninfo",
  category: "network",
  about: "Counts the addresses that this node knows, by network and table.",
  parameters: [],
  results: result(map("network", object({
    new: number("Those that were only heard of"),
    tried: number("Those of nodes that this one has been connected to"),
    total: number("Both"),
  }), "ipv4, ipv6, onion, i2p, cjdns and all_networks")),
  run({ host: { core: { addresses } } }): Readonly<Record<string, AddressCountsJson>> {
    const counts = (network?: NetworkName): AddressCountsJson => ({
      new: addresses.size({ network, isNew: true }),
      tried: addresses.size({ network, isNew: false }),
      total: addresses.size({ network }),
    });
    const byNetwork = NETWORK_NAMES.map((network) => [network, counts(network)] as const);
    return Object.fromEntries([...byNetwork, ["all_networks", counts()]]);
  },
};

const exportasmap: Method = {
  name: "exportasmap",
  category: "network",
  about: "Writes the map of autonomous systems that comes with the program to a file. None does.",
  parameters: [required("path", "string", "The file")],
  results: result(object({
    path: text("The file that was written"),
    bytes_written: number("Its length"),
    file_hash: hex("Its SHA-256"),
  })),
  examples: ["asmap.dat"],
  run() {
    throw new RpcError(RPC_CODE.misc, "No embedded ASMap data available");
  },
};

const PORT_MAX = 0xffff;

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
    success: boolean("Whether it was taken"),
  })),
  async run({ host, args }) {
    const port = args.integer("port");
    if (port < 0 || port > PORT_MAX) throw new RpcError(RPC_CODE.misc, "JSON integer out of range");
    const isTried = args.boolean("tried");
    const parsed = parseHost(args.string("address"), port);
    if (parsed === undefined) throw new RpcError(RPC_CODE.invalidIpOrSubnet, "Invalid IP address");
    const address = { ...parsed, port };
    const { outcome } =
      await runCommand(host, { type: "add-peer-address", address, isTried }, "address-added");
    switch (outcome) {
      case "added":
        return { success: true };
      case "not-in-new":
        return { error: "failed-adding-to-new", success: false };
      case "not-in-tried":
        return { error: "failed-adding-to-tried", success: false };
    }
  },
};

const entryShape = object({
  address: text("The node's address"),
  mapped_as: maybe(number("The autonomous system that announces it, if -asmap tells")),
  port: number("Its port"),
  network: text("Its network (ipv4, ipv6, onion, i2p, cjdns)"),
  services: number("What it offers, as bits"),
  time: time("When it was last heard of, in Unix seconds"),
  source: text("Who told us of it"),
  source_network: text("The network of that address"),
  source_mapped_as: maybe(number("The autonomous system of that address, if -asmap tells")),
});

const getrawaddrman: Method = {
  name: "getrawaddrman",
  category: "hidden",
  about: "Lists all places in the tables of addresses. For tests; may change.",
  parameters: [],
  results: result(map("table", map("bucket/position", entryShape), "new and tried")),
  run({ host: { core } }): Readonly<Record<string, Readonly<Record<string, BookEntryJson>>>> {
    const entries = core.addresses.entries();
    const table = (name: BookEntry["table"]): Readonly<Record<string, BookEntryJson>> => {
      const listed = entries.filter((entry) => entry.table === name);
      return Object.fromEntries(listed.map((entry) => [
        `${entry.bucket}/${entry.position}`, entryJson(core, entry),
      ]));
    };
    return { new: table("new"), tried: table("tried") };
  },
};

function entryJson(
  { netGroups }: NodeCore, { address, services, time: heardAt, source }: BookEntry,
): BookEntryJson {
  const [asn, sourceAsn] = [netGroups.asn(address), netGroups.asn(source)];
  return {
    address: formatHost(address),
    ...(asn === 0 ? {} : { mapped_as: asn }),
    port: address.port,
    services,
    time: heardAt,
    network: address.network,
    source: sourceText(source),
    source_network: sourceNetwork(source),
    ...(sourceAsn === 0 ? {} : { source_mapped_as: sourceAsn }),
  };
}

/** A name of which only a digest is kept is shown as Bitcoin Core shows it. */
function sourceText(source: NetworkHost): string {
  if (!standsForName(source)) return formatHost(source);
  return `${toBase32(source.bytes.subarray(NAME_PREFIX_BYTES))}.internal`;
}

function sourceNetwork(source: NetworkHost): string {
  if (standsForName(source)) return "internal";
  return isRoutable(source) ? source.network : "not_publicly_routable";
}

export const addressBookMethods: readonly Method[] = [
  getaddrmaninfo, exportasmap, addpeeraddress, getrawaddrman,
];
