/**
 * Where an index goes on at a start: what its store says of itself, held against the chain.
 *
 * @module
 */
import { equalBytes } from "../../base/bytes.ts";
import type { KeyValueReader } from "../../store/key_value_store.ts";
import type { BlockId } from "../header_index.ts";
import { ChainDataError } from "../restore.ts";
import { hasData, type IndexedChain } from "./index_blocks.ts";
import { INDEX_TRAITS, type IndexTraits } from "./index_kinds.ts";
import { type FoundRecord, INDEX_FORMAT, type IndexRecord, readBest, readDurable } from "./index_record.ts";
import type { Indexer } from "./indexer.ts";

export interface RestoredIndex {
  /** The last block that is in it. */
  readonly best: BlockId;
  /** No power cut can take it back. */
  readonly isDurable: boolean;
}

/**
 * Puts `indexer` where it was: as of its last block, or, when a power cut has left less than that, as of the
 * last one that was safe. `undefined` for an index that is new.
 *
 * @throws {ChainDataError} when the store is of no use
 */
export function restoreIndexer(
  indexer: Indexer, store: KeyValueReader, chain: IndexedChain,
): RestoredIndex | undefined {
  const traits = INDEX_TRAITS[indexer.kind];
  const [best, durable] = [usable(readBest(store), traits), usable(readDurable(store), traits)];
  if (best === undefined && durable === undefined) return undefined;
  let why = `best block of ${traits.title} not found`;
  for (const record of [best, durable]) {
    if (record === undefined || !isKnown(record, chain)) continue;
    const isDurable = durable !== undefined && equalBytes(durable.hash, record.hash);
    const isWhole = isDurable || isIntact(indexer, record, durable, chain);
    const fault = isWhole ? indexer.restore(record.id, record.hash, record.state) : "entries cannot be read";
    if (fault === undefined) return { best: record.id, isDurable };
    why = `${traits.title} is damaged: ${fault}`;
  }
  throw dataError(why, traits);
}

/**
 * Whether a power cut has left all that was written since `durable`, and the blocks to take back from there.
 */
function isIntact(
  indexer: Indexer, best: IndexRecord, durable: IndexRecord | undefined, chain: IndexedChain,
): boolean {
  const { headers, validatedChain } = chain;
  const safe = durable !== undefined && isKnown(durable, chain) ? durable.id : undefined;
  const isSafe = (id: BlockId): boolean => safe !== undefined && headers.descendsFrom(safe, id);
  const traits = INDEX_TRAITS[indexer.kind];
  for (let id: BlockId | undefined = best.id; id !== undefined && !isSafe(id); id = headers.previous(id)) {
    if (!indexer.isIntact(id, headers.hash(id))) return false;
    if (!validatedChain.has(id) && !hasData(chain, id, traits)) return false;
  }
  return true;
}

function isKnown({ id, hash }: IndexRecord, { headers }: IndexedChain): boolean {
  return id < headers.size && equalBytes(headers.hash(id), hash);
}

/** @throws {ChainDataError} when it is no record, or of another format */
function usable(found: FoundRecord, traits: IndexTraits): IndexRecord | undefined {
  if (found === undefined || !("format" in found)) return found;
  const { title } = traits;
  throw dataError(found.format > INDEX_FORMAT
    ? `${title} has format ${found.format}, and this version knows ${INDEX_FORMAT}`
    : `${title} is damaged: it does not say as of which block it is`, traits);
}

function dataError(what: string, { folder }: IndexTraits): ChainDataError {
  return new ChainDataError({ what, advice: rebuildAdvice(folder) });
}

export function rebuildAdvice(folder: string): string {
  return `Please rebuild the index: remove the folder "${folder}" and start again`;
}

/**
 * An index that has come as far as `best` needs what follows (Bitcoin Core: init.cpp,
 * StartIndexBackgroundSync, whose words these are).
 *
 * @throws {ChainDataError} when a block, or what undoes it, was removed
 */
export function requireBlocks(chain: IndexedChain, best: BlockId | undefined, traits: IndexTraits): void {
  const { headers, validatedChain } = chain;
  const { tip } = validatedChain;
  const fork = best === undefined ? undefined : headers.lastCommonAncestor(best, tip);
  const first = fork === undefined ? 0 : headers.height(fork) + 1;
  for (let height = first; height <= headers.height(tip); height++) {
    const id = validatedChain.at(height);
    if (id === undefined || hasData(chain, id, traits)) continue;
    const undo = traits.needsUndo ? " (including undo data)" : "";
    throw new ChainDataError({
      what: `${traits.title} best block of the index goes beyond pruned data${undo}`,
      advice: "Please disable the index or reindex (which will download the whole blockchain again)\n" +
        "Error: A fatal internal error occurred, see debug.log for details: " +
        "Failed to start indexes, shutting down…",
    });
  }
}
