/**
 * The flags of `tidings devnet`.
 *
 * @module
 */
import type { DevnetOptions } from "../devnet/options.ts";
import { UsageError } from "./core_flags.ts";
import { devnetHome } from "./devnet_home.ts";
import { nodeFlag } from "./node_flags.ts";
import { commandHelp, type Flag, isOn, lastText, type ReadFlags, readFlags } from "./tidings_flags.ts";

export const DEVNET_FLAGS: readonly Flag[] = [
  { name: "nodes", value: "N", help: "How many nodes (default: 6)" },
  { name: "block", value: "WHEN",
    help: "poisson:10s, 10s, auto (if something waits) or off (default: poisson:10s)" },
  { name: "traffic", value: "RATE", help: "Transactions made: 2/s, 30/min or off (default: 2/s)" },
  { name: "seed", value: "N", help: "Same seed, same keys, payments and waits (default: 1)" },
  { name: "state", value: "DIR", help: "Keep the network in this folder, and go on from what is there" },
  { name: "name", value: "NAME", help: "Another network beside one that runs from this folder" },
  nodeFlag("crypto"),
  { name: "quiet", help: "No line for each block and transaction" },
  { name: "json", help: "One JSON object a line: ready, block, tx, warning, node-removed, error, stopped" },
];

export const DEVNET_HELP = commandHelp({
  usage: "tidings devnet [FLAGS]",
  about: "Runs a local network of real nodes until Ctrl-C: they find each other, mine, and pass on\n" +
    "transactions. The rules are regtest's. Without --state, what it made is deleted at the end. Exit\n" +
    "codes: 0 stopped by q or SIGTERM, 130 by Ctrl-C, 1 when it cannot run, 2 for wrong usage.",
  flags: DEVNET_FLAGS,
  examples: [
    "tidings devnet",
    "tidings devnet --nodes 3 --block auto --traffic off --state ./mynet",
    "tidings devnet --name two --json",
  ],
});

export interface DevnetRun {
  readonly options: DevnetOptions;
  /** Where it registers itself, and keeps what is not to be kept. */
  readonly home: string;
  readonly form: "text" | "json";
  readonly isQuiet: boolean;
  /** What is to check signatures, if that was said. */
  readonly crypto: string | undefined;
  /** As given or by default, for people to read. */
  readonly block: string;
  readonly traffic: string;
}

export const BLOCK_DEFAULT = "poisson:10s";
export const TRAFFIC_DEFAULT = "2/s";

/**
 * `undefined` when the flags ask for help or the version only.
 *
 * @throws {UsageError}
 */
export function readDevnetFlags(
  argv: readonly string[],
): { readonly read: ReadFlags; readonly run: DevnetRun } {
  const read = readFlags(argv, DEVNET_FLAGS);
  const [word] = read.words;
  if (word !== undefined) throw new UsageError(`unexpected ${JSON.stringify(word)}`);
  const nodes = readNumber(read, "nodes");
  const seed = readNumber(read, "seed");
  const state = lastText(read, "state");
  const block = lastText(read, "block") ?? BLOCK_DEFAULT;
  const traffic = lastText(read, "traffic") ?? TRAFFIC_DEFAULT;
  return {
    read,
    run: {
      options: {
        block, traffic,
        ports: "core",
        ...(nodes === undefined ? {} : { nodes }),
        ...(seed === undefined ? {} : { seed }),
        ...(state === undefined ? {} : { state }),
      },
      home: devnetHome(lastText(read, "name")),
      form: isOn(read, "json") ? "json" : "text",
      isQuiet: isOn(read, "quiet"),
      crypto: lastText(read, "crypto"),
      block, traffic,
    },
  };
}

function readNumber(read: ReadFlags, name: string): number | undefined {
  const text = lastText(read, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new UsageError(`--${name} is ${text}, need a whole number`);
  return Number(text);
}
