import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fakeHeaders, startOf, WEAK } from "../../test/support/weak_headers.ts";
import { freshSeed } from "../../test/support/environment.ts";
import { below, type Rng, seededRng } from "../base/rng.ts";
import type { UnixSeconds } from "../base/time.ts";
import { randomSipKey, sipHash64 } from "../crypto/siphash.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { MAIN } from "../params/main.ts";
import type { PeerId } from "../peer/peer.ts";
import { hashKey } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import { blockWork } from "../primitives/target.ts";
import { HEADERS_COUNT_MAX } from "../wire/messages/headers.ts";
import { HeaderPresync, type PresyncStart, type PresyncStep } from "./header_presync.ts";

const PERIOD = 7;
const BUFFER = 20;
const PARAMS: ChainParams = { ...WEAK, headersSync: { commitmentPeriod: PERIOD, redownloadBuffer: BUFFER } };
const START = startOf(PARAMS);
const UNIT = blockWork(START.bits);
const NOW = 1_700_000_000 as UnixSeconds;

interface Options {
  readonly blocksWanted: number;
  readonly params?: ChainParams;
  readonly start?: PresyncStart;
  readonly now?: UnixSeconds;
  readonly rng?: Rng;
}

function presync({ blocksWanted, params = PARAMS, start = START, now = NOW, rng = seededRng(1) }: Options) {
  const log: string[] = [];
  const note = (text: string): void => void log.push(text);
  const logger = {
    info: note, warning: note, error: note, trace: () => {},
    debug: (_: string, text: () => string) => note(text()),
  };
  const minimumWork = start.chainWork + BigInt(blocksWanted) * blockWork(start.bits);
  const goal = { peer: 3 as PeerId, start, minimumWork, now };
  return { log, sync: new HeaderPresync({ rng, logger }, params, goal) };
}

/** Parts of `size`. */
function messages(headers: readonly BlockHeader[], size: number): readonly (readonly BlockHeader[])[] {
  const parts: (readonly BlockHeader[])[] = [];
  for (let at = 0; at < headers.length; at += size) parts.push(headers.slice(at, at + size));
  return parts;
}

test("a chain with enough work is asked for twice, and then given out as it is, nothing before", () => {
  const { log, sync } = presync({ blocksWanted: 100 });
  const chain = fakeHeaders(START.hash, 120);
  for (const part of messages(chain.slice(0, 90), 30)) {
    assert.deepEqual(sync.take(part, true), { type: "more", ready: [] });
    assert.deepEqual(sync.next, part.at(-1)!.hash);
  }
  assert.deepEqual([sync.phase, sync.presyncedHeight], ["presync", 90]);
  assert.deepEqual(sync.take(chain.slice(90), false), { type: "more", ready: [] });
  assert.deepEqual([sync.phase, sync.presyncedHeight, sync.next], ["redownload", 120, START.hash]);
  const ready: BlockHeader[] = [];
  for (const part of messages(chain.slice(0, 90), 30)) {
    const step = sync.take(part, true);
    assert.equal(step.type, "more");
    if (step.type === "more") ready.push(...step.ready);
  }
  assert.equal(ready.length, 90 - BUFFER);
  const last = sync.take(chain.slice(90), false);
  assert.equal(last.type, "over");
  if (last.type === "over") ready.push(...last.ready);
  assert.deepEqual(ready.map(({ bytes }) => bytes), chain.map(({ bytes }) => bytes));
  assert.deepEqual(log.map((line) => line.replace(/max_commitments=\d+/, "max_commitments=N")), [
    "Initial headers sync started with peer=3: height=0, max_commitments=N, " +
    `min_work=${(START.chainWork + 100n * UNIT).toString(16).padStart(64, "0")}`,
    "Initial headers sync transition with peer=3: reached sufficient work at height=120, " +
    "redownloading from height=0",
    "Initial headers sync complete with peer=3: releasing all at height=120 (redownload phase)",
  ]);
});

