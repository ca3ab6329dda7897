/**
 * Serves compact block filters and what commits to them (BIP157), from the index of filters.
 *
 * Filters are read in runs that lie together, elsewhere; the peer is parked until all it asked for is
 * sent, so that it has one request waiting at most, and when it does not read it waits and not we.
 *
 * Needs from the node: nothing but the calls of `Protocol`.
 *
 * Source: Bitcoin Core, net_processing.cpp, PrepareBlockFilterRequest and what follows it.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { type Bytes, equalBytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { Instant } from "../base/time.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { FilterEntry, FilterIndex } from "../chain/indexes/filter_index.ts";
import { BASIC_FILTER, filterHash, type FilterHeader, FIRST_FILTER_HEADER } from "../filters/basic_filter.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import { type BlockHash, displayHash } from "../primitives/hash.ts";
import type { Message, MessageType } from "../wire/message.ts";
import {
  FILTER_HASHES_MAX, type GetCompactFilterCheckpoints, type GetCompactFilters,
} from "../wire/messages/compact_filters.ts";
import { isServable } from "./block_access.ts";
import type { ProtocolDisconnect } from "./disconnect_reason.ts";
import type { Outbox, Protocol } from "./protocol.ts";
import { isOverLimit, type UploadLimit } from "./upload_limit.ts";

/** BIP157: no `getcfilters` may ask for more. */
export const FILTERS_MAX = 1_000;
/** BIP157: blocks from one checkpoint to the next. */
const CHECKPOINT_INTERVAL = 1_000;
/** Checkpoints kept in memory, as in Bitcoin Core: many ask for all of them. */
const CHECKPOINTS_KEPT_MAX = 2_000;
/** Read at once: some ten filters of full blocks. */
const RUN_BYTES_MAX = 256 * 1024;

export interface FilterServePorts {
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly chain: Pick<ChainState, "params" | "headers" | "bestHeader" | "isActive">;
  /** `undefined` when peers are not offered any. */
  readonly filters: Pick<FilterIndex, "find"> | undefined;
  readonly uploads: UploadLimit;
}

/** Filters that lie one behind the other in a file, with what stands between them. */
interface Run {
  readonly entries: readonly FilterEntry[];
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** Filters on their way to a peer, which is parked meanwhile. */
interface Delivery {
  readonly peer: Peer;
  readonly runs: readonly Run[];
  next: number;
  isLoading: boolean;
}

export class FilterServe implements Protocol {
  readonly takes: readonly MessageType[] = ["getcfilters", "getcfheaders", "getcfcheckpt"];
  readonly #ports: FilterServePorts;
  readonly #deliveries = new Map<PeerId, Delivery>();
  readonly #checkpoints = new Map<BlockId, FilterHeader>();

  constructor(ports: FilterServePorts) {
    this.#ports = ports;
  }

  ready(): void {}

  closed(peer: Peer): void {
    this.#deliveries.delete(peer.id);
  }

  received(peer: Peer, message: Message): void {
    switch (message.type) {
      case "getcfilters":
        return this.#getFilters(peer, message.value);
      case "getcfheaders":
        return this.#getHeaders(peer, message.value);
      case "getcfcheckpt":
        return this.#getCheckpoints(peer, message.value);
      default:
    }
  }

  pass(peer: Peer): void {
    const delivery = this.#deliveries.get(peer.id);
    if (delivery !== undefined) this.#deliver(delivery);
  }

  woken(): void {}

  wakeAt(): Instant | undefined {
    return undefined;
  }

  #getFilters(peer: Peer, request: GetCompactFilters): void {
    const stop = this.#stopOf(peer, request, FILTERS_MAX);
    if (stop === undefined) return;
    const first = this.#ports.chain.headers.ancestor(stop, request.startHeight);
    if (isOverLimit(peer, this.#ports.uploads, this.#ports.chain, first)) {
      return this.#drop(peer, "historical filter serving limit reached", "upload-limit-reached");
    }
    const entries = this.#entries(request.startHeight, stop);
    if (entries === undefined) return this.#logMissing("filter", request);
    const delivery = { peer, runs: runsOf(entries), next: 0, isLoading: false };
    this.#deliveries.set(peer.id, delivery);
    this.#ports.outbox.park(peer);
    this.#deliver(delivery);
  }

  #deliver(delivery: Delivery): void {
    const { outbox } = this.#ports;
    const { peer, runs } = delivery;
    if (delivery.isLoading || peer.isSendFull) return;
    const run = runs[delivery.next++];
    if (run === undefined) {
      this.#deliveries.delete(peer.id);
      return outbox.unpark(peer);
    }
    delivery.isLoading = true;
    const { name, offset, length } = run;
    outbox.load({ name, offset, length }, (bytes) => {
      if (this.#deliveries.get(peer.id) !== delivery) return;
      delivery.isLoading = false;
      if (!this.#sendRun(peer, run, bytes)) delivery.next = runs.length;
      this.#deliver(delivery);
    });
  }

  /** False when a filter is not what it was. */
  #sendRun(peer: Peer, run: Run, bytes: Bytes | undefined): boolean {
    const { logger, outbox } = this.#ports;
    for (const { blockHash, hash, range } of run.entries) {
      const start = range.offset - run.offset;
      const filter = bytes?.subarray(start, start + range.length);
      if (filter === undefined || !equalBytes(filterHash(filter), hash)) {
        const where = `${range.name}, offset ${range.offset}`;
        logger.error(`Filter of block ${displayHash(blockHash)} at ${where} is damaged`);
        return false;
      }
      outbox.send(peer, { type: "cfilter", value: { filterType: BASIC_FILTER, blockHash, filter } });
    }
    return true;
  }

