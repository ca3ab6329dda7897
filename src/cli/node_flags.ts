/** The flags of `tidings node`, and the environment, as settings. @module */
import { assert } from "../base/assert.ts";
import { parseHost, splitHostPort } from "../primitives/host_text.ts";
import { UsageError } from "./core_flags.ts";
import { flagOf } from "./option.ts";
import { groupOf, OPTIONS } from "./options.ts";
import type { Settings } from "./settings.ts";
import type { Flag, ReadFlags } from "./tidings_flags.ts";

/** Flags that are spelled otherwise than their option takes them. */
const SPECIAL: ReadonlyMap<string, Flag> = new Map([
  ["listen", {
    name: "listen", value: "[HOST:]PORT|off",
    help: "Listen here; the host is 127.0.0.1 unless given",
  }],
  ["rpc", {
    name: "rpc", value: "[HOST:]PORT|off",
    help: "Answer JSON-RPC here; the host is 127.0.0.1 unless given",
  }],
  ["prune", {
    name: "prune", value: "SIZE",
    help: "Keep the block files to this: 550, 2GiB, … (MiB unless said)",
  }],
]);

export const NODE_FLAGS: readonly Flag[] = OPTIONS.flatMap((option): Flag[] => {
  const name = flagOf(option);
  if (name === undefined) return [];
  const group = groupOf(option);
  const special = SPECIAL.get(name);
  if (special !== undefined) return [{ ...special, group }];
  const { help, value, fallback } = option;
  const text = fallback === undefined ? help : `${help} (default: ${fallback})`;
  return [{ name, help: text, group, ...(value === undefined ? {} : { value: value.toUpperCase() }) }];
});

/** The same flag for another command, which has no groups. */
export function nodeFlag(name: string): Flag {
  const flag = NODE_FLAGS.find((each) => each.name === name);
  assert(flag !== undefined, `tidings node has --${name}`);
  const { group: _, ...plain } = flag;
  return plain;
}

/** @throws {UsageError} for a value that cannot be read */
export function applyNodeFlags({ flags }: ReadFlags, settings: Settings): void {
  for (const option of OPTIONS) {
    const flag = flagOf(option);
    if (flag === undefined) continue;
    for (const value of flags.get(flag) ?? []) {
      if (typeof value === "string" && SPECIAL.has(flag)) applySpecial(flag, value, settings);
      else if (value === true) settings.commandLine.add(option.name, "");
      else settings.commandLine.add(option.name, option.type === "number" ? wholeNumber(flag, value) : value);
    }
  }
}

function wholeNumber(flag: string, value: string | boolean): string | boolean {
  if (typeof value === "boolean" || /^-?[0-9]{1,9}$/.test(value)) return value;
  throw new UsageError(`--${flag} ${value}: need a whole number`);
}

function applySpecial(flag: string, value: string, settings: Settings): void {
  const { commandLine } = settings;
  if (flag === "prune") return commandLine.add("prune", String(readSizeMib(value)));
  if (value === "off") return commandLine.add(flag === "rpc" ? "server" : "listen", "0");
  const { host, port } = readPlace(flag, value);
  if (flag === "listen") return commandLine.add("bind", `${host.includes(":") ? `[${host}]` : host}:${port}`);
  commandLine.add("rpcport", String(port));
  if (host === "127.0.0.1") return;
  commandLine.add("rpcbind", `${host.includes(":") ? `[${host}]` : host}:${port}`);
  commandLine.add("rpcallowip", "127.0.0.1");
}

function readPlace(flag: string, value: string): { readonly host: string; readonly port: number } {
  const place = /^[0-9]+$/.test(value)
    ? splitHostPort(`127.0.0.1:${value}`, 0)
    : splitHostPort(value.replace(/^localhost(?=:|$)/, "127.0.0.1"), 0);
  if (place === undefined || place.port === 0 || parseHost(place.host, place.port) === undefined) {
    throw new UsageError(`--${flag} ${value}: need [HOST:]PORT with an IP address, or off`);
  }
  return place;
}

/** In MiB. */
const UNITS: Readonly<Record<string, number>> = {
  "": 1, MiB: 1, GiB: 1024, MB: 1e6 / 2 ** 20, GB: 1e9 / 2 ** 20,
};

function readSizeMib(value: string): number {
  const [, digits, unit = ""] = /^([0-9.]+)([A-Za-z]*)$/.exec(value) ?? [];
  const factor = UNITS[unit];
  const size = Number(digits) * (factor ?? Number.NaN);
  if (!Number.isFinite(size)) throw new UsageError(`--prune ${value}: need a size such as 550, 2GiB or 5GB`);
  return Math.floor(size);
}

/** `TIDINGS_MAXCONNECTIONS=8` and the like; lists have commas, but those whose values may have some. */
export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>, settings: Settings,
): void {
  for (const option of OPTIONS) {
    const flag = flagOf(option);
    if (flag === undefined || SPECIAL.has(flag)) continue;
    const value = environment[`TIDINGS_${flag.toUpperCase().replaceAll("-", "_")}`];
    if (value === undefined) continue;
    const isSplit = option.type === "list" && option.hasCommas !== true;
    for (const part of isSplit ? value.split(",") : [value]) settings.environment.add(option.name, part);
  }
}
