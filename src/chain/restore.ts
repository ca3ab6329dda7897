/**
 * What a start finds on disk: the header index read back, the place of the coins in it, and
 * whatever a crash left half done, mended or refused.
 *
 * ```text
 * index     'V' u32le format     'T' 32 hash of the tip     'h' pages (index_pages.ts)
 * coins     'B' or 'H' heads     'C' coins                  (coins_cache.ts)
 * ```
 *
 * Mended: coins that lag behind the blocks (connected again), coins between two heads (replayed),
 * coins of a block that is no longer on the best chain (disconnected), blocks whose bytes did not
 * reach the disk before a power cut (downloaded again).
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Rng } from "../base/rng.ts";
import { findAssumeUtxo } from "../params/assume_utxo.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { type BlockHash, displayHash } from "../primitives/hash.ts";
import type { Change, KeyValueReader } from "../store/key_value_store.ts";
import { blockFileName, FRAME_BYTES, undoFileName } from "./block_files.ts";
import type { RestoredChain } from "./chain_ports.ts";
import { readCoinsHead } from "./coins_cache.ts";
import { type BlockId, GENESIS, HeaderIndex } from "./header_index.ts";
import { decodePage, PAGE_ROWS, pageOfKey } from "./index_pages.ts";
import { UNDO_CHECKSUM_BYTES } from "./undo_codec.ts";

/** Of the block index and the coins. A later one is refused by name. */
const CHAIN_FORMAT = 1;

/** A start that finds nothing. */
export const NEW_CHAIN: RestoredChain = { entries: [] };

/** Why a data directory cannot be used, and what its owner can do about it, unless that is plain. */
export interface ChainDataFault {
  readonly what: string;
  readonly advice: string;
}

/** Thrown by `new ChainState`, once, at start: whoever opens a node shows it and stops. */
export class ChainDataError extends Error {
  override readonly name = "ChainDataError";
  readonly fault: ChainDataFault;

  constructor(fault: ChainDataFault) {
    const space = fault.advice === REBUILD ? "\n" : " ";
    super(fault.advice === "" ? `${fault.what}.` : `${fault.what}.${space}${fault.advice}`);
    this.fault = fault;
  }
}

/** Bitcoin Core's words, in a line of their own (init.cpp). */
export const REBUILD = "Please restart with -reindex or -reindex-chainstate to recover.";
export const REINDEX =
  "Start once with -reindex, which makes it again from the block files and downloads what they lack";
export const REINDEX_COINS =
  "Start once with -reindex-chainstate, which makes the coins again from the blocks (where old ones are " +
  "pruned, with -reindex, which downloads them again)";
const ANOTHER_PROGRAM = "Use another directory, and read the files in blocks/ with \"tidings import\"";

const FORMAT_KEY = Uint8Array.of(0x56);
const TIP_KEY = Uint8Array.of(0x54);

/** Written with the first block. */
export function formatChange(): Change {
  return { type: "put", key: FORMAT_KEY, value: Uint8Array.of(CHAIN_FORMAT, 0, 0, 0) };
}

/** Written with each step, so that a start comes back to the tip that everyone was told of. */
export function tipChange(hash: BlockHash): Change {
  return { type: "put", key: TIP_KEY, value: hash };
}

/** As of which block the coins of a chainstate are. */
export interface CoinsPlace {
  /** The block as of which the coins are, or will be when they are replayed. */
  readonly coinsHead: BlockId;
  /** Coins lie between this block and `coinsHead`. */
  readonly replayFrom: BlockId | undefined;
}

/** The place is that of the active chainstate. */
export interface RestoredState extends CoinsPlace {
  readonly headers: HeaderIndex;
  /** The tip of before. */
  readonly tip: BlockId;
  /** The other chainstate, when the active one began with a snapshot as of `base`. */
  readonly background: (CoinsPlace & { readonly base: BlockId }) | undefined;
  /** Blocks that were thought to be here. */
  readonly lost: number;
}

