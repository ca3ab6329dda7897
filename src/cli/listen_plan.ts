/**
 * Where a node listens, and what it makes known of that.
 *
 * Source: Bitcoin Core, init.cpp (AppInitMain), net.cpp (GetListenPort, Bind).
 *
 * @module
 */
import { foundAddresses, isAnyAddress } from "../io/interfaces.ts";
import type { ListenAddress } from "../io/listener.ts";
import { isBadPort } from "../connections/bad_ports.ts";
import type { LocalAddress } from "../node/local_addresses.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { formatAddress, parseHost, splitHostPort } from "../primitives/host_text.ts";
import { addressKey, type NetworkAddress } from "../primitives/network_address.ts";
import { UsageError } from "./core_flags.ts";
import { readPort } from "./read_setting.ts";
import { resolveHost } from "./read_place.ts";
import type { Settings } from "./settings.ts";

const PORT_MAX = 0xffff;

export interface ListenPlan {
  /** Empty for nothing. */
  readonly addresses: readonly ListenAddress[];
  /** Of these, those behind an onion service. */
  readonly onionBinds: readonly NetworkAddress[];
  /** Where an onion service of ours leads; `undefined` when nothing is listened on. */
  readonly onionTarget: NetworkAddress | undefined;
  /** Where peers who dial us arrive. */
  readonly listenPort: number;
  readonly advertise: readonly NetworkAddress[];
  readonly foundAddresses: readonly LocalAddress[];
  readonly discovers: boolean;
  readonly warnings: readonly string[];
}

interface Binds {
  readonly plain: readonly NetworkAddress[];
  readonly onion: readonly NetworkAddress[];
  readonly white: readonly WhiteBind[];
}

interface WhiteBind {
  readonly address: NetworkAddress;
  /** For peers that are trusted: not made known to others. */
  readonly isNoban: boolean;
}

/**
 * What is on or off by default follows from other settings: `applyInteractions` comes first.
 *
 * @throws {UsageError}
 */
export async function planListen(settings: Settings, params: ChainParams): Promise<ListenPlan> {
  const port = readPort(settings, "port", params.port);
  const listens = settings.flag("listen", true);
  const binds = readBinds(settings, port);
  const isGiven = binds.plain.length + binds.onion.length + binds.white.length > 0;
  if (isGiven && !listens) throw new UsageError("Cannot set -bind or -whitebind together with -listen=0");
  refuseDuplicates(binds);
  const usualOnion = host("127.0.0.1", onionPort(port));
  const onionBinds = isGiven ? binds.onion : [usualOnion];
  const listenPort = readListenPort(settings, binds, port);
  const open = isGiven ? givenPlaces(binds) : usualPlaces(port);
  const discovers = settings.flag("discover", true);
  return {
    addresses: listens ? [...open, ...onionBinds.map(listenAddress)] : [],
    onionBinds: listens ? onionBinds : [],
    onionTarget: listens ? binds.onion[0] ?? binds.plain[0] ?? usualOnion : undefined,
    listenPort, discovers,
    advertise: await readExternal(settings, listenPort),
    foundAddresses: discovers ? foundByBinds(binds, isGiven, listenPort) : [],
    warnings: listens ? badPortWarnings(settings, binds, isGiven, port) : [],
  };
}

function givenPlaces({ plain, white }: Binds): readonly ListenAddress[] {
  return [...plain, ...white.map(({ address }) => address)].map(listenAddress);
}

function usualPlaces(port: number): readonly ListenAddress[] {
  return [listenAddress(host("0.0.0.0", port)), { ...listenAddress(host("::", port)), isOptional: true }];
}

/** Beside the usual one, where there is such a port. */
function onionPort(port: number): number {
  return port < PORT_MAX ? port + 1 : port - 1;
}

function host(text: string, port: number): NetworkAddress {
  const address = parseHost(text, port);
  if (address === undefined) throw new TypeError(`${text} is no address`);
  return address;
}

function listenAddress(address: NetworkAddress): ListenAddress {
  const { host: name } = splitHostPort(formatAddress(address), 0) ?? { host: "" };
  return { host: name, port: address.port };
}

function readBinds(settings: Settings, port: number): Binds {
  const texts = settings.list("bind");
  const isOnion = (text: string): boolean => text.endsWith("=onion");
  return {
    plain: texts.filter((text) => !isOnion(text)).map((text) => readBind("bind", text, text, port)),
    onion: texts.filter(isOnion)
      .map((text) => readBind("bind", text, text.slice(0, -"=onion".length), onionPort(port))),
    white: settings.list("whitebind").map((text) => {
      const at = text.indexOf("@");
      const named = text.slice(0, Math.max(0, at)).split(",");
      const isNoban = named.some((name) => name === "noban" || name === "all");
      return { address: readBind("whitebind", text, text.slice(at + 1), port), isNoban };
    }),
  };
}

function readBind(option: string, whole: string, text: string, defaultPort: number): NetworkAddress {
  const parts = splitHostPort(text.replace(/^localhost(?=:|$)/, "127.0.0.1"), defaultPort);
  const address = parts === undefined ? undefined : parseHost(parts.host, parts.port);
  if (address !== undefined) return address;
  throw new UsageError(`Cannot resolve -${option} address: '${whole}'`);
}

function refuseDuplicates({ plain, onion, white }: Binds): void {
  const seen = new Set<string>();
  for (const address of [...white.map((each) => each.address), ...plain, ...onion]) {
    if (seen.has(addressKey(address))) {
      throw new UsageError(`Duplicate binding configuration for address ${formatAddress(address)}. ` +
        "Please check your -bind, -bind=...=onion and -whitebind settings.");
    }
    seen.add(addressKey(address));
  }
}

/** The first port that a `-bind` names, else that of a `-whitebind` which is open to all. */
function readListenPort(settings: Settings, { white }: Binds, port: number): number {
  for (const text of settings.list("bind")) {
    const named = text.endsWith("=onion") ? undefined : splitHostPort(text, 0)?.port;
    if (named !== undefined && named !== 0) return named;
  }
  return white.find(({ isNoban }) => !isNoban)?.address.port ?? port;
}

async function readExternal(settings: Settings, listenPort: number): Promise<readonly NetworkAddress[]> {
  return Promise.all(settings.list("externalip").map(async (text) => {
    const parts = splitHostPort(text, listenPort);
    const address = parts === undefined ? undefined : await resolveHost(settings, parts.host);
    if (parts === undefined || address === undefined) {
      throw new UsageError(`Cannot resolve -externalip address: '${text}'`);
    }
    return { ...address, port: parts.port };
  }));
}

/** Who comes in where the operator trusts him is no stranger: such addresses are not told of. */
function foundByBinds({ plain, white }: Binds, isGiven: boolean, port: number): readonly LocalAddress[] {
  const open = [...plain, ...white.filter(({ isNoban }) => !isNoban).map(({ address }) => address)];
  const all = [...plain, ...white.map(({ address }) => address)];
  return foundAddresses(open, !isGiven || all.some(isAnyAddress), port);
}

function badPortWarnings(
  settings: Settings, { plain }: Binds, isGiven: boolean, port: number,
): readonly string[] {
  const bad: (readonly [option: string, port: number])[] =
    plain.filter((address) => isBadPort(address.port)).map((address) => ["-bind", address.port]);
  if (!isGiven && settings.isSet("port") && isBadPort(port)) bad.push(["-port", port]);
  return bad.map(([option, number]) =>
    `${option} request to listen on port ${number}. This port is considered "bad" and thus it is unlikely ` +
    "that any peer will connect to it. See doc/p2p-bad-ports.md for details and a full list.");
}
