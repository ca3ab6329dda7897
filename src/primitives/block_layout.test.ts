import assert from "node:assert/strict";
import { test } from "node:test";
import { testSize } from "../../test/support/environment.ts";
import { randomBlock, randomCoins } from "../../test/support/random_blocks.ts";
import type { Bytes } from "../base/bytes.ts";
import { below, type Rng, seededRng } from "../base/rng.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { DecodeError } from "../codec/decode_error.ts";
import { baseSizeOf, type BlockLayout, layOutBlock, valueAt } from "./block_layout.ts";
import { headerCodec } from "./header.ts";
import { type Transaction, transactionCodec } from "./transaction.ts";

const SEEDS = testSize("TIDINGS_TWIN_SEEDS", 50);
const MUTATIONS = 10;

/** As `blockCodec` without a layout. */
function decoded(bytes: Bytes): readonly Transaction[] | undefined {
  try {
    const reader = new ByteReader(bytes);
    headerCodec.decode(reader);
    const count = reader.count("transactions");
    const transactions: Transaction[] = [];
    for (let i = 0; i < count; i++) transactions.push(transactionCodec.decode(reader));
    reader.end();
    return transactions;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function mutated(rng: Rng, bytes: Bytes): Bytes {
  switch (below(rng, 4)) {
    case 0:
      return bytes.slice(0, below(rng, bytes.length + 1));
    case 1:
      return Uint8Array.of(...bytes, below(rng, 256));
    default: {
      const copy = bytes.slice();
      const values = [0, 1, 0xfc, 0xfd, 0xfe, 0xff, below(rng, 256)];
      copy[80 + below(rng, copy.length - 80)] = values[below(rng, values.length)] ?? 0;
      return copy;
    }
  }
}

/** All that a layout says, in the transactions' own terms. */
function described(layout: BlockLayout): unknown {
  const { bytes, firstInputs, firstOutputs, outPoints, scriptSigs, sequences, starts, witnessStarts } = layout;
  const { lastItemEnds, lastItems, scriptEnds, scripts, values } = layout;
  const range = (first: number, end: number): number[] => Array.from({ length: end - first }, (_, i) => first + i);
  return range(0, layout.transactionCount).map((at) => ({
    bytes: bytes.slice(starts[at], starts[at + 1]),
    hasWitness: witnessStarts[at] !== 0,
    inputs: range(firstInputs[at] as number, firstInputs[at + 1] as number).map((i) => ({
      txid: bytes.slice(outPoints[i], (outPoints[i] as number) + 32),
      scriptSig: bytes.slice(scriptSigs[i], sequences[i]),
      sequence: new DataView(bytes.buffer, bytes.byteOffset).getUint32(sequences[i] as number, true),
      lastItem: bytes.slice(lastItems[i], lastItemEnds[i]),
    })),
    outputs: range(firstOutputs[at] as number, firstOutputs[at + 1] as number).map((i) => ({
      value: valueAt(bytes, values[i] as number) % 2 ** 63,
      script: bytes.slice(scripts[i], scriptEnds[i]),
    })),
  }));
}

function describedPlainly(transactions: readonly Transaction[]): unknown {
  return transactions.map(({ bytes, hasWitness, inputs, outputs }) => ({
    bytes: bytes.slice(),
    hasWitness,
    inputs: inputs.map(({ prevout, scriptSig, sequence, witness }) => ({
      txid: prevout.txid.slice(), scriptSig: scriptSig.slice(), sequence,
      lastItem: witness.at(-1)?.slice() ?? new Uint8Array(0),
    })),
    outputs: outputs.map(({ value, script }) => ({ value: value < 0 ? value + 2 ** 63 : value, script: script.slice() })),
  }));
}

test("a layout finds what the decoder finds, in whatever the decoder accepts, and nothing else", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const rng = seededRng(seed);
    const { bytes } = randomBlock(rng, randomCoins(rng, 30));
    for (const each of [bytes, ...Array.from({ length: MUTATIONS }, () => mutated(rng, bytes))]) {
      const transactions = decoded(each);
      const layout = layOutBlock(each);
      assert.equal(layout !== undefined, transactions !== undefined, `seed ${seed}`);
      if (layout === undefined || transactions === undefined) continue;
      assert.deepEqual(described(layout), describedPlainly(transactions), `seed ${seed}`);
      const baseSize = transactions.reduce((size, { witnessBytes }) => size - witnessBytes, each.length);
      assert.equal(baseSizeOf(layout), baseSize, `seed ${seed}`);
    }
  }
});
