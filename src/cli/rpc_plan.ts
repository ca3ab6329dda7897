/** Who may call a node, and where. @module */
import { networkInterfaces } from "node:os";
import { isAbsolute, join } from "node:path";
import { parseSubnet, type Subnet } from "../base/subnet.ts";
import type { ListenAddress } from "../io/listener.ts";
import type { NodeRpcOptions } from "../io/node_rpc.ts";
import { parseRpcAuth, type RpcUser } from "../io/rpc_auth.ts";
import type { Credentials } from "../io/run_files.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { splitHostPort } from "../primitives/host_text.ts";
import { UsageError } from "./core_flags.ts";
import { readInteger, readPort } from "./read_setting.ts";
import type { Settings } from "./settings.ts";

export interface RpcPlan {
  readonly options: NodeRpcOptions;
  /** For the log. */
  readonly warnings: readonly string[];
}

/** `undefined` when nobody may call. @throws {UsageError} */
export function planRpc(settings: Settings, params: ChainParams, networkDir: string): RpcPlan | undefined {
  const port = readPort(settings, "rpcport", params.rpcPort);
  if (!settings.flag("server", true)) return undefined;
  const warnings: string[] = [];
  const password = readPassword(settings);
  const cookieFile = password === undefined ? readCookieFile(settings, networkDir) : undefined;
  const options: NodeRpcOptions = {
    listen: readListen(settings, port, warnings),
    allow: settings.list("rpcallowip").map(readAllowed),
    users: settings.list("rpcauth").map(readUser),
    checkResults: settings.flag("rpcdoccheck"),
    ...(password === undefined ? {} : { password }),
    ...(cookieFile === undefined ? {} : { cookieFile }),
    ...(settings.isSet("rpcworkqueue") ? { pendingMax: readPendingMax(settings) } : {}),
    ...(settings.isSet("rpcservertimeout")
      ? { timeout: 1000 * readInteger(settings, "rpcservertimeout", 30) } : {}),
  };
  return { options, warnings };
}

/** Those that are worked on, and those that wait. */
function readPendingMax(settings: Settings): number {
  return Math.max(1, readInteger(settings, "rpcworkqueue", 64)) +
    Math.max(1, readInteger(settings, "rpcthreads", 16));
}

/** Other machines are let in only when both the address and they are named. */
function readListen(settings: Settings, port: number, warnings: string[]): readonly ListenAddress[] {
  const binds = settings.list("rpcbind");
  const allowed = settings.list("rpcallowip");
  if (binds.length > 0 && allowed.length > 0) return binds.map((text) => readBind(text, port));
  if (allowed.length > 0) {
    warnings.push("Option -rpcallowip was specified without -rpcbind; this doesn't usually make sense");
  }
  if (binds.length > 0) {
    warnings.push(
      "Option -rpcbind was ignored because -rpcallowip was not specified, refusing to allow everyone to " +
        "connect");
  }
  return hasIpv6Loopback() ? [{ host: "127.0.0.1", port }, { host: "::1", port }]
    : [{ host: "127.0.0.1", port }];
}

function hasIpv6Loopback(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === "::1"));
}

function readBind(text: string, defaultPort: number): ListenAddress {
  const parts = splitHostPort(text, defaultPort);
  if (parts === undefined) throw new UsageError(`Invalid port specified in -rpcbind: '${text}'`);
  return parts;
}

function readAllowed(text: string): Subnet {
  const subnet = parseSubnet(text);
  if (subnet !== undefined) return subnet;
  throw new UsageError(
    `Invalid -rpcallowip subnet specification: ${text}. Valid are a single IP (e.g. 1.2.3.4), ` +
    "a network/netmask (e.g. 1.2.3.4/255.255.255.0), a network/CIDR (e.g. 1.2.3.4/24), all ipv4 " +
      "(0.0.0.0/0), or all " +
    "ipv6 (::/0). RFC4193 is allowed only if -cjdnsreachable=0.");
}

function readUser(text: string): RpcUser {
  const user = parseRpcAuth(text);
  if (user === undefined) throw new UsageError(START_FAILURE);
  return user;
}

/** What Bitcoin Core says of every failure of this kind. */
export const START_FAILURE = "Unable to start HTTP server. See debug log for details.";

function readPassword(settings: Settings): Credentials | undefined {
  const password = settings.text("rpcpassword") ?? "";
  return password === "" ? undefined : { user: settings.text("rpcuser") ?? "", password };
}

function readCookieFile(settings: Settings, networkDir: string): string | undefined {
  if (settings.isNegated("rpccookiefile")) return undefined;
  const name = settings.text("rpccookiefile") || ".cookie";
  return isAbsolute(name) ? name : join(networkDir, name);
}
