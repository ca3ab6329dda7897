/**
 * What some peers may do that others may not: `-whitelist` and `-whitebind`.
 *
 * ```text
 * whitelist = [ entries "@" ] ip [ "/" ( bits | netmask ) ]
 * whitebind = [ entries "@" ] ip ":" port
 * entries   = entry *( "," entry )      an entry may be empty
 * entry     = permission | "bloom" | "all" | "in" | "out"
 * ```
 *
 * Without `entries@` the usual permissions are granted, with `@` alone none. Grammar, implications
 * and error texts are those of Bitcoin Core's net_permissions.cpp.
 *
 * @module
 */
import { hasPrefixBits } from "../base/ip_address.ts";
import { parseAddress, parseHost, parseIp } from "../primitives/host_text.ts";
import { equalAddresses, type NetworkAddress } from "../primitives/network_address.ts";
import type { Permission } from "./peer.ts";

/** An address block and what peers from it may do: one `-whitelist`. */
export interface PermissionRule {
  readonly permissions: ReadonlySet<Permission>;
  /** The network's address, and how many leading bits must agree. */
  readonly address: NetworkAddress;
  readonly prefixBits: number;
  readonly inbound: boolean;
  readonly outbound: boolean;
}

/** An address that we listen on, and what peers that come in through it may do: one `-whitebind`. */
export interface BindPermissionRule {
  readonly permissions: ReadonlySet<Permission>;
  readonly address: NetworkAddress;
}

/** What a rule without entries grants besides `noban` and `mempool`. */
export interface UsualPermissions {
  /** `-whitelistrelay`. @default true */
  readonly relay: boolean;
  /** `-whitelistforcerelay`. @default false */
  readonly forceRelay: boolean;
}

export type PermissionParse<Rule> =
  | { readonly ok: true; readonly rule: Rule }
  | { readonly ok: false; readonly error: string };

export const NO_PERMISSIONS: ReadonlySet<Permission> = new Set<Permission>();

/** In the order in which RPC lists them. */
const PERMISSIONS: readonly Permission[] = [
  "bloomfilter", "noban", "forcerelay", "relay", "mempool", "download", "addr",
];

const IMPLIED: Partial<Record<Permission, Permission>> = { forcerelay: "relay", noban: "download" };

interface Entries {
  /** `undefined`: the usual ones. */
  readonly granted: ReadonlySet<Permission> | undefined;
  readonly isIn: boolean;
  readonly isOut: boolean;
  /** What follows the `@`. */
  readonly rest: string;
}

/** Reads one `-whitelist`. */
export function parseWhitelist(text: string, usual: UsualPermissions): PermissionParse<PermissionRule> {
  const entries = parseEntries(text, true);
  if (typeof entries === "string") return { ok: false, error: entries };
  const block = parseBlock(entries.rest);
  if (block === undefined) {
    return { ok: false, error: `Invalid netmask specified in -whitelist: '${entries.rest}'` };
  }
  const permissions = entries.granted ?? usualPermissions(usual);
  return { ok: true, rule: { permissions, ...block, inbound: entries.isIn, outbound: entries.isOut } };
}

/** Reads one `-whitebind`. */
export function parseWhitebind(text: string, usual: UsualPermissions): PermissionParse<BindPermissionRule> {
  const entries = parseEntries(text, false);
  if (typeof entries === "string") return { ok: false, error: entries };
  const address = parseAddress(entries.rest.replace(/(?<=[\]\d]):0$/, ""), 0);
  if (address === undefined) {
    return { ok: false, error: `Cannot resolve -whitebind address: '${entries.rest}'` };
  }
  if (address.port === 0) {
    return { ok: false, error: `Need to specify a port with -whitebind: '${entries.rest}'` };
  }
  return { ok: true, rule: { permissions: entries.granted ?? usualPermissions(usual), address } };
}

export interface ConnectionEnds {
  readonly remote: NetworkAddress;
  readonly local: NetworkAddress;
  readonly isInbound: boolean;
}