/** `undefined` when there is nothing to restore. */
export function restoreState(
  { entries, blockFiles, isReindexing, snapshotBase }: RestoredChain,
  stores: CoinStores,
  params: ChainParams,
  rng: Rng,
): RestoredState | ChainDataFault | undefined {
  if (snapshotBase !== undefined && findAssumeUtxo(params, snapshotBase) === undefined) {
    return unknownSnapshot(snapshotBase);
  }
  const found = readIndex(entries, params, rng);
  if ("what" in found) return found;
  const { headers, tipHash } = found;
  if (headers.size === 0) {
    return blockFiles === undefined || isReindexing ? undefined : checkUnindexed(blockFiles, params);
  }
  const places = snapshotBase === undefined ? placeAlone(headers, stores.coins)
    : placeBoth(headers, stores, snapshotBase);
  if ("what" in places) return places;
  const tip = (tipHash === undefined ? undefined : headers.find(tipHash)) ?? places.coinsHead;
  const lost = blockFiles === undefined ? 0 : checkFiles(headers, places, blockFiles);
  if (typeof lost !== "number") return lost;
  return { headers, ...places, tip, lost };
}

/** The databases of the two chainstates. */
export interface CoinStores {
  readonly coins: KeyValueReader;
  readonly snapshotCoins?: KeyValueReader | undefined;
}

type Places = Pick<RestoredState, "coinsHead" | "replayFrom" | "background">;

/** In the words of Bitcoin Core (validation.cpp, Chainstate::TargetBlock and its like). */
function unknownSnapshot(base: BlockHash): ChainDataFault {
  const why = `Assumeutxo data not found for the given blockhash '${displayHash(base)}'`;
  return { what: `A fatal internal error occurred, see debug.log for details: ${why}`, advice: "" };
}

function placeAlone(headers: HeaderIndex, coins: KeyValueReader): Places | ChainDataFault {
  const place = placeCoins(headers, coins);
  return "what" in place ? place : { ...place, background: undefined };
}

function placeBoth(
  headers: HeaderIndex, { coins, snapshotCoins }: CoinStores, hash: BlockHash,
): Places | ChainDataFault {
  const base = headers.find(hash);
  if (snapshotCoins === undefined || base === undefined || readCoinsHead(snapshotCoins)?.type === "none") {
    return coinsFault("there is a snapshot of coins whose block, or whose coins, are missing");
  }
  const active = placeCoins(headers, snapshotCoins);
  if ("what" in active) return active;
  const background = placeCoins(headers, coins);
  if ("what" in background) return background;
  return { ...active, background: { ...background, base } };
}

type Entry = readonly [key: Bytes, value: Bytes];

function readIndex(
  entries: Iterable<Entry>,
  params: ChainParams,
  rng: Rng,
): { readonly headers: HeaderIndex; readonly tipHash: Bytes | undefined } | ChainDataFault {
  const headers = new HeaderIndex(rng);
  if (Array.isArray(entries)) headers.reserve(entries.length * PAGE_ROWS);
  let format: number | undefined;
  let tipHash: Bytes | undefined;
  let isEmpty = true;
  for (const [key, value] of entries) {
    isEmpty = false;
    if (equalBytes(key, FORMAT_KEY)) format = value[0];
    if (equalBytes(key, TIP_KEY)) tipHash = value;
    const page = pageOfKey(key);
    if (page === undefined) continue;
    if (format !== CHAIN_FORMAT) break;
    const fault = readPage(headers, page, value, params);
    if (fault !== undefined) return fault;
  }
  if (!isEmpty && format !== CHAIN_FORMAT) return wrongFormat(format);
  return { headers, tipHash };
}

function wrongFormat(format: number | undefined): ChainDataFault {
  if (format === undefined) {
    return { what: "The block index in blocks/index was not written by Tidings", advice: ANOTHER_PROGRAM };
  }
  return {
    what: `The data directory has format ${format}, and this version knows format ${CHAIN_FORMAT}`,
    advice: "Use the version of Tidings that wrote it, or a later one",
  };
}

function readPage(
  headers: HeaderIndex,
  page: number,
  value: Bytes,
  params: ChainParams,
): ChainDataFault | undefined {
  const broken = (why: string): ChainDataFault => ({
    what: `The block index in blocks/index is damaged: page ${page} ${why}`,
    advice: REINDEX,
  });
  const rows = decodePage(value);
  if (rows === undefined) return broken("has a wrong checksum");
  if (headers.size !== page * PAGE_ROWS) return broken("does not follow the one before it");
  for (const { header, parent, record } of rows) {
    const isGenesis = headers.size === 0;
    if (isGenesis && !equalBytes(header.hash, params.genesis.hash)) return otherChain(header.hash, params);
    if (!isGenesis && parent >= headers.size) return broken("has a header without its parent");
    headers.blocks.restore(headers.add(header, isGenesis ? undefined : (parent as BlockId)), record);
  }
  // Page by page, or a million of them would be remembered as changed.
  headers.changed.clear();
  return undefined;
}

