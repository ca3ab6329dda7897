import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bytes } from "../base/bytes.ts";
import type { BlockId } from "../chain/header_index.ts";
import type { FilterEntry } from "../chain/indexes/filter_index.ts";
import { filterHash, filterHeader, FIRST_FILTER_HEADER } from "../filters/basic_filter.ts";
import { type BlockHash, displayHash } from "../primitives/hash.ts";
import { FakeChain, mineChain } from "../../test/support/fake_chain.ts";
import { ProtocolBench } from "../../test/support/protocol_bench.ts";
import { FilterServe, FILTERS_MAX } from "./filter_serve.ts";
import { FILTER_HASHES_MAX } from "../wire/messages/compact_filters.ts";

const UNKNOWN = new Uint8Array(32).fill(7) as BlockHash;

/** Filters that are only numbers, two bytes apart in one file. */
class FakeFilters {
  readonly entries = new Map<BlockId, FilterEntry>();
  readonly file: number[] = [];
  #header = FIRST_FILTER_HEADER;

  add(id: BlockId, blockHash: BlockHash): void {
    const filter = Uint8Array.of(id & 0xff, id >>> 8, 1);
    const hash = filterHash(filter);
    this.#header = filterHeader(hash, this.#header);
    const range = { name: "fltr", offset: this.file.length + 2, length: filter.length };
    this.file.push(0, 0, ...filter);
    this.entries.set(id, { blockHash, hash, header: this.#header, range });
  }

  find(id: BlockId): FilterEntry | undefined {
    return this.entries.get(id);
  }

  read({ offset, length }: { readonly offset: number; readonly length: number }): Bytes {
    return Uint8Array.from(this.file.slice(offset, offset + length));
  }
}

interface Setting {
  readonly count?: number;
  readonly isOffered?: boolean;
  readonly indexed?: number;
  readonly isOverLimit?: boolean;
}

function bench({ count = 20, isOffered = true, indexed = count, isOverLimit = false }: Setting = {}) {
  const outbox = new ProtocolBench();
  const chain = new FakeChain();
  const uploads = { isReached: (forHistory: boolean): boolean => forHistory && isOverLimit };
  const filters = new FakeFilters();
  chain.have(mineChain(chain.tipHeader, count));
  for (let height = 0; height <= indexed; height++) {
    const id = chain.activeAt(height) ?? assert.fail();
    filters.add(id, chain.headers.hash(id));
  }
  outbox.protocols.push(new FilterServe({
    logger: outbox.logger, outbox, chain, uploads, filters: isOffered ? filters : undefined,
  }));
  const peer = outbox.open();
  const at = (height: number): BlockHash => chain.headers.hash(chain.activeAt(height) ?? assert.fail());
  const answerLoad = (damage = false): boolean => {
    const load = outbox.loads.shift();
    const bytes = load && filters.read(load.range);
    if (damage && bytes !== undefined) bytes[2] = (bytes[2] ?? 0) ^ 1;
    load?.done(bytes);
    return load !== undefined;
  };
  const sentFilters = () => outbox.sent(peer, "cfilter").map(({ blockHash, filter }) => [displayHash(blockHash), filter]);
  return { outbox, chain, filters, peer, at, answerLoad, sentFilters };
}

test("filters are sent in the order of their blocks, while the peer is parked", () => {
  const { outbox, filters, peer, at, answerLoad, sentFilters } = bench();
  outbox.from(peer, { type: "getcfilters", value: { filterType: 0, startHeight: 3, stop: at(7) } });
  assert.ok(outbox.parked.has(peer.id));
  while (answerLoad());
  const expected = [3, 4, 5, 6, 7].map((height) => {
    const entry = [...filters.entries.values()][height] ?? assert.fail();
    return [displayHash(entry.blockHash), filters.read(entry.range)];
  });
  assert.deepEqual(sentFilters(), expected);
  assert.ok(!outbox.parked.has(peer.id));
});

test("a peer that does not read waits, and gets the rest once it does", () => {
  const { outbox, peer, at, answerLoad, sentFilters } = bench();
  peer.isSendFull = true;
  outbox.from(peer, { type: "getcfilters", value: { filterType: 0, startHeight: 0, stop: at(2) } });
  assert.equal(outbox.loads.length, 0);
  peer.isSendFull = false;
  for (const protocol of outbox.protocols) protocol.pass(peer);
  while (answerLoad());
  assert.equal(sentFilters().length, 3);
});

test("what is loaded for a peer that has gone is sent to nobody", () => {
  const { outbox, peer, at, answerLoad, sentFilters } = bench();
  outbox.from(peer, { type: "getcfilters", value: { filterType: 0, startHeight: 0, stop: at(2) } });
  for (const protocol of outbox.protocols) protocol.closed(peer);
  while (answerLoad());
  assert.equal(sentFilters().length, 0);
});

test("filters that a reorganisation has put out of order in their file are all sent", () => {
  const { outbox, filters, peer, at, answerLoad, sentFilters } = bench({ count: 5 });
  const [id, entry] = [...filters.entries][3] ?? assert.fail();
  filters.add(id, entry.blockHash);
  outbox.from(peer, { type: "getcfilters", value: { filterType: 0, startHeight: 1, stop: at(5) } });
  while (answerLoad());
  assert.equal(sentFilters().length, 5);
});

test("a filter that is damaged on disk is not sent, and named", () => {
  const { outbox, peer, at, answerLoad, sentFilters } = bench();
  outbox.from(peer, { type: "getcfilters", value: { filterType: 0, startHeight: 0, stop: at(2) } });
  answerLoad(true);
  assert.equal(sentFilters().length, 0);
  assert.ok(outbox.log.some((line) => /^Filter of block [0-9a-f]{64} at fltr, offset 2 is damaged$/.test(line)));
  assert.ok(!outbox.parked.has(peer.id));
});

test("filter headers are sent as hashes, on top of the header before the first", () => {
  const { outbox, filters, peer, at } = bench();
  const entries = [...filters.entries.values()];
  outbox.from(peer, { type: "getcfheaders", value: { filterType: 0, startHeight: 5, stop: at(9) } });
  const [answer] = outbox.sent(peer, "cfheaders");
  assert.deepEqual(answer?.previousHeader, entries[4]?.header);
  assert.deepEqual(answer?.filterHashes, entries.slice(5, 10).map(({ hash }) => hash));
  assert.deepEqual(answer?.stop, at(9));
  outbox.forget();
  outbox.from(peer, { type: "getcfheaders", value: { filterType: 0, startHeight: 0, stop: at(0) } });
  assert.deepEqual(outbox.sent(peer, "cfheaders")[0]?.previousHeader, FIRST_FILTER_HEADER);
});

test("checkpoints are the headers of each thousandth block up to the stop", () => {
  const { outbox, filters, peer, at } = bench({ count: 2_001 });
  const entries = [...filters.entries.values()];
  // The second time they come from memory.
  for (const _ of [1, 2]) {
    outbox.forget();
    outbox.from(peer, { type: "getcfcheckpt", value: { filterType: 0, stop: at(2_000) } });
    const [answer] = outbox.sent(peer, "cfcheckpt");
    assert.deepEqual(answer?.filterHeaders, [entries[1_000]?.header, entries[2_000]?.header]);
    filters.entries.clear();
  }
  outbox.from(peer, { type: "getcfcheckpt", value: { filterType: 0, stop: at(999) } });
  assert.deepEqual(outbox.sent(peer, "cfcheckpt")[1]?.filterHeaders, []);
});

test("what is not in the index yet is not answered, and costs nothing", () => {
  const { outbox, peer, at, sentFilters } = bench({ indexed: 10 });
  outbox.from(peer, { type: "getcfilters", value: { filterType: 0, startHeight: 9, stop: at(11) } });
  outbox.from(peer, { type: "getcfheaders", value: { filterType: 0, startHeight: 9, stop: at(11) } });
  assert.equal(sentFilters().length + outbox.sent(peer, "cfheaders").length, 0);
  assert.deepEqual(outbox.dropped(peer), []);
  const where = `filter_type=basic, start_height=9, stop_hash=${displayHash(at(11))}`;
  assert.ok(outbox.logged(`Failed to find block filter in index: ${where}`));
});

test("requests out of order cost the connection, with Bitcoin Core's words", () => {
  const count = FILTER_HASHES_MAX + 1;
  const value = (startHeight: number, height: number) => ({ filterType: 0, startHeight, height });
  const cases = [
    ["getcfilters", value(0, FILTERS_MAX), "peer requested too many cfilters/cfheaders: 1001 / 1000"],
    ["getcfheaders", value(0, FILTER_HASHES_MAX), "peer requested too many cfilters/cfheaders: 2001 / 2000"],
    ["getcfilters", value(10, 9),
      "peer sent invalid getcfilters/getcfheaders with start height 10 and stop height 9"],
    ["getcfheaders", { ...value(0, 9), filterType: 255 }, "peer requested unsupported block filter type: 255"],
  ] as const;
  const { outbox, at } = bench({ count, indexed: 0 });
  for (const [type, { height, ...request }, log] of cases) {
    const peer = outbox.open();
    outbox.from(peer, { type, value: { ...request, stop: at(height) } });
    const reason = request.filterType === 0 ? "block-filter-refused" : "block-filter-unserved";
    assert.deepEqual(outbox.dropped(peer), [reason]);
    assert.ok(outbox.logged(`${log}, disconnecting peer=${peer.id}`), outbox.log.join());
  }
});

test("who asks for filters of an unknown block, or of a node that offers none, is dropped", () => {
  const { outbox, peer } = bench();
  outbox.from(peer, { type: "getcfcheckpt", value: { filterType: 0, stop: UNKNOWN } });
  assert.deepEqual(outbox.dropped(peer), ["block-filter-refused"]);
  assert.ok(outbox.logged(`peer requested invalid block hash: ${displayHash(UNKNOWN)}, disconnecting peer=0`));
  for (const type of ["getcfilters", "getcfheaders", "getcfcheckpt"] as const) {
    const other = bench({ isOffered: false });
    const request = { filterType: 0, startHeight: 0, stop: other.at(1) };
    other.outbox.from(other.peer, { type, value: request });
    assert.deepEqual(other.outbox.dropped(other.peer), ["block-filter-unserved"]);
    assert.ok(other.outbox.logged("peer requested unsupported block filter type: 0, disconnecting peer=0"));
  }
});

test("a request of the most that is allowed is answered", () => {
  const { outbox, peer, at, answerLoad, sentFilters } = bench({ count: FILTERS_MAX });
  outbox.from(peer, { type: "getcfilters", value: { filterType: 0, startHeight: 1, stop: at(FILTERS_MAX) } });
  while (answerLoad());
  assert.equal(sentFilters().length, FILTERS_MAX);
});

test("over the upload limit the filter of a block older than a week costs the connection", () => {
  for (const isOverLimit of [false, true]) {
    const { outbox, peer, at } = bench({ count: 1100, isOverLimit });
    outbox.from(peer, { type: "getcfilters", value: { filterType: 0, startHeight: 1000, stop: at(1000) } });
    assert.deepEqual(outbox.dropped(peer), []);
    outbox.unpark(peer);
    outbox.from(peer, { type: "getcfilters", value: { filterType: 0, startHeight: 90, stop: at(1000) } });
    assert.deepEqual(outbox.dropped(peer), isOverLimit ? ["upload-limit-reached"] : []);
  }
});