/** What a connection may do: everything that any rule for it grants. */
export function permissionsOf(
  connection: ConnectionEnds,
  rules: readonly PermissionRule[],
  bindRules: readonly BindPermissionRule[] = [],
): ReadonlySet<Permission> {
  const { remote, local, isInbound } = connection;
  const granted = rules.filter((rule) => (isInbound ? rule.inbound : rule.outbound) && covers(rule, remote));
  const bound = isInbound ? bindRules.filter((rule) => isBoundTo(rule.address, local)) : [];
  return union([...granted, ...bound].map(({ permissions }) => permissions));
}

/** Whether the rule's block holds the address. */
function covers({ address, prefixBits }: PermissionRule, remote: NetworkAddress): boolean {
  return address.network === remote.network && hasPrefixBits(remote.bytes, address.bytes, prefixBits);
}

function isBoundTo(bind: NetworkAddress, local: NetworkAddress): boolean {
  if (bind.port !== local.port) return false;
  const isAny = bind.bytes.every((byte) => byte === 0);
  return isAny || equalAddresses(bind, local);
}

function union(sets: readonly ReadonlySet<Permission>[]): ReadonlySet<Permission> {
  const filled = sets.filter(({ size }) => size > 0);
  // Most connections have none or those of one rule, and share one set.
  if (filled.length < 2) return filled[0] ?? NO_PERMISSIONS;
  return new Set(PERMISSIONS.filter((permission) => filled.some((set) => set.has(permission))));
}

function usualPermissions({ relay, forceRelay }: UsualPermissions): ReadonlySet<Permission> {
  const named: Permission[] = ["noban", "mempool"];
  if (relay) named.push("relay");
  if (forceRelay) named.push("forcerelay");
  return withImplied(named);
}

function withImplied(named: readonly Permission[]): ReadonlySet<Permission> {
  return new Set(PERMISSIONS.filter((each) => named.some((name) => name === each || IMPLIED[name] === each)));
}

/** The part before the `@`; a string is the error. */
function parseEntries(text: string, mayBeOut: boolean): Entries | string {
  const at = text.indexOf("@");
  if (at < 0) return { granted: undefined, isIn: true, isOut: false, rest: text };
  const named: Permission[] = [];
  let isIn = false;
  let isOut = false;
  for (const entry of text.slice(0, at).split(",")) {
    if (entry === "in") isIn = true;
    else if (entry === "out" && mayBeOut) isOut = true;
    else if (entry === "out") return 'whitebind may only be used for incoming connections ("out" was passed)';
    else if (entry === "all") named.push(...PERMISSIONS);
    else if (entry === "bloom") named.push("bloomfilter");
    else if (isPermission(entry)) named.push(entry);
    else if (entry !== "") return `Invalid P2P permission: '${entry}'`;
  }
  if ((isIn || isOut) && named.length === 0) return `Only direction was set, no permissions: '${text}'`;
  return { granted: withImplied(named), isIn: isIn || !isOut, isOut, rest: text.slice(at + 1) };
}

function isPermission(text: string): text is Permission {
  return (PERMISSIONS as readonly string[]).includes(text);
}

function parseBlock(text: string): Pick<PermissionRule, "address" | "prefixBits"> | undefined {
  const slash = text.lastIndexOf("/");
  const address = parseHost(slash < 0 ? text : text.slice(0, slash), 0);
  if (address === undefined) return undefined;
  const widest = 8 * address.bytes.length;
  if (slash < 0) return { address, prefixBits: widest };
  const prefixBits = parsePrefixBits(text.slice(slash + 1), address);
  return prefixBits === undefined || prefixBits > widest ? undefined : { address, prefixBits };
}

/** `24` or `255.255.255.0`; hidden services come one by one. */
function parsePrefixBits(text: string, { network }: NetworkAddress): number | undefined {
  if (network !== "ipv4" && network !== "ipv6") return undefined;
  if (/^\d{1,3}$/.test(text)) return Number(text);
  const mask = parseIp(text);
  if (mask?.network !== network) return undefined;
  const bits = Array.from(mask.bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits) ? bits.lastIndexOf("1") + 1 : undefined;
}