function otherChain(hash: BlockHash, { name, genesis }: ChainParams): ChainDataFault {
  return {
    what: `The data directory holds a chain that begins with ${displayHash(hash)}, and ${name} begins with ` +
      displayHash(genesis.hash),
    advice: "Choose the chain that it was made for, or another data directory",
  };
}

function placeCoins(
  headers: HeaderIndex,
  coins: KeyValueReader,
): CoinsPlace | ChainDataFault {
  const head = readCoinsHead(coins);
  switch (head?.type) {
    case undefined:
      return coinsFault("it does not say of which block it is");
    case "none":
      return fromGenesis(headers) ?? { coinsHead: GENESIS, replayFrom: undefined };
    case "block": {
      const coinsHead = headers.find(head.hash);
      if (coinsHead !== undefined) return { coinsHead, replayFrom: undefined };
      return coinsFault(`it is of block ${displayHash(head.hash)}, which is not known`);
    }
    case "between": {
      const [coinsHead, replayFrom] = [headers.find(head.to), headers.find(head.from)];
      if (coinsHead !== undefined && replayFrom !== undefined) return { coinsHead, replayFrom };
      return coinsFault("it lies between blocks that are not known");
    }
  }
}

export function coinsFault(why: string): ChainDataFault {
  return { what: `The coin database in chainstate is damaged: ${why}`, advice: REINDEX_COINS };
}

/** Found in use: a block must not be judged by it. @throws {ChainDataError} */
export function throwDamaged(what: string): never {
  throw new ChainDataError({ what: `${what} is damaged`, advice: REINDEX_COINS });
}

/** Without coins, all blocks must be here, to make them from. */
function fromGenesis({ blocks, size }: HeaderIndex): ChainDataFault | undefined {
  for (let row = 0; row < size; row++) {
    if (blocks.transactionCount(row) === 0 || blocks.hasBlock(row)) continue;
    return {
      what: "The coin database in chainstate is missing, and old blocks are pruned",
      advice: REINDEX,
    };
  }
  return undefined;
}

type Listing = readonly { readonly name: string; readonly size: number }[];

/** Block files without an index would be written over. */
function checkUnindexed(files: Listing, params: ChainParams): ChainDataFault | undefined {
  const genesisBytes = FRAME_BYTES + params.genesis.bytes.length;
  const strange = files.find(({ name, size }) => /^blk\d+\.dat$/.test(name) && size > genesisBytes);
  if (strange === undefined) return undefined;
  return { what: "Error initializing block database", advice: REBUILD };
}

/**
 * Whether all bytes that the index speaks of can be there. A block above the coins that is cut off
 * is downloaded again; one below them, or what undoes it, cannot be done without. Returns how many
 * were cut off.
 */
function checkFiles(headers: HeaderIndex, places: Places, files: Listing): number | ChainDataFault {
  const sizes = new Map(files.map(({ name, size }) => [`blocks/${name}`, size]));
  const { blocks } = headers;
  let lost = 0;
  for (let row = 0; row < headers.size; row++) {
    const [block, undo] = [blocks.position(row), blocks.undoPosition(row)];
    if (block === undefined) continue;
    const [blockFile, undoFile] = [blockFileName(block.file), undoFileName(block.file)];
    const hasBlock = block.offset + block.length <= (sizes.get(blockFile) ?? 0);
    const undoEnd = undo === undefined ? 0 : undo.offset + undo.length + UNDO_CHECKSUM_BYTES;
    const hasUndo = undoEnd <= (sizes.get(undoFile) ?? 0);
    if (hasBlock && hasUndo) continue;
    if (isNeeded(headers, places, row as BlockId)) {
      const name = hasBlock ? undoFile : blockFile;
      return { what: `${name} is missing or too short for the blocks it should hold`, advice: REINDEX };
    }
    if (hasBlock) {
      // What undoes it is written when it is connected, and made then.
      blocks.setUndoLost(row);
      continue;
    }
    blocks.setLost(row);
    lost++;
  }
  return lost;
}

/** Whether coins are as of this block or a later one, but not because they came with a snapshot. */
function isNeeded(headers: HeaderIndex, { coinsHead, background }: Places, id: BlockId): boolean {
  if (background === undefined) return headers.descendsFrom(coinsHead, id);
  if (headers.descendsFrom(background.coinsHead, id)) return true;
  return headers.height(id) > headers.height(background.base) && headers.descendsFrom(coinsHead, id);
}
