/**
 * Every wire codec meets 10,000 inputs that nobody meant: half of them valid messages with a few
 * bytes changed, half of them noise. `TIDINGS_SEED=n` repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { type Bytes, equalBytes, toHex } from "../../src/base/bytes.ts";
import { below, randomBytes, type Rng, seededRng } from "../../src/base/rng.ts";
import { type Codec, decodeWith, encodeWith } from "../../src/codec/codec.ts";
import { DecodeError } from "../../src/codec/decode_error.ts";
import { MESSAGE_TYPES, messageCodecs, type MessageType } from "../../src/wire/message.ts";
import { valueOrFault } from "../contract/codec_laws.ts";
import { messageValues } from "../support/arbitrary_messages.ts";
import { freshSeed } from "../support/environment.ts";
import { mutate } from "../support/mutate.ts";

const INPUTS = 10_000;
const SAMPLES = 50;
const NOISE_BYTES_MAX = 200;

const seed = freshSeed();

/** What is decoded may be written otherwise: see the codecs' comments. */
const MANY_SPELLINGS: ReadonlySet<MessageType> = new Set<MessageType>(["version", "pong", "addrv2"]);

/** Of each message, how much was accepted. */
const shares: string[] = [];

after(() => {
  console.log(`${shares.length} wire codecs met ${INPUTS} fuzzed inputs each (TIDINGS_SEED=${seed})`);
  console.log(`Accepted of mutants / of noise, in %: ${shares.join(", ")}`);
});

for (const [index, type] of MESSAGE_TYPES.entries()) {
  test(`${type} answers ${INPUTS} fuzzed inputs with a value or a DecodeError (seed ${seed})`, () => {
    const rng = seededRng(seed + index);
    const codec: Codec<unknown> = messageCodecs[type];
    const values: fc.Arbitrary<unknown> = messageValues[type];
    const samples = fc.sample(values, { seed: seed + index, numRuns: SAMPLES });
    const messages = samples.map((value) => encodeWith(codec, value));

    const mutants = acceptedShare(type, codec, () => mutate(rng, messages[below(rng, SAMPLES)] as Bytes));
    const noise = acceptedShare(type, codec, () => makeNoise(rng));
    shares.push(`${type} ${percent(mutants)}/${percent(noise)}`);
  });
}

/** Half the inputs, made by `make`; of each that is accepted, what it says must survive being written. */
function acceptedShare(type: MessageType, codec: Codec<unknown>, make: () => Bytes): number {
  let accepted = 0;
  for (let i = 0; i < INPUTS / 2; i++) {
    const bytes = make();
    const value = withoutTrace(() => valueOrFault(codec, bytes));
    if (value instanceof DecodeError) continue;
    accepted++;
    const again = encodeWith(codec, value);
    if (MANY_SPELLINGS.has(type)) assert.deepEqual(decodeWith(codec, again), value);
    else assert.ok(equalBytes(again, bytes), `${toHex(bytes)} is written otherwise`);
  }
  return accepted / (INPUTS / 2);
}

/** An error is made for most inputs, and where it was made takes longer to find out than all the rest. */
function withoutTrace<T>(work: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A tenth is short: else no noise would ever be of the length of a fixed message. */
function makeNoise(rng: Rng): Bytes {
  return randomBytes(rng, below(rng, below(rng, 10) === 0 ? 10 : NOISE_BYTES_MAX));
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
