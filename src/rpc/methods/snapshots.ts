/** Snapshots of the unspent outputs, and chainstates that begin with one. @module */
import type { ChainstateReport } from "../../chain/chainstate_report.ts";
import { CoinsRollback } from "../../chain/coins_rollback.ts";
import type { CoinsSnapshot } from "../../chain/coins_scan.ts";
import type { BlockId } from "../../chain/header_index.ts";
import { decodeSnapshotHead, SNAPSHOT_HEAD_BYTES, SnapshotError } from "../../chain/snapshot/snapshot_format.ts";
import { type WrittenSnapshot, writeSnapshot } from "../../chain/snapshot/snapshot_writer.ts";
import { displayHash } from "../../primitives/hash.ts";
import { blockNamed } from "../block_named.ts";
import { JsonNumber, type JsonValue } from "../json.ts";
import { hashText, readBlock } from "../lookup.ts";
import { type Call, type Method, result } from "../method.ts";
import { readObject } from "../object_fields.ts";
import { optional, required } from "../parameter.ts";
import { bitsText, difficulty, targetText } from "../render/block_json.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { boolean, hex, list, number, object, optional as maybe, text } from "../shape.ts";
import { openSnapshot, shuttingDown, stopFlag } from "../snapshot.ts";
import type { NewFile } from "../snapshot_desk.ts";

const dumptxoutset: Method = {
  name: "dumptxoutset",
  category: "blockchain",
  about: "Writes all unspent outputs to a file, from which loadtxoutset of a node of the same network can " +
    "take them, if that\nnode knows their hash. For an earlier block, what the blocks since then did is " +
    "undone in a database of its own,\nwhich may take long (bitcoin-cli -rpcclienttimeout=0).",
  parameters: [
    required("path", "string", "The file; a relative path begins in the data directory"),
    optional("type", "string",
      'As of which block: "latest" for the tip, or "rollback" for the highest that loadtxoutset takes, ' +
        "unless another is named",
      { fallback: "" }),
    optional("options", "object", "", {
      membersByName: true,
      inner: [
        optional("rollback", "number", "Height or hash of the block", { anyType: true }),
        optional("in_memory", "boolean", "Whether what the blocks did is gathered in memory",
          { fallback: false }),
      ],
    }),
  ],
  results: result(object({
    coins_written: number("Outputs in the file"),
    base_hash: hex("The block as of which they are"),
    base_height: number("Its height"),
    path: text("The file's absolute path"),
    txoutset_hash: hex("The hash over all of them"),
    nchaintx: number("Transactions from genesis up to and with that block"),
  })),
  examples: ["utxo.dat latest", "utxo.dat rollback"],
  async run(call) {
    const { args, host } = call;
    const target = dumpTarget(call);
    const path = host.snapshots.resolve(args.string("path"));
    const partPath = `${path}.incomplete`;
    if (await host.snapshots.exists(path)) {
      throw new RpcError(RPC_CODE.invalidParameter,
        `${path} already exists. If you are sure this is what you want, move it out of the way first`);
    }
    const file = await host.snapshots.create(partPath);
    if (file === undefined) {
      throw new RpcError(RPC_CODE.invalidParameter, `Couldn't open file ${partPath} for writing.`);
    }
    let written: Dump;
    try {
      written = await (target === undefined ? dumpLatest(call, file) : dumpEarlier(call, target, file, path));
      await file.close();
    } catch (error) {
      await file.close();
      await host.snapshots.remove(partPath);
      throw error;
    }
    await host.snapshots.rename(partPath, path);
    return dumpJson(call, written, path);
  },
};

interface Dump extends WrittenSnapshot {
  readonly base: BlockId;
}

/** The block to go back to; `undefined` for the tip. */
function dumpTarget(call: Call): BlockId | undefined {
  const { args, host } = call;
  const { chain } = host.core;
  const type = args.string("type");
  const wanted = optionOf(call, "rollback");
  if (wanted !== null) {
    if (type === "" || type === "rollback") return earlier(call, wanted);
    throw new RpcError(RPC_CODE.invalidParameter,
      `Invalid snapshot type "${type}" specified with rollback option`);
  }
  if (type === "latest") return undefined;
  if (type !== "rollback") {
    throw new RpcError(RPC_CODE.invalidParameter,
      `Invalid snapshot type "${type}" specified. Please specify "rollback" or "latest"`);
  }
  const highest = chain.params.assumeUtxo.at(-1);
  if (highest !== undefined) return earlier(call, new JsonNumber(String(highest.height)));
  throw new RpcError(RPC_CODE.invalidParameter, "This network has no snapshot block: name one as rollback");
}

function optionOf({ args }: Call, name: string): JsonValue {
  const options = args.raw("options");
  return options === null ? null : readObject(options).get(name) ?? null;
}

function earlier({ host }: Call, value: JsonValue): BlockId | undefined {
  const { chain } = host.core;
  const id = blockNamed(chain, value);
  if (id === chain.tip) return undefined;
  if (!chain.isActive(id)) throw new RpcError(RPC_CODE.invalidParameter, "Block is not in main chain");
  if (chain.headers.height(id) + 1 >= chain.prunedBelow) return id;
  throw new RpcError(RPC_CODE.misc,
    "Could not roll back to requested height since necessary block data is already pruned.");
}

async function dumpLatest(call: Call, file: NewFile): Promise<Dump> {
  const snapshot = await openSnapshot(call.host);
  return dump(call, snapshot, file);
}