test("a chain that ends before it has enough work leaves nothing behind", () => {
  const { log, sync } = presync({ blocksWanted: 100 });
  const chain = fakeHeaders(START.hash, 60);
  assert.deepEqual(sync.take(chain.slice(0, 40), true), { type: "more", ready: [] });
  assert.deepEqual(sync.take(chain.slice(40), false), { type: "over", ready: [] });
  assert.match(log.at(-1)!, /aborted with peer=3: incomplete headers message at height=60 \(presync/);
});

test("a chain that ends early the second time gives what its commitments have shown, and no more", () => {
  const { log, sync } = presync({ blocksWanted: 100 });
  const chain = fakeHeaders(START.hash, 100);
  sync.take(chain, true);
  const step = sync.take(chain.slice(0, 60), false);
  assert.deepEqual(step, { type: "over", ready: step.type === "failed" ? [] : step.ready });
  assert.equal(step.type === "over" ? step.ready.length : 0, 60 - BUFFER);
  assert.match(log.at(-1)!, /incomplete headers message at height=60 \(redownload phase\)$/);
});

test("headers that do not follow the last end the sync, in either pass", () => {
  const chain = fakeHeaders(START.hash, 100);
  for (const wasRedownloading of [false, true]) {
    const { log, sync } = presync({ blocksWanted: wasRedownloading ? 100 : 1000 });
    sync.take(chain, true);
    assert.deepEqual(sync.take(chain.slice(50), true), { type: "failed" });
    assert.match(log.at(-1)!, /: non-continuous headers at height=/);
    assert.equal(sync.phase, "over");
  }
});

test("another chain of the same work gets no further than the bits that it happens to meet", () => {
  const seed = freshSeed();
  console.log(`seed ${seed}`);
  const tries = 200;
  let given = 0;
  for (let i = 0; i < tries; i++) {
    const { sync } = presync({ blocksWanted: 100, rng: seededRng(seed + i) });
    sync.take(fakeHeaders(START.hash, 100), true);
    const step = sync.take(fakeHeaders(START.hash, 99), true);
    if (step.type !== "failed" && step.ready.length > 0) given++;
  }
  // All of 14 bits, which are checked in one message here, are met by one chain in 16,384.
  assert.ok(given <= 2, `${given} of ${tries} false chains got through`);
});

test("a chain that is longer than time allows is given up, before its bits take more memory", () => {
  const { log, sync } = presync({ blocksWanted: 1e9, now: (START.medianTimePast + 60) as UnixSeconds });
  let last = START.hash;
  let step: PresyncStep = { type: "more", ready: [] };
  let count = 0;
  while (step.type === "more") {
    const part = fakeHeaders(last, HEADERS_COUNT_MAX);
    last = part.at(-1)!.hash;
    count += part.length;
    step = sync.take(part, true);
    assert.ok(sync.bytes <= 2048, `${sync.bytes} bytes`);
  }
  assert.equal(step.type, "failed");
  assert.match(log.at(-1)!, /exceeded max commitments at height=\d+ \(presync phase\)$/);
  const blocksMax = 6 * (60 + 2 * 60 * 60);
  assert.ok(count > blocksMax && count < blocksMax + 2 * HEADERS_COUNT_MAX, `gave up after ${count}`);
});

test("the second pass holds no more than its buffer and one message, however long the chain", () => {
  const { sync } = presync({ blocksWanted: 20_000, params: WEAK });
  const chain = fakeHeaders(START.hash, 20_000);
  for (const part of messages(chain, HEADERS_COUNT_MAX)) assert.equal(sync.take(part, true).type, "more");
  const bufferBytes = (WEAK.headersSync.redownloadBuffer + HEADERS_COUNT_MAX) * 48;
  for (const part of messages(chain, HEADERS_COUNT_MAX)) {
    sync.take(part, true);
    assert.ok(sync.bytes <= bufferBytes + 1024, `${sync.bytes} bytes`);
  }
  assert.equal(sync.phase, "release");
  const released = [sync.release().length];
  while (sync.phase as string === "release") released.push(sync.release().length);
  assert.ok(released.every((count) => count <= HEADERS_COUNT_MAX));
  assert.equal(sync.phase, "over");
});

test("no target may change where the rules allow no change, and none by more than a factor of four", () => {
  const start = { ...START, bits: 0x1d00_ffff, height: 2014 };
  const easier = 0x1d01_fffe;
  const step = (bits: readonly number[]): string => {
    const params = { ...MAIN, headersSync: PARAMS.headersSync };
    const { sync, log } = presync({ blocksWanted: 1000, params, start });
    const { type } = sync.take(fakeHeaders(start.hash, bits.length, (i) => bits[i] as number), true);
    return type === "failed" ? log.at(-1)!.replace(/.*: /, "") : type;
  };
  const fault = "invalid difficulty transition at height=";
  assert.equal(step([0x1d00_ffff, 0x1c3f_ffc0]), "more");
  assert.equal(step([0x1c3f_ffc0]), `${fault}2015 (presync phase)`);
  assert.equal(step([0x1d00_ffff, 0x1c3f_ff00]), `${fault}2016 (presync phase)`);
  assert.equal(step([0x1d00_ffff, easier]), `${fault}2016 (presync phase)`);
  assert.equal(step([0x1d00_ffff, 0x1c3f_ffc0, 0x1d00_ffff]), `${fault}2017 (presync phase)`);
});

/** The same, with all it has seen in plain lists. */
class NaivePresync {
  readonly #offset: number;
  readonly #bit: (header: BlockHeader) => bigint;
  readonly #blocksWanted: number;
  readonly #first: BlockHeader[] = [];
  #second: BlockHeader[] | undefined;
  #given = 0;

  constructor(rng: Rng, blocksWanted: number) {
    this.#offset = below(rng, PERIOD);
    const key = randomSipKey(rng);
    this.#bit = ({ hash }) => sipHash64(key, hash) & 1n;
    this.#blocksWanted = blocksWanted;
  }

  take(headers: readonly BlockHeader[], isFull: boolean): PresyncStep {
    const before = (this.#second ?? this.#first).at(-1)?.hash ?? START.hash;
    if (hashKey(headers[0]!.previous) !== hashKey(before)) return { type: "failed" };
    if (this.#second === undefined) {
      this.#first.push(...headers);
      if (this.#first.length < this.#blocksWanted) return { type: isFull ? "more" : "over", ready: [] };
      this.#second = [];
      return { type: "more", ready: [] };
    }
    this.#second.push(...headers);
    const checked = this.#second.slice(0, this.#blocksWanted - 1);
    const isSame = checked.every((header, i) => {
      if ((i + 1) % PERIOD !== this.#offset) return true;
      const first = this.#first[i];
      return first !== undefined && this.#bit(first) === this.#bit(header);
    });
    if (!isSame) return { type: "failed" };
    const isComplete = this.#second.length >= this.#blocksWanted;
    const until = isComplete ? this.#second.length : Math.max(this.#given, this.#second.length - BUFFER);
    const ready = this.#second.slice(this.#given, until);
    this.#given = until;
    return { type: isFull && !isComplete ? "more" : "over", ready };
  }
}

test("a sync does what a plain one does that remembers every header", () => {
  // Two chains that part somewhere; a run goes along one of them in each pass, with lengths at will.
  const plan = fc.record({
    seed: fc.nat(),
    fork: fc.nat({ max: 80 }),
    blocksWanted: fc.integer({ min: 1, max: 120 }),
    takes: fc.array(fc.record({
      count: fc.integer({ min: 1, max: 40 }), skip: fc.nat({ max: 60 }).map((n) => (n === 0 ? 1 : 0)),
      isFull: fc.nat({ max: 12 }).map((n) => n > 0), isOther: fc.boolean(),
    }), { maxLength: 14 }),
  });
  const main = fakeHeaders(START.hash, 400);
  fc.assert(fc.property(plan, ({ seed, fork, blocksWanted, takes }) => {
    const trunk = main.slice(0, fork);
    const other = [...trunk, ...fakeHeaders(trunk.at(-1)?.hash ?? START.hash, 300)];
    const { sync } = presync({ blocksWanted, rng: seededRng(seed) });
    const naive = new NaivePresync(seededRng(seed), blocksWanted);
    let at = 0;
    let pass = sync.phase;
    for (const { count, skip, isFull, isOther } of takes) {
      // Up to the fork both are the same; after it, a run goes on along its own.
      const chain = at <= fork ? (isOther ? other : main) : lastChain(main, other, sync);
      const part = chain.slice(at + skip, at + skip + count);
      if (part.length === 0) return;
      const step = sync.take(part, isFull);
      const expected = naive.take(part, isFull);
      assert.deepEqual(plain(step), plain(expected));
      if (step.type !== "more") return;
      at = sync.phase === pass ? at + count : 0;
      pass = sync.phase;
    }
  }), { seed: freshSeed(), numRuns: 150 });
});

/** The chain that the sync has followed so far. */
function lastChain(
  main: readonly BlockHeader[], other: readonly BlockHeader[], sync: HeaderPresync,
): readonly BlockHeader[] {
  const key = hashKey(sync.next);
  return other.some(({ hash }) => hashKey(hash) === key) ? other : main;
}

function plain(step: PresyncStep): unknown {
  if (step.type === "failed") return step;
  return { type: step.type, ready: step.ready.map(({ hash }) => hashKey(hash)) };
}
