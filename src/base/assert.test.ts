import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { assert, defined, InvariantError, unreachable } from "./assert.ts";

test("what holds passes in silence", () => {
  assert(true, "one is one");
});

test("what does not hold throws, naming the claim", () => {
  throws(() => assert(false, "the tip is known"), new InvariantError("Invariant broken: the tip is known"));
});

test("a value that is there is given back, were it false", () => {
  deepEqual([0, "", null, false].map((value) => defined(value, "it is there")), [0, "", null, false]);
});

test("a value that is missing throws, naming the claim", () => {
  throws(
    () => defined(undefined, "genesis is stored"),
    new InvariantError("Invariant broken: genesis is stored"),
  );
});

test("the branch that cannot be reached names what reached it", () => {
  throws(
    () => unreachable({ type: "odd" } as never),
    { message: 'Invariant broken: unexpected {"type":"odd"}' },
  );
});

test("a broken invariant is not taken for any other error", () => {
  equal(new InvariantError("x").name, "InvariantError");
});