/** What the blocks since `target` did is gathered beside the file. */
async function dumpEarlier(call: Call, target: BlockId, file: NewFile, path: string): Promise<Dump> {
  const { host } = call;
  const { headers } = host.core.chain;
  const inMemory = optionOf(call, "in_memory") === true;
  const folder = inMemory ? undefined : `${path}.temp_utxo_${headers.height(target)}`;
  const scratch = await host.snapshots.scratch(folder);
  const snapshot = await openSnapshot(host);
  try {
    const rollback = new CoinsRollback(scratch.store);
    await undoBlocks(call, rollback, headers.find(snapshot.head) ?? target, target);
    return await dump(call, { head: headers.hash(target), coins: rollback.apply(snapshot.coins) }, file);
  } finally {
    await snapshot.coins.return(undefined);
    await scratch.remove();
  }
}

async function undoBlocks(
  call: Call, rollback: CoinsRollback, from: BlockId, target: BlockId,
): Promise<void> {
  const { chain } = call.host.core;
  const { headers } = chain;
  if (!headers.descendsFrom(from, target)) {
    throw new RpcError(RPC_CODE.misc, "The chain has changed, and no longer has the requested block");
  }
  const isStopped = stopFlag(call.host);
  for (let id: BlockId | undefined = from; id !== undefined && id !== target; id = headers.previous(id)) {
    if (isStopped()) throw shuttingDown();
    const block = readBlock(call, id);
    const spent = chain.readUndo(id);
    if (spent === undefined) {
      throw new RpcError(RPC_CODE.internal, `Failed to roll back block at height ${headers.height(id)}`);
    }
    await rollback.undo(block, spent);
  }
}

async function dump({ host }: Call, snapshot: CoinsSnapshot, file: NewFile): Promise<Dump> {
  const { chain } = host.core;
  const written = await writeSnapshot(snapshot, chain.params.magic, file, stopFlag(host));
  const base = chain.headers.find(snapshot.head);
  if (written === undefined || base === undefined) throw shuttingDown();
  return { ...written, base };
}

function dumpJson({ host }: Call, { base, coins, hash }: Dump, path: string): unknown {
  const { chain } = host.core;
  return {
    coins_written: coins,
    base_hash: hashText(chain, base),
    base_height: chain.headers.height(base),
    path,
    txoutset_hash: hash,
    nchaintx: chain.headers.blocks.chainTransactionCount(base),
  };
}

const loadtxoutset: Method = {
  name: "loadtxoutset",
  category: "blockchain",
  about: "Takes unspent outputs from a file that dumptxoutset wrote, if their hash is one that the node " +
    "knows. They are\nthen the ones in use, and the node soon is at the network's tip, while all blocks " +
    "before are still downloaded and\nchecked in the background.",
  parameters: [required("path", "string", "The file; a relative path begins in the data directory")],
  results: result(object({
    coins_loaded: number("Outputs in the file"),
    tip_hash: hex("The block as of which they are"),
    base_height: number("Its height"),
    path: text("The file's absolute path"),
  })),
  examples: ["utxo.dat"],
  async run({ args, host }) {
    const { chain } = host.core;
    const path = host.snapshots.resolve(args.string("path"));
    const file = await host.snapshots.open(path);
    if (file === undefined) {
      throw new RpcError(RPC_CODE.invalidParameter, `Couldn't open file ${path} for reading.`);
    }
    try {
      const head = parseHead(await file.head(SNAPSHOT_HEAD_BYTES), chain.params);
      await host.snapshots.load(head, file);
      const base = chain.headers.find(head.base);
      return {
        coins_loaded: head.coins,
        tip_hash: displayHash(head.base),
        base_height: base === undefined ? 0 : chain.headers.height(base),
        path,
      };
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      throw new RpcError(RPC_CODE.internal, `Unable to load UTXO snapshot: ${error.message}. (${path})`);
    } finally {
      await file.close();
    }
  },
};

function parseHead(...[bytes, params]: Parameters<typeof decodeSnapshotHead>) {
  try {
    return decodeSnapshotHead(bytes, params);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    throw new RpcError(RPC_CODE.deserialization, `Unable to parse metadata: ${error.message}`);
  }
}

const getchainstates: Method = {
  name: "getchainstates",
  category: "blockchain",
  about: "Returns the chainstates of the node: one, or two while the coins of a snapshot are checked.",
  parameters: [],
  results: result(object({
    headers: number("Height of the best header known"),
    chainstates: list(object({
      blocks: number("Height of its tip"),
      bestblockhash: hex("The tip's hash"),
      bits: hex("The tip's target in compact form"),
      target: hex("The tip's target"),
      difficulty: number("How hard that target is"),
      verificationprogress: number("Estimated share of the chain that it has, 0 to 1"),
      snapshot_blockhash: maybe(hex("The block as of which the snapshot was that it began with")),
      coins_db_cache_bytes: number("Memory for the database of its coins"),
      coins_tip_cache_bytes: number("Memory for coins that are not in the database yet"),
      validated: boolean("Whether all blocks up to its tip were checked"),
    }), "By work, the one in use last"),
  })),
  run({ host: { core: { chain } } }) {
    const json = (each: ChainstateReport): unknown => {
      const bits = chain.headers.bits(each.tip);
      return {
        blocks: chain.headers.height(each.tip),
        bestblockhash: hashText(chain, each.tip),
        bits: bitsText(bits),
        target: targetText(bits),
        difficulty: difficulty(bits),
        verificationprogress: each.progress,
        coins_db_cache_bytes: Math.round(each.budgetBytes / 2),
        coins_tip_cache_bytes: Math.round(each.budgetBytes / 2),
        ...(each.snapshotBase === undefined ? {} : { snapshot_blockhash: hashText(chain, each.snapshotBase) }),
        validated: each.isValidated,
      };
    };
    return { headers: chain.headers.height(chain.bestHeader), chainstates: chain.chainstates.map(json) };
  },
};

export const snapshotMethods: readonly Method[] = [dumptxoutset, loadtxoutset, getchainstates];
