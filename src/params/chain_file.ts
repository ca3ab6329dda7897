/**
 * Your own network, as a JSON file that every node of it is given.
 *
 * @module
 */
import { fromHex, toHex } from "../base/bytes.ts";
import { MONEY_MAX, type Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import { expandTarget } from "../primitives/target.ts";
import { type ChainFile, chainFileSchema } from "./chain_file_schema.ts";
import type { ChainParams } from "./chain_params.ts";
import { genesisBlock } from "./genesis.ts";
import { hasGenesisWork } from "./genesis_work.ts";
import { NETWORKS } from "./networks.ts";
import { REGTEST } from "./regtest.ts";

export type ChainFileVerdict =
  | { readonly ok: true; readonly params: ChainParams }
  /** One line for each fault: the field, what was found, what is allowed. */
  | { readonly ok: false; readonly errors: readonly string[] };

/** Names that mean a public network to someone, and folders that stand in every data directory. */
const RESERVED_NAMES = ["mainnet", "testnet", "testnet3", "blocks", "chainstate", "indexes", "wallets"];

/** Blocks that may signal, and how many of them must, in parts of 1: as on main. */
const SIGNAL_THRESHOLD = 0.9;

/** A name, magic or port of a network that exists would lead nodes astray. */
export function isTaken(what: "name" | "magic" | "port", value: string | number): boolean {
  if (what === "name" && RESERVED_NAMES.includes(value as string)) return true;
  return NETWORKS.some((network) => {
    if (what === "name") return network.name === value;
    if (what === "magic") return toHex(network.magic) === value;
    return network.port === value || network.rpcPort === value;
  });
}

/** The network that `text` describes. */
export function parseChainFile(text: string): ChainFileVerdict {
  const json = parseJson(text);
  if (!json.ok) return { ok: false, errors: [`not JSON: ${json.error}`] };
  const parsed = chainFileSchema.safeParse(json.value);
  if (!parsed.success) return { ok: false, errors: parsed.error.issues.map(describeIssue) };
  const file = parsed.data;
  const genesis = genesisOf(file);
  const errors = [...takenErrors(file), ...sumErrors(file), ...workErrors(file, genesis)];
  return errors.length > 0 ? { ok: false, errors } : { ok: true, params: paramsOf(file, genesis) };
}

function parseJson(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, error: (error as SyntaxError).message };
  }
}

interface Issue {
  readonly code: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function describeIssue({ code, path, message, keys }: Issue): string {
  const field = path.map(String).join(".");
  if (code !== "unrecognized_keys") return `${field === "" ? "the file" : field} ${message}`;
  const place = field === "" ? "" : `${field}.`;
  return `${(keys ?? []).map((key) => place + key).join(", ")} is no field of a chain file`;
}

function takenErrors({ name, magic, port, rpcPort }: ChainFile): string[] {
  const errors: string[] = [];
  if (isTaken("name", name)) errors.push(`name is "${name}", which another network or folder has`);
  if (isTaken("magic", magic.toLowerCase())) errors.push(`magic is ${magic}, which another network has`);
  if (isTaken("port", port)) errors.push(`port is ${port}, which another network has`);
  if (isTaken("port", rpcPort)) errors.push(`rpcPort is ${rpcPort}, which another network has`);
  if (port === rpcPort) errors.push(`rpcPort is ${rpcPort}, need another than port`);
  return errors;
}

function sumErrors({ money, addresses, work }: ChainFile): string[] {
  const errors: string[] = [];
  // Each halving period pays half of the one before: together twice the first.
  const supply = 2 * money.initialSubsidy * money.subsidyHalvingInterval;
  if (supply > MONEY_MAX) {
    const found = `money.initialSubsidy and subsidyHalvingInterval make ${supply} satoshi in all`;
    errors.push(`${found}, need at most ${MONEY_MAX}`);
  }
  if (addresses.publicKeyHash === addresses.scriptHash) {
    errors.push(`addresses.scriptHash is ${addresses.scriptHash}, need another than addresses.publicKeyHash`);
  }
  if (work.targetTimespan % work.targetSpacing !== 0) {
    const found = `work.targetTimespan is ${work.targetTimespan}`;
    errors.push(`${found}, need a multiple of work.targetSpacing (${work.targetSpacing})`);
  }
  return errors;
}

function workErrors({ genesis, work }: ChainFile, block: Block): string[] {
  const target = expandTarget(block.header.bits);
  if (target === undefined || target > BigInt(`0x${work.limit}`)) {
    return [`genesis.bits is ${genesis.bits}, need a target above zero and not above work.limit`];
  }
  if (hasGenesisWork(block)) return [];
  return [`genesis.nonce is ${genesis.nonce}, which does not give the block its proof of work`];
}

function genesisOf({ genesis, money }: ChainFile): Block {
  return genesisBlock({
    time: genesis.time,
    bits: Number.parseInt(genesis.bits, 16),
    nonce: genesis.nonce,
    message: genesis.message,
    outputScript: fromHex(genesis.outputScript),
    reward: money.initialSubsidy as Sats,
  });
}

function paramsOf(file: ChainFile, genesis: Block): ChainParams {
  const { name, work, money, addresses, signetChallenge } = file;
  const window = work.targetTimespan / work.targetSpacing;
  return {
    name,
    folder: name,
    isPublic: false,
    magic: fromHex(file.magic),
    port: file.port,
    rpcPort: file.rpcPort,
    genesis,
    work: { ...work, limit: BigInt(`0x${work.limit}`) },
    money: { ...money, initialSubsidy: money.initialSubsidy as Sats },
    deployments: {
      ...file.deployments,
      bip34Hash: undefined,
      scriptFlagExceptions: new Map(),
      versionBits: { window, threshold: Math.ceil(window * SIGNAL_THRESHOLD), testDummy: undefined },
      signetChallenge: signetChallenge === undefined ? undefined : fromHex(signetChallenge),
    },
    addresses,
    minimumChainWork: 0n,
    headersSync: REGTEST.headersSync,
    assumeValid: undefined,
    assumeUtxo: [],
    transactionCount: undefined,
    assumedBlockBytes: 0,
    assumedCoinBytes: 0,
    dnsSeeds: file.dnsSeeds,
    fixedSeeds: file.seeds,
    packedSeeds: "",
    pruneAfterHeight: 1000,
    acceptsNonstandard: file.acceptsNonstandard,
  };
}
