import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { toHex } from "../../src/base/bytes.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import { sharedPath, skipWithoutShared } from "../support/paths.ts";
import { tempDir } from "../support/temp_dir.ts";
import { runVectors } from "./run_vectors.ts";

const root = tempDir();
let files = 0;

/** What a run prints, and its exit code; each text is a file of its own, with a name that says nothing. */
function run(...contents: readonly (string | Uint8Array | object)[]): { code: number; lines: readonly string[] } {
  const paths = contents.map((content) => {
    const path = join(root, String(files++));
    const isRaw = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(path, isRaw ? content : JSON.stringify(content));
    return path;
  });
  return runPaths(paths);
}

function runPaths(paths: readonly string[]): { code: number; lines: readonly string[] } {
  let text = "";
  const code = runVectors(["--crypto", "portable", ...paths], (part) => void (text += part));
  return { code, lines: text.trimEnd().split("\n").map((line) => line.replace(`${root}/`, "")) };
}

const SPENT = ["0000000000000000000000000000000000000000000000000000000000000100", 0, "1"];
/** Spends that with nothing in its scriptSig. */
const SPEND = `01000000 01 0001${"00".repeat(30)} 00000000 00 ffffffff 01 e803000000000000 0151 00000000`
  .replaceAll(" ", "");

/** Of regtest's genesis block. */
function filterRow(filter: string): readonly unknown[] {
  const { hash, bytes } = REGTEST.genesis;
  const header = "485e301e4509d7f0d954bf5b529f3ecef68c5191fd0e635f775c1d0266dc5a2b";
  return [0, displayHash(hash), toHex(bytes), [], "00".repeat(32), filter, header, "a note"];
}

const FORMATS: Readonly<Record<string,
  { readonly good: object | string; readonly bad: object | string; readonly says: string }>> = {
  "script tests": {
    good: [["a comment"], ["", "1", "P2SH", "OK"],
      [["51", 0.00000001], "", "HASH160", "P2SH", "INVALID_STACK_OPERATION"]],
    bad: [["", "0", "P2SH", "OK"]],
    says: "row 1: expected OK, found EVAL_FALSE",
  },
  "valid transactions": {
    good: [["a comment"], [[SPENT], SPEND, "NONE"]],
    bad: [["deserialized transactions which are valid"], [[["00".repeat(32), 0, "1"]], SPEND, "NONE"]],
    says: `row 2: expected a row of this format, found need the output ${SPENT[0]}:0, which is spent`,
  },
  "invalid transactions": {
    good: [["a comment"], [[[SPENT[0], 0, "0"]], SPEND, "NONE"]],
    bad: [["deserialized transactions which are invalid"], [[SPENT], SPEND, "NONE"]],
    says: "row 2: expected an error under NONE, found OK",
  },
  "signature hashes": {
    good: [[SPEND, "51", 9, 3, "00".repeat(31) + "01"]],
    bad: [[SPEND, "51", 9, 3, "00".repeat(32)]],
    says: `row 1: expected ${"00".repeat(32)}, found ${"00".repeat(31)}01`,
  },
  "script assets": {
    good: [{ tx: SPEND, prevouts: ["00".repeat(8) + "0151"], index: 0, flags: "",
      success: { scriptSig: "", witness: [] } }],
    bad: [{ tx: SPEND, prevouts: ["00".repeat(8) + "0151"], index: 0, flags: "",
      failure: { scriptSig: "", witness: [] } }],
    says: "row 1: expected an error, found OK",
  },
  "Schnorr signatures": {
    good: "index,secret key,public key,aux_rand,message,signature,verification result,comment\n" +
      `0,,${"00".repeat(32)},,${"00".repeat(32)},${"00".repeat(64)},FALSE,`,
    bad: "index,secret key,public key,aux_rand,message,signature,verification result,comment\n" +
      `0,,${"00".repeat(32)},,${"00".repeat(32)},${"00".repeat(64)},TRUE,`,
    says: "row 2: expected TRUE, found FALSE",
  },
  "valid addresses and keys": {
    good: [["bc1pfeessrawgf", "51024e73", { chain: "main", isPrivkey: false, tryCaseFlip: true }]],
    bad: [["bc1pfeessrawgf", "51024e74", { chain: "main", isPrivkey: false, tryCaseFlip: true }]],
    says: "row 1: expected 51024e74, found 51024e73",
  },
  "invalid addresses and keys": {
    good: [["x"], ["bc1"]],
    bad: [["x"], ["bc1pfeessrawgf"]],
    says: "row 2: expected no address of main, found 51024e73",
  },
  "base58 texts": {
    good: [["", ""], ["61", "2g"]],
    bad: [["61", "2h"]],
    says: "row 1: expected 2h, found 2g",
  },
  "block filters": {
    good: [["a comment"], filterRow("014756c0")],
    bad: [filterRow("014756c1")],
    says: "row 1: expected 014756c1, found 014756c0",
  },
  "headers of an alternate main chain": {
    good: { timestamps: [], nonces: [] },
    bad: { timestamps: [1], nonces: [1] },
    says: "row 1: expected a valid header, found high-hash",
  },
};

