/**
 * What every `Codec` must do (see codec/codec.ts). Each codec's test file calls this once; the
 * laws themselves are written only here.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Bytes } from "../../src/base/bytes.ts";
import { type Codec, decodeWith, encodeWith } from "../../src/codec/codec.ts";
import { DecodeError } from "../../src/codec/decode_error.ts";

export interface FormatNature {
  /** Several byte strings may stand for one value: what is decoded is only equal once encoded again. */
  readonly hasManySpellings?: boolean;
  /** A good message cut short may still be a good one. */
  readonly mayEndEarly?: boolean;
  /** Bytes behind the end are let pass. */
  readonly allowsTrailing?: boolean;
  readonly runs?: number;
}

export function obeysCodecLaws<T>(
  name: string,
  codec: Codec<T>,
  values: fc.Arbitrary<T>,
  { hasManySpellings = false, mayEndEarly = false, allowsTrailing = false, runs = 40 }: FormatNature = {},
): void {
  const numRuns = runs;

  test(`${name} gives back every value it encodes, in as many bytes as it announced`, () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encodeWith(codec, value);
        assert.equal(bytes.length, codec.size(value));
        assert.deepEqual(decodeWith(codec, bytes), value);
      }),
      { numRuns },
    );
  });

  test(`${name} answers any bytes with a value or a DecodeError`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 256 }), (bytes) => {
        const value = valueOrFault(codec, bytes);
        if (value instanceof DecodeError) return;
        const again = encodeWith(codec, value);
        if (hasManySpellings) assert.deepEqual(decodeWith(codec, again), value);
        else assert.deepEqual(again, bytes);
      }),
      { numRuns },
    );
  });

  if (!mayEndEarly) {
    test(`${name} refuses every proper prefix of a good message`, () => {
      fc.assert(
        fc.property(values, fc.nat(), (value, cut) => {
          const bytes = encodeWith(codec, value);
          if (bytes.length === 0) return;
          assert.throws(() => decodeWith(codec, bytes.subarray(0, cut % bytes.length)), DecodeError);
        }),
        { numRuns },
      );
    });
  }

  test(`${name} ${allowsTrailing ? "lets pass" : "refuses"} a byte behind the end`, () => {
    fc.assert(
      fc.property(values, fc.nat(255), (value, extra) => {
        const padded = Uint8Array.of(...encodeWith(codec, value), extra);
        if (allowsTrailing) assert.deepEqual(decodeWith(codec, padded), value);
        else assert.throws(() => decodeWith(codec, padded), DecodeError);
      }),
      { numRuns },
    );
  });
}

/** What `codec` makes of `bytes`. Any error but a `DecodeError` is thrown on: it is a bug. */
export function valueOrFault<T>(codec: Codec<T>, bytes: Bytes): T | DecodeError {
  try {
    return decodeWith(codec, bytes);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}
