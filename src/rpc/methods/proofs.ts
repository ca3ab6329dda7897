/** Proofs that transactions are in a block. @module */
import { type Bytes, compareBytes, equalBytes, toHex } from "../../base/bytes.ts";
import type { BlockId } from "../../chain/header_index.ts";
import { ByteReader } from "../../codec/byte_reader.ts";
import { encodeWith } from "../../codec/codec.ts";
import { DecodeError } from "../../codec/decode_error.ts";
import { buildPartialMerkleTree, provenMatches } from "../../consensus/partial_merkle_tree.ts";
import { displayHash, type Txid } from "../../primitives/hash.ts";
import { type MerkleBlock, merkleBlockCodec } from "../../wire/messages/merkle_block.ts";
import { readHash, readHex } from "../arguments.ts";
import { isIndexCurrent, readPlaced } from "../indexes.ts";
import { blockAt, findBlock, readBlock } from "../lookup.ts";
import { type Call, type Method, result } from "../method.ts";
import { readText } from "../object_fields.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { hex, list } from "../shape.ts";

/** Outputs that a transaction can have: none weighs less than 36 (Bitcoin Core: coins.cpp, AccessByTxid). */
const OUTPUTS_MAX = Math.floor(4_000_000 / 36);
/** Coins looked up before others get their turn. */
const LOOKUPS_PER_TURN = 2_000;

const gettxoutproof: Method = {
  name: "gettxoutproof",
  category: "blockchain",
  about: "Returns a proof that transactions are in a block.\n\n" +
    "Without blockhash, one of them must have an unspent output, or there must be an index of all\n" +
    "transactions (-txindex).",
  parameters: [
    required("txids", "array", "The transactions, all of one block",
      { inner: [required("txid", "hex", "A transaction's id")] }),
    optional("blockhash", "hex", "The block that they are in"),
  ],
  results: result(hex("The proof: a merkleblock message (BIP37)")),
  examples: [`'["…"]'`],
  async run(call) {
    const wanted = readTxids(call);
    const id = await findBlockOf(call, wanted);
    const block = readBlock(call, id);
    const txids = block.transactions.map(({ txid }) => txid);
    const isWanted = (txid: Txid): boolean => wanted.has(displayHash(txid));
    if (txids.filter(isWanted).length !== wanted.size) {
      throw new RpcError(RPC_CODE.invalidAddressOrKey,
        "Not all transactions found in specified or retrieved block");
    }
    const proof = { header: block.header, ...buildPartialMerkleTree(txids, isWanted) };
    return toHex(encodeWith(merkleBlockCodec, proof));
  },
};

/** By displayed id. */
function readTxids({ args }: Call): ReadonlyMap<string, Txid> {
  const found = new Map<string, Txid>();
  const values = args.array("txids");
  if (values.length === 0) throw new RpcError(RPC_CODE.invalidParameter, "Parameter 'txids' cannot be empty");
  for (const value of values) {
    const given = readText(value);
    const txid = readHash(given, "txid") as Txid;
    const shown = displayHash(txid);
    if (found.has(shown)) {
      throw new RpcError(RPC_CODE.invalidParameter, `Invalid parameter, duplicated txid: ${given}`);
    }
    found.set(shown, txid);
  }
  return found;
}

async function findBlockOf(call: Call, wanted: ReadonlyMap<string, Txid>): Promise<BlockId> {
  const { chain } = call.host.core;
  if (call.args.has("blockhash")) return findBlock(chain, call.args.hash("blockhash"));
  for (const txid of wanted.values()) {
    const height = await unspentHeight(call, txid);
    if (height !== undefined) return blockAt(chain, height);
  }
  const found = await indexedBlock(call, wanted);
  if (found !== undefined) return found;
  throw new RpcError(RPC_CODE.invalidAddressOrKey, "Transaction not yet in block");
}

/** The block of the first of the transactions, by id. */
async function indexedBlock({ host }: Call, wanted: ReadonlyMap<string, Txid>): Promise<BlockId | undefined> {
  const { chain, indexes } = host.core;
  const [first] = [...wanted.values()].sort(compareBytes);
  if (indexes.transactions === undefined || first === undefined) return undefined;
  await isIndexCurrent(host, "txindex");
  const place = indexes.transactions.find(first);
  const placed = place === undefined ? undefined : readPlaced(chain, place);
  return placed !== undefined && equalBytes(placed.transaction.txid, first) ? placed.block : undefined;
}

/** Height of the block that made some unspent output of `txid`. */
async function unspentHeight({ host }: Call, txid: Txid): Promise<number | undefined> {
  for (let index = 0; index < OUTPUTS_MAX; index++) {
    const coin = host.core.chain.coin({ txid, index });
    if (coin !== undefined) return coin.height;
    if (index % LOOKUPS_PER_TURN === LOOKUPS_PER_TURN - 1) await host.delay(0);
  }
  return undefined;
}

const verifytxoutproof: Method = {
  name: "verifytxoutproof",
  category: "blockchain",
  about: "Returns the transactions that a proof is about, if their block is on the active chain.",
  parameters: [required("proof", "hex", "What gettxoutproof returned")],
  results: result(list(hex("A transaction's id"), "Empty when it proves nothing")),
  run({ host, args }) {
    const { chain } = host.core;
    const given = args.string("proof");
    const proof = readProof(readHex(given, "proof"));
    const proven = provenMatches(proof);
    if (proven === undefined || !equalBytes(proven.root, proof.header.merkleRoot)) return [];
    const id = chain.headers.find(proof.header.hash);
    if (id === undefined || !chain.isActive(id) || chain.headers.transactionCount(id) === 0) {
      throw new RpcError(RPC_CODE.invalidAddressOrKey, "Block not found in chain");
    }
    // A proof of fewer leaves could pass inner nodes off as transactions.
    if (chain.headers.transactionCount(id) !== proof.transactionCount) return [];
    return proven.txids.map(displayHash);
  },
};

/** What follows the proof is not looked at. */
function readProof(bytes: Bytes): MerkleBlock {
  try {
    return merkleBlockCodec.decode(new ByteReader(bytes));
  } catch (error) {
    if (error instanceof DecodeError) throw new RpcError(RPC_CODE.misc, "Proof decode failed");
    throw error;
  }
}

export const proofMethods: readonly Method[] = [gettxoutproof, verifytxoutproof];
