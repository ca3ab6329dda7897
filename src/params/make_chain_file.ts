import { assert } from "../base/assert.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import { below, randomBytes, type Rng } from "../base/rng.ts";
import type { UnixSeconds } from "../base/time.ts";
import { type Sats, SATS_PER_COIN } from "../primitives/amount.ts";
import { compactTarget } from "../primitives/target.ts";
import { isTaken, parseChainFile } from "./chain_file.ts";
import type { ChainParams } from "./chain_params.ts";
import { solveGenesis } from "./genesis_work.ts";

export interface NewChainOptions {
  /** Of the genesis block: now. */
  readonly time: UnixSeconds;
  /** In the genesis block. @default the name and the time */
  readonly message?: string;
  /** The easiest target. Solving the genesis block takes 2^256 divided by it hashes. @default 2^255 - 1 */
  readonly limit?: bigint;
  /** Seconds. @default 60 */
  readonly targetSpacing?: number;
  /** Satoshi. @default 50 coins */
  readonly initialSubsidy?: Sats;
  /** Blocks. @default 210,000 */
  readonly subsidyHalvingInterval?: number;
  /** Blocks. @default 100 */
  readonly coinbaseMaturity?: number;
  /** `host:port` of nodes to ask first. */
  readonly seeds?: readonly string[];
}

export type NewChain =
  | { readonly ok: true; readonly text: string; readonly params: ChainParams }
  | { readonly ok: false; readonly errors: readonly string[] };

const EASIEST_TARGET = (1n << 255n) - 1n;
/** Blocks between adjustments of the target, as on main. */
const BLOCKS_PER_PERIOD = 2016;
/** Two ports each, below those that systems hand out by themselves. */
const FIRST_PORT = 20_000;
const PORT_PAIRS = 5_000;
/** Anyone can spend it, if it could be spent. */
const OUTPUT_SCRIPT = "51";

/**
 * A chain file for a new network called `name`, with its genesis block solved. Magic and ports are
 * drawn from `rng`, none of them a known network's.
 */
export function makeChainFile(name: string, options: NewChainOptions, rng: Rng): NewChain {
  const text = `${JSON.stringify(chainFile(name, options, rng), undefined, 2)}\n`;
  const verdict = parseChainFile(text);
  return verdict.ok ? { ok: true, text, params: verdict.params } : verdict;
}

function chainFile(name: string, options: NewChainOptions, rng: Rng): object {
  const limit = options.limit ?? EASIEST_TARGET;
  assert(limit > 0n && limit < 1n << 256n, "a target has 256 bits");
  const targetSpacing = options.targetSpacing ?? 60;
  const initialSubsidy = options.initialSubsidy ?? ((50 * SATS_PER_COIN) as Sats);
  const port = newPort(rng);
  return {
    name,
    magic: newMagic(rng),
    port,
    rpcPort: port + 1,
    genesis: newGenesis(name, options, limit, initialSubsidy),
    work: {
      limit: limit.toString(16).padStart(64, "0"),
      targetSpacing,
      targetTimespan: BLOCKS_PER_PERIOD * targetSpacing,
    },
    money: {
      initialSubsidy,
      subsidyHalvingInterval: options.subsidyHalvingInterval ?? 210_000,
      coinbaseMaturity: options.coinbaseMaturity ?? 100,
    },
    addresses: { publicKeyHash: 111, scriptHash: 196, secretKey: 239, bech32: addressPrefix(name) },
    seeds: options.seeds ?? [],
  };
}

function newGenesis(name: string, options: NewChainOptions, limit: bigint, reward: Sats): object {
  const message = options.message ?? `${name} ${options.time}`;
  const bits = compactTarget(limit);
  const unsolved = { time: options.time, bits, message, outputScript: fromHex(OUTPUT_SCRIPT), reward };
  const { time, nonce } = solveGenesis(unsolved);
  return { time, bits: bits.toString(16).padStart(8, "0"), nonce, message, outputScript: OUTPUT_SCRIPT };
}

/** Four bytes above ASCII, which seldom stand in what nodes send each other. */
function newMagic(rng: Rng): string {
  for (;;) {
    const magic = toHex(randomBytes(rng, 4).map((byte) => byte | 0x80));
    if (!isTaken("magic", magic)) return magic;
  }
}

function newPort(rng: Rng): number {
  for (;;) {
    const port = FIRST_PORT + 2 * below(rng, PORT_PAIRS);
    if (!isTaken("port", port) && !isTaken("port", port + 1)) return port;
  }
}

/** The letters of `name`, or of "own"; never a prefix of a known network. */
function addressPrefix(name: string): string {
  const letters = name.replaceAll(/[^a-z]/g, "").slice(0, 16);
  return ["bc", "tb", "bcrt", ""].includes(letters) ? `own${letters}` : letters;
}