  #getHeaders(peer: Peer, request: GetCompactFilters): void {
    const stop = this.#stopOf(peer, request, FILTER_HASHES_MAX);
    if (stop === undefined) return;
    const { filterType, startHeight } = request;
    const previousHeader = startHeight === 0 ? FIRST_FILTER_HEADER : this.#headerAt(stop, startHeight - 1);
    const entries = this.#entries(startHeight, stop);
    if (previousHeader === undefined || entries === undefined) {
      return this.#logMissing("filter header", request);
    }
    const filterHashes = entries.map(({ hash }) => hash);
    const value = { filterType, stop: request.stop, previousHeader, filterHashes };
    this.#ports.outbox.send(peer, { type: "cfheaders", value });
  }

  #getCheckpoints(peer: Peer, request: GetCompactFilterCheckpoints): void {
    const stop = this.#stopOf(peer, { ...request, startHeight: 0 }, Number.POSITIVE_INFINITY);
    if (stop === undefined) return;
    const filterHeaders: FilterHeader[] = [];
    const last = this.#ports.chain.headers.height(stop);
    for (let height = CHECKPOINT_INTERVAL; height <= last; height += CHECKPOINT_INTERVAL) {
      const header = this.#headerAt(stop, height);
      if (header === undefined) return this.#logMissing("filter header", request);
      filterHeaders.push(header);
    }
    const value = { filterType: request.filterType, stop: request.stop, filterHeaders };
    this.#ports.outbox.send(peer, { type: "cfcheckpt", value });
  }

  /** The last block asked for; a request that is not in order costs the peer its connection. */
  #stopOf(
    peer: Peer, { filterType, startHeight, stop }: GetCompactFilters, countMax: number,
  ): BlockId | undefined {
    const { chain, filters } = this.#ports;
    if (filters === undefined || filterType !== BASIC_FILTER) {
      const why = `peer requested unsupported block filter type: ${filterType}`;
      return this.#drop(peer, why, "block-filter-unserved");
    }
    const id = chain.headers.find(stop);
    if (id === undefined || !isServable(chain, id)) {
      const why = `peer requested invalid block hash: ${displayHash(stop)}`;
      return this.#drop(peer, why, "block-filter-refused");
    }
    const stopHeight = chain.headers.height(id);
    if (startHeight > stopHeight) {
      const why = "peer sent invalid getcfilters/getcfheaders with " +
        `start height ${startHeight} and stop height ${stopHeight}`;
      return this.#drop(peer, why, "block-filter-refused");
    }
    const count = stopHeight - startHeight + 1;
    if (count <= countMax) return id;
    return this.#drop(
      peer, `peer requested too many cfilters/cfheaders: ${count} / ${countMax}`, "block-filter-refused");
  }

  /** From `startHeight` up to `stop`; `undefined` when some are not in the index (yet). */
  #entries(startHeight: number, stop: BlockId): readonly FilterEntry[] | undefined {
    const { headers } = this.#ports.chain;
    const entries: FilterEntry[] = [];
    let id: BlockId | undefined = stop;
    for (let height = headers.height(stop); height >= startHeight && id !== undefined; height--) {
      const entry = this.#entry(id);
      if (entry === undefined) return undefined;
      entries.push(entry);
      id = headers.previous(id);
    }
    return entries.reverse();
  }

  #headerAt(stop: BlockId, height: number): FilterHeader | undefined {
    const id = this.#ports.chain.headers.ancestor(stop, height);
    if (id === undefined) return undefined;
    const kept = this.#checkpoints.get(id);
    if (kept !== undefined) return kept;
    const header = this.#entry(id)?.header;
    const isCheckpoint = height % CHECKPOINT_INTERVAL === 0;
    if (header !== undefined && isCheckpoint && this.#checkpoints.size < CHECKPOINTS_KEPT_MAX) {
      this.#checkpoints.set(id, header);
    }
    return header;
  }

  #entry(id: BlockId): FilterEntry | undefined {
    const { chain, filters } = this.#ports;
    assert(filters !== undefined, "only who is offered filters gets this far");
    return filters.find(id, chain.headers.hash(id));
  }

  #logMissing(what: string, request: { readonly startHeight?: number; readonly stop: BlockHash }): void {
    this.#ports.logger.debug("net", () => {
      const start = request.startHeight === undefined ? "" : `start_height=${request.startHeight}, `;
      const where = `filter_type=basic, ${start}stop_hash=${displayHash(request.stop)}`;
      return `Failed to find block ${what} in index: ${where}`;
    });
  }

  #drop(peer: Peer, why: string, reason: ProtocolDisconnect): undefined {
    this.#ports.logger.debug("net", () => `${why}, disconnecting peer=${peer.id}`);
    this.#ports.outbox.disconnect(peer, reason);
    return undefined;
  }
}

function runsOf(entries: readonly FilterEntry[]): readonly Run[] {
  const runs: Run[] = [];
  let members: FilterEntry[] = [];
  const close = (): void => {
    const [first, last] = [members[0], members.at(-1)];
    if (first === undefined || last === undefined) return;
    const { name, offset } = first.range;
    runs.push({ entries: members, name, offset, length: last.range.offset + last.range.length - offset });
    members = [];
  };
  for (const entry of entries) {
    const { range } = entry;
    const [start, before] = [members[0]?.range, members.at(-1)?.range];
    // After a reorganisation a block's filter may stand before its parent's.
    const goesOn = start !== undefined && before !== undefined && start.name === range.name &&
      range.offset > before.offset && range.offset + range.length - start.offset <= RUN_BYTES_MAX;
    if (!goesOn) close();
    members.push(entry);
  }
  close();
  return runs;
}
