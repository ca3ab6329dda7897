/** Addresses that the operator does not want to deal with. @module */
import {
  formatHostSubnet, type HostSubnet, parseHostSubnet, singleHost,
} from "../../addrbook/host_subnet.ts";
import { runCommand } from "../command_fault.ts";
import { type Call, type Method, result } from "../method.ts";
import { methodHelp } from "../method_help.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import type { BanJson } from "../schema.ts";
import { list, nothing, number, object, text, time } from "../shape.ts";

const setban: Method = {
  name: "setban",
  category: "network",
  about: "Bans an address or a subnet for some time, or no longer does.",
  parameters: [
    required("subnet", "string", "The address, or its start and how many bits of it count"),
    required("command", "string", "add or remove"),
    optional("bantime", "number",
      "For how many seconds, or until which Unix time if absolute; 0 for the time that -bantime says",
      { fallback: 0 }),
    optional("absolute", "boolean", "Whether bantime is a Unix time", { fallback: false }),
  ],
  results: result(nothing),
  examples: ["192.168.0.6 add 86400", "192.168.0.0/24 add"],
  async run(call) {
    const { args, host } = call;
    const mode = args.string("command");
    if (mode !== "add" && mode !== "remove") throw new RpcError(RPC_CODE.misc, methodHelp(setban));
    const subnet = readSubnet(call);
    if (mode === "remove") await runCommand(host, { type: "unban", subnet }, "done");
    else await runCommand(host, { type: "ban", subnet, until: readEnd(call, subnet) }, "done");
    return null;
  },
};

function readSubnet({ args, host }: Call): HostSubnet {
  const subnet = parseHostSubnet(args.string("subnet"));
  if (subnet === undefined) throw new RpcError(RPC_CODE.invalidIpOrSubnet, "Error: Invalid IP/Subnet");
  const isOne = subnet.prefixBits === 8 * subnet.host.bytes.length;
  // One of CJDNS is written as an address of IPv6.
  return isOne ? singleHost(host.core.networks.asReached({ ...subnet.host, port: 0 })) : subnet;
}

/** Until when, in Unix seconds. */
function readEnd({ args, host }: Call, subnet: HostSubnet): number {
  const { bans, clock, options } = host.core;
  const isSubnet = args.string("subnet").includes("/");
  if (isSubnet ? bans.has(subnet) : bans.isBanned(subnet.host)) {
    throw new RpcError(RPC_CODE.nodeAlreadyAdded, "Error: IP/Subnet already banned");
  }
  const length = Number(args.integer64("bantime"));
  const isAbsolute = args.boolean("absolute");
  const now = clock.unixTime();
  if (isAbsolute && length < now) {
    throw new RpcError(RPC_CODE.invalidParameter, "Error: Absolute timestamp is in the past");
  }
  if (length <= 0) return now + options.banSeconds;
  // Later moments are not kept to the second; it is 285 million years from now.
  return Math.min(isAbsolute ? length : now + length, Number.MAX_SAFE_INTEGER);
}

const listbanned: Method = {
  name: "listbanned",
  category: "network",
  about: "Lists what setban has banned.",
  parameters: [],
  results: result(list(object({
    address: text("The address or subnet"),
    ban_created: time("When it was banned, in Unix seconds"),
    banned_until: time("Until when it is, in Unix seconds"),
    ban_duration: time("The seconds between the two"),
    time_remaining: number("The seconds that are left"),
  }))),
  run({ host: { core } }): readonly BanJson[] {
    const now = core.clock.unixTime();
    return core.bans.list().map((ban) => ({
      address: formatHostSubnet(ban),
      ban_created: ban.at,
      banned_until: ban.until,
      ban_duration: ban.until - ban.at,
      time_remaining: ban.until - now,
    }));
  },
};

const clearbanned: Method = {
  name: "clearbanned",
  category: "network",
  about: "Lifts all bans.",
  parameters: [],
  results: result(nothing),
  async run({ host }) {
    await runCommand(host, { type: "clear-bans" }, "done");
    return null;
  },
};

export const banMethods: readonly Method[] = [setban, listbanned, clearbanned];
