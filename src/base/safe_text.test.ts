import assert from "node:assert/strict";
import { test } from "node:test";
import { sanitize } from "./safe_text.ts";

test("words of a node stay as they are", () => {
  assert.equal(
    sanitize("/Satoshi:31.99.0(some-comment; a_b@c, d?)/"),
    "/Satoshi:31.99.0(some-comment; a_b@c, d?)/",
  );
});

test("what could forge a line, colour a terminal or quote is left out", () => {
  assert.equal(sanitize("a\nb\x1b[31mc\0d\u202ee\"f'g<h>&%$"), "ab31mcdefgh");
});
