/** Making blocks, and handing in those of others. @module */
import { type Bytes, toHex } from "../../base/bytes.ts";
import { withReservedValue } from "../../mining/coinbase.ts";
import { displayHash, parseHash, type Txid } from "../../primitives/hash.ts";
import { type BlockHeader, HEADER_BYTES, headerCodec } from "../../primitives/header.ts";
import type { Transaction } from "../../primitives/transaction.ts";
import type { AddressParams } from "../../params/chain_params.ts";
import { parseAddress } from "../../script/addresses.ts";
import { type DescriptorVerdict, parseDescriptor, parseDescriptors } from "../../script/descriptor.ts";
import { wrongType } from "../arguments.ts";
import { runCommand } from "../command_fault.ts";
import type { JsonValue } from "../json.ts";
import { type Call, type Method, result } from "../method.ts";
import { methodHelp } from "../method_help.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { hex, list, nothing, object, optional as maybe, text } from "../shape.ts";
import { parseBlock, parseHexWith, parseTransaction } from "../transaction_hex.ts";

/** Nonces to try before giving up: plenty where blocks are easy. */
const MAX_TRIES = 1_000_000;

const maxTries = optional("maxtries", "number", "Nonces to try before giving up", { fallback: MAX_TRIES });

const generatetoaddress: Method = {
  name: "generatetoaddress",
  category: "hidden",
  about: "Mines blocks that pay to an address, and returns their hashes.",
  parameters: [
    required("nblocks", "number", "How many"),
    required("address", "string", "The address"),
    maxTries,
  ],
  results: result(list(hex("A block's hash"))),
  examples: ["11 bcrt1q…"],
  run({ host, args }) {
    const count = args.integer("nblocks");
    const tries = args.integer("maxtries");
    const verdict = parseAddress(args.string("address"), host.core.options.params.addresses);
    if (!verdict.ok) throw new RpcError(RPC_CODE.invalidAddressOrKey, "Error: Invalid address");
    return generate(host, count, verdict.script, tries);
  },
};

const generatetodescriptor: Method = {
  name: "generatetodescriptor",
  category: "hidden",
  about: "Mines blocks that pay to the script of a descriptor, and returns their hashes.",
  parameters: [
    required("num_blocks", "number", "How many"),
    required("descriptor", "string", "The descriptor"),
    maxTries,
  ],
  results: result(list(hex("A block's hash"))),
  examples: ["11 'raw(51)'"],
  run({ host, args }) {
    const count = args.integer("num_blocks");
    const tries = args.integer("maxtries");
    const parsed = descriptorScript(args.string("descriptor"), host.core.options.params.addresses);
    if (!parsed.ok) throw new RpcError(RPC_CODE.invalidAddressOrKey, parsed.error);
    return generate(host, count, parsed.script, tries);
  },
};

async function generate(
  host: Call["host"], count: number, script: Bytes, tries: number,
): Promise<readonly string[]> {
  if (count <= 0) return [];
  const { hashes } = await runCommand(host, { type: "generate", count, script, maxTries: tries }, "hashes");
  return hashes.map(displayHash);
}

/** It was there once, and callers are told where it went. */
const generateAlone: Method = {
  name: "generate",
  category: "hidden",
  about: "has been replaced by the -generate cli option. Refer to -help for more information.",
  parameters: [],
  results: [],
  examples: [],
  run() {
    throw new RpcError(RPC_CODE.methodNotFound, methodHelp(generateAlone));
  },
};

const generateblock: Method = {
  name: "generateblock",
  category: "hidden",
  about: "Mines one block of the transactions given, in their order, and of no others.",
  parameters: [
    required("output", "string", "The address or descriptor that it pays to"),
    required("transactions", "array", "Ids of transactions in the mempool, or transactions in hex", {
      inner: [required("rawtx/txid", "string", "")],
    }),
    optional("submit", "boolean", "Whether the block is connected, or only returned", { fallback: true }),
  ],
  results: result(object({
    hash: hex("The block's hash"),
    hex: maybe(hex("The block's bytes, unless it was submitted")),
  })),
  async run({ host, args }) {
    const script = outputScript(args.string("output"), host.core.options.params.addresses);
    const transactions = args.array("transactions").map((value) => readTransaction(host, value));
    const submit = args.boolean("submit");
    const { block } =
      await runCommand(host, { type: "generate-block", script, transactions, submit }, "block");
    const hash = displayHash(block.hash);
    return submit ? { hash } : { hash, hex: toHex(block.bytes) };
  },
};

