/** `tidings chain new NAME`. @module */
import { writeFileSync } from "node:fs";
import type { UnixSeconds } from "../base/time.ts";
import { installNodeCrypto } from "../io/node_crypto.ts";
import { SecureRng } from "../io/secure_rng.ts";
import { makeChainFile, type NewChainOptions } from "../params/make_chain_file.ts";
import { displayHash } from "../primitives/hash.ts";
import { parseCoins } from "../rpc/arguments.ts";
import type { Sats } from "../primitives/amount.ts";
import { UsageError } from "./core_flags.ts";
import { EXIT } from "./exit.ts";
import { commandHelp, type Flag, lastText, printsHelp, type ReadFlags, readFlags } from "./tidings_flags.ts";

const FLAGS: readonly Flag[] = [
  { name: "out", value: "FILE", help: "Where to write it (default: NAME.chain.json)" },
  { name: "message", value: "TEXT", help: "What its first block says (default: the name and the time)" },
  { name: "spacing", value: "SECONDS", help: "Time between blocks (default: 60)" },
  { name: "subsidy", value: "COINS", help: "What the first blocks pay (default: 50)" },
  { name: "halving", value: "BLOCKS", help: "After how many blocks that is halved (default: 210000)" },
  { name: "maturity", value: "BLOCKS", help: "After how many blocks it may be spent (default: 100)" },
  { name: "seed", value: "HOST:PORT", help: "A node to ask for others; may be given several times" },
];

const HELP = commandHelp({
  usage: "tidings chain new NAME [FLAGS]",
  about: `Makes a network of your own: a file with its magic, ports, rules and first block, whose nonce is
found here. Give the file to each of its nodes.`,
  flags: FLAGS,
  examples: ["tidings chain new mine", "tidings node --chain mine.chain.json --datadir ./mine"],
});

export async function chainCommand(argv: readonly string[]): Promise<number> {
  const read = readFlags(argv, FLAGS);
  if (printsHelp(read, HELP)) return EXIT.ok;
  const [verb, name, ...more] = read.words;
  if (verb !== "new" || name === undefined || more.length > 0) throw new UsageError("need: chain new NAME");
  installNodeCrypto();
  const made = makeChainFile(name, readOptions(read), new SecureRng());
  if (!made.ok) throw new UsageError(made.errors.join("; "));
  const path = lastText(read, "out") ?? `${name}.chain.json`;
  write(path, made.text);
  process.stdout.write(`${path}: network ${name}, genesis ${displayHash(made.params.genesis.hash)}, ` +
    `port ${made.params.port}, RPC port ${made.params.rpcPort}\n` +
    `Start a node:  tidings node --chain ${path} --datadir ./${name}\n`);
  return EXIT.ok;
}

/** @throws {UsageError} when the file is there, or cannot be written */
function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${(error as Error).message}; --out names another file`);
  }
}

function readOptions(read: ReadFlags): NewChainOptions {
  const message = lastText(read, "message");
  const subsidy = lastText(read, "subsidy");
  const seeds = (read.flags.get("seed") ?? []).filter((value) => typeof value === "string");
  return {
    time: Math.floor(Date.now() / 1000) as UnixSeconds,
    ...(message === undefined ? {} : { message }),
    ...(subsidy === undefined ? {} : { initialSubsidy: readSubsidy(subsidy) }),
    ...readNumber(read, "spacing", "targetSpacing"),
    ...readNumber(read, "halving", "subsidyHalvingInterval"),
    ...readNumber(read, "maturity", "coinbaseMaturity"),
    ...(seeds.length === 0 ? {} : { seeds }),
  };
}

function readSubsidy(text: string): Sats {
  const sats = parseCoins(text);
  if (sats === undefined) throw new UsageError(`--subsidy ${text}: need an amount of coins`);
  return Number(sats) as Sats;
}

function readNumber<K extends string>(read: ReadFlags, flag: string, key: K): { readonly [P in K]?: number } {
  const text = lastText(read, flag);
  if (text === undefined) return {};
  if (!/^[0-9]{1,9}$/.test(text)) throw new UsageError(`--${flag} ${text}: need a whole number`);
  return { [key]: Number(text) } as { readonly [P in K]?: number };
}
