import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRng } from "../base/rng.ts";
import { blockWork } from "../primitives/target.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { BlockHeader } from "../primitives/header.ts";
import { type BlockId, HeaderIndex } from "./header_index.ts";

const BITS = [0x207f_ffff, 0x1d00_ffff, 0x1b04_04cb];

interface NaiveHeader {
  readonly header: BlockHeader;
  readonly parent: number;
}

/** Each number chooses a parent among the headers before, and what the header says. */
function build(choices: readonly number[]): { index: HeaderIndex; naive: readonly NaiveHeader[] } {
  const index = new HeaderIndex(seededRng(choices.length));
  const naive: NaiveHeader[] = [];
  for (const [at, choice] of choices.entries()) {
    // Near the end mostly, so that branches grow long.
    const parent = at === 0 ? -1 : Math.max(0, at - 1 - (choice % 7 === 0 ? choice % at : choice % 2));
    const previous = naive[parent]?.header.hash ?? (new Uint8Array(32) as BlockHash);
    const merkleRoot = new Uint8Array(32).fill(choice & 0xff);
    const bits = BITS[choice % BITS.length] as number;
    const time = choice % 1000;
    const header = BlockHeader.of({ version: choice | 0, previous, merkleRoot, time, bits, nonce: at });
    naive.push({ header, parent });
    index.add(header, parent < 0 ? undefined : (parent as BlockId));
  }
  return { index, naive };
}

function pathOf(naive: readonly NaiveHeader[], at: number): number[] {
  const path: number[] = [];
  for (let row = at; row >= 0; row = (naive[row] as NaiveHeader).parent) path.unshift(row);
  return path;
}

const choices = fc.array(fc.nat(0xffff_ffff), { minLength: 2, maxLength: 200 });

test("HeaderIndex tells of each header what a plain list tells", () => {
  fc.assert(fc.property(choices, (numbers) => {
    const { index, naive } = build(numbers);
    assert.equal(index.size, naive.length);
    for (const [at, { header, parent }] of naive.entries()) {
      const id = at as BlockId;
      const path = pathOf(naive, at);
      assert.equal(index.find(header.hash), id);
      assert.deepEqual(index.hash(id), header.hash);
      assert.deepEqual(index.header(id).bytes, header.bytes);
      assert.deepEqual(index.header(id).hash, header.hash);
      assert.equal(index.height(id), path.length - 1);
      assert.equal(index.previous(id), parent < 0 ? undefined : parent);
      const { time, bits, version } = header;
      assert.deepEqual([index.time(id), index.bits(id), index.version(id)], [time, bits, version]);
      const work = path.reduce((sum, row) => sum + blockWork((naive[row] as NaiveHeader).header.bits), 0n);
      assert.equal(index.chainWork(id), work);
      const times = path.slice(-11).map((row) => (naive[row] as NaiveHeader).header.time);
      assert.equal(index.medianTimePast(id), times.sort((a, b) => a - b)[times.length >>> 1]);
    }
    assert.equal(index.find(new Uint8Array(32)), undefined);
  }), { numRuns: 30 });
});

test("HeaderIndex finds the ancestors and forks that walking back step by step finds", () => {
  fc.assert(fc.property(choices, fc.nat(), fc.nat(), (numbers, left, right) => {
    const { index, naive } = build(numbers);
    const [a, b] = [(left % naive.length) as BlockId, (right % naive.length) as BlockId];
    const [pathA, pathB] = [pathOf(naive, a), pathOf(naive, b)];
    for (const [height, row] of pathA.entries()) assert.equal(index.ancestor(a, height), row);
    assert.equal(index.ancestor(a, pathA.length), undefined);
    assert.equal(index.ancestor(a, -1), undefined);
    assert.equal(index.lastCommonAncestor(a, b), pathA.filter((row) => pathB.includes(row)).at(-1));
    assert.equal(index.descendsFrom(a, b), pathA.includes(b));
    const difference = index.chainWork(a) - index.chainWork(b);
    assert.equal(Math.sign(index.compareWork(a, b)), difference > 0n ? 1 : difference < 0n ? -1 : 0);
  }), { numRuns: 200 });
});

test("an index of a million headers would take less than 250 bytes each, an empty one under 32 kB", () => {
  const index = new HeaderIndex(seededRng(1));
  assert.ok(index.bytes < 32 * 1024, `${index.bytes} bytes`);
  index.reserve(2 ** 16);
  assert.ok(index.bytes / 2 ** 16 < 250, `${index.bytes / 2 ** 16} bytes a header`);
});

test("chain work is carried over from digit to digit", () => {
  // The hardest target there is: each block is worth 2^255 hashes, so that a second would overflow.
  const index = new HeaderIndex(seededRng(1));
  const zero = new Uint8Array(32) as BlockHash;
  const fields = { version: 1, previous: zero, merkleRoot: zero, time: 0, bits: 0x0400_ffff, nonce: 0 };
  const first = index.add(BlockHeader.of(fields), undefined);
  let id = first;
  let work = blockWork(fields.bits);
  for (let nonce = 1; nonce <= 40; nonce++) {
    id = index.add(BlockHeader.of({ ...fields, previous: index.hash(id), nonce }), id);
    work += blockWork(fields.bits);
  }
  assert.equal(index.chainWork(id), work);
});
