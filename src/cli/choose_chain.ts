/** Which network a node is for. @module */
import { readFileSync } from "node:fs";
import { fromHex, isHex } from "../base/bytes.ts";
import { parseChainFile } from "../params/chain_file.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { NETWORK_NAMES, networkByName } from "../params/networks.ts";
import { type BuriedHeight, regtestWith } from "../params/regtest.ts";
import { signetWith } from "../params/signet.ts";
import { UsageError } from "./core_flags.ts";
import { didYouMean } from "./nearest.ts";
import type { Settings } from "./settings.ts";

const CHAIN_FLAGS = ["testnet", "testnet4", "signet", "regtest"] as const;

/**
 * The name of the network, or the file that describes it.
 *
 * @throws {UsageError} when several are asked for
 */
export function chainName(settings: Settings): string {
  const flags = CHAIN_FLAGS.filter((name) => settings.flag(name));
  const given = settings.text("chain");
  if (flags.length + (given === undefined ? 0 : 1) > 1) {
    throw new UsageError(
      "Invalid combination of -regtest, -signet, -testnet, -testnet4 and -chain. Can use at most one.");
  }
  const name = given ?? flags[0] ?? "main";
  return name === "testnet" || name === "testnet3" ? "test" : name;
}

/** @throws {UsageError} */
export function chooseChain(settings: Settings): ChainParams {
  const name = chainName(settings);
  const challenge = signetChallenge(settings);
  if (name === "signet" && challenge !== undefined) return signetWith(challenge, settings.list("signetseednode"));
  if (name === "regtest") return chooseRegtest(settings);
  if (settings.list("test").length > 0) throw new UsageError("-test=<option> can only be used with regtest");
  if (settings.list("testactivationheight").length > 0) {
    throw new UsageError("The -testactivationheight option may not be used but on regtest.");
  }
  return networkByName(name) ?? readChainFile(name);
}

/** What `-test` knows. */
const TESTS: readonly string[] = ["addrman", "bip94", "reindex_after_failure_noninteractive_yes"];

function chooseRegtest(settings: Settings): ChainParams {
  const tests = settings.list("test");
  const unknown = tests.find((test) => !TESTS.includes(test));
  if (unknown !== undefined) {
    throw new UsageError(`Unrecognised option "${unknown}" provided in -test=<option>.`);
  }
  return regtestWith({
    heights: Object.fromEntries(settings.list("testactivationheight").map(readHeight)),
    enforceBip94: tests.includes("bip94"),
    fastPrune: settings.flag("fastprune"),
  });
}

/** @throws {UsageError} when `path` is no file that describes a network */
export function readChainFile(path: string): ChainParams {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new UsageError(`Unknown chain ${path}: it is none of ${NETWORK_NAMES.join(", ")}, and no file.` +
      didYouMean(path, NETWORK_NAMES));
  }
  const result = parseChainFile(text);
  if (!result.ok) throw new UsageError(`Cannot read the chain file ${path}: ${result.errors.join("; ")}`);
  return result.params;
}

function signetChallenge(settings: Settings): Uint8Array | undefined {
  const [text, ...more] = settings.list("signetchallenge");
  if (text === undefined) return undefined;
  if (more.length > 0) throw new UsageError("-signetchallenge cannot be multiple values.");
  if (!isHex(text)) throw new UsageError(`-signetchallenge must be hex, not '${text}'.`);
  return fromHex(text);
}

const HEIGHT_NAMES: Readonly<Record<string, BuriedHeight>> = {
  segwit: "segwitHeight", bip34: "bip34Height", dersig: "bip66Height", cltv: "bip65Height", csv: "csvHeight",
};

const HEIGHT_MAX = 0x7fff_fffe;

function readHeight(text: string): readonly [BuriedHeight, number] {
  const [name = "", digits] = text.split("@");
  if (digits === undefined) {
    throw new UsageError(`Invalid format (${text}) for -testactivationheight=name@height.`);
  }
  const height = /^[0-9]{1,10}$/.test(digits) ? Number(digits) : -1;
  if (height < 0 || height > HEIGHT_MAX) {
    throw new UsageError(`Invalid height value (${text}) for -testactivationheight=name@height.`);
  }
  const key = HEIGHT_NAMES[name];
  if (key === undefined) {
    throw new UsageError(`Invalid name (${text}) for -testactivationheight=name@height.`);
  }
  return [key, height];
}