/** @throws {RpcError} when it is a descriptor, but not one of a single script */
function descriptorScript(given: string, params: AddressParams): DescriptorVerdict {
  const found = parseDescriptor(given, params);
  const all = parseDescriptors(given, params);
  if (found.ok || !all.ok) return found;
  const [first, ...more] = all.descriptors;
  const isRange = first.isRange || more.length > 0;
  throw new RpcError(isRange ? RPC_CODE.invalidParameter : RPC_CODE.invalidAddressOrKey, found.error);
}

/** The script of a descriptor or an address. */
function outputScript(given: string, params: AddressParams): Bytes {
  const descriptor = descriptorScript(given, params);
  if (descriptor.ok) return descriptor.script;
  const address = parseAddress(given, params);
  if (address.ok) return address.script;
  throw new RpcError(RPC_CODE.invalidAddressOrKey, "Error: Invalid address or descriptor");
}

function readTransaction({ core }: Call["host"], value: JsonValue): Transaction | Txid {
  if (typeof value !== "string") return wrongType(value, "string");
  const txid = parseHash(value) as Txid | undefined;
  if (txid !== undefined) {
    if (core.mempool.get(txid) !== undefined) return txid;
    throw new RpcError(RPC_CODE.invalidAddressOrKey, `Transaction ${value} not in mempool.`);
  }
  const transaction = parseTransaction(value);
  if (transaction !== undefined) return transaction;
  throw new RpcError(RPC_CODE.deserialization,
    `Transaction decode failed for ${value}. Make sure the tx has at least one input.`);
}

const submitblock: Method = {
  name: "submitblock",
  category: "mining",
  about: "Hands in a block.",
  parameters: [
    required("hexdata", "hex", "The block's bytes"),
    optional("dummy", "string", "Ignored (BIP22)", { fallbackHint: "ignored" }),
  ],
  results: [
    { when: "if the block was accepted", shape: nothing },
    {
      when: "otherwise",
      shape: text("Why not (BIP22), or inconclusive for one that is not on the best chain"),
    },
  ],
  async run({ host, args }) {
    const given = parseBlock(args.string("hexdata"));
    if (given === undefined) throw new RpcError(RPC_CODE.deserialization, "Block decode failed");
    const { headers, params: { deployments } } = host.core.chain;
    const previous = headers.find(given.header.previous);
    const hasSegwit = previous !== undefined && headers.height(previous) + 1 >= deployments.segwitHeight;
    const block = hasSegwit ? withReservedValue(given) : given;
    const { verdict } = await runCommand(host, { type: "submit-block", block }, "block-verdict");
    if (verdict === "accepted") return null;
    return typeof verdict === "string" ? verdict : verdict.rule;
  },
};

const submitheader: Method = {
  name: "submitheader",
  category: "mining",
  about: "Hands in a header.",
  parameters: [required("hexdata", "hex", "The header's 80 bytes")],
  results: result(nothing),
  async run({ host, args }) {
    // What follows the header, such as the block it heads, is not looked at.
    const header = parseHexWith(headerCodec, args.string("hexdata").slice(0, 2 * HEADER_BYTES));
    if (header === undefined) throw new RpcError(RPC_CODE.deserialization, "Block header decode failed");
    if (host.core.chain.headers.find(header.previous) === undefined) throw unconnected(header);
    const { verdict } = await runCommand(host, { type: "submit-header", header }, "header-verdict");
    if (verdict === "accepted") return null;
    throw verdict === "unconnected" ? unconnected(header) : new RpcError(RPC_CODE.verify, verdict.rule);
  },
};

function unconnected({ previous }: BlockHeader): RpcError {
  return new RpcError(RPC_CODE.verify, `Must submit previous header (${displayHash(previous)}) first`);
}

export const miningMethods: readonly Method[] = [
  generateAlone, generatetoaddress, generatetodescriptor, generateblock, submitblock, submitheader,
];