for (const [name, { good, bad, says }] of Object.entries(FORMATS)) {
  test(`${name} are known by what the file holds, and a row that fails is named`, () => {
    const found = run(bad);
    assert.equal(found.code, 1);
    assert.match(found.lines[1] ?? "", /^\d+: row /);
    assert.equal(found.lines[1]?.replace(/^\d+: /, ""), says);
    assert.match(found.lines[2] ?? "", new RegExp(`^\\d+: ${name}: `));
    assert.match(found.lines.at(-1) ?? "", /^\d+ passed, 1 failed$/);
    if (name.startsWith("headers")) return;
    const passed = run(good);
    assert.match(passed.lines[1] ?? "", new RegExp(`^\\d+: ${name}: [12] passed, 0 failed$`),
      passed.lines.join("\n"));
    assert.equal(passed.code, 0);
  });
}

test("several files end with one sum, and one that cannot be run makes the whole fail", () => {
  const good = (FORMATS["base58 texts"] as { good: object }).good;
  assert.deepEqual(run(good, good).lines.at(-1), "4 passed, 0 failed");
  const { code, lines } = run(good, "ellswift,x,comment\n00,00,");
  assert.equal(code, 1);
  assert.match(lines[2] ?? "",
    /not supported: ElligatorSwift decoding \(BIP324\); supported are: script tests, /);
  assert.deepEqual(lines.slice(-2), ["1 of 2 files could not be run", "2 passed, 0 failed"]);
});

test("what is no file of vectors is refused in words", () => {
  const refused: readonly (readonly [string | Uint8Array, RegExp])[] = [
    ["[[", /cannot be read: .*JSON/],
    ["", /neither JSON nor CSV/],
    [Uint8Array.of(0xff, 0xfe), /not text/],
    ["[]", /not a known format/],
    ["[1, 2]", /not a known format/],
    ["a,b\n1,2", /not a known format/],
    ['{"timestamps": [], "nonces": []}', /holds no headers/],
  ];
  for (const [content, words] of refused) {
    const { code, lines } = run(content);
    assert.equal(code, 1);
    assert.match(lines[1] ?? "", words);
  }
  assert.match(runPaths([join(root, "absent")]).lines[1] ?? "", /cannot be read: ENOENT/);
});

test("all published files that are supported pass", { skip: skipWithoutShared }, () => {
  const names = ["base58_encode_decode", "bip341_wallet_vectors", "key_io_valid", "key_io_invalid"];
  const { code, lines } = runPaths(names.map((name) => sharedPath("vectors/core", `${name}.json`)));
  assert.equal(code, 0, lines.join("\n"));
});
