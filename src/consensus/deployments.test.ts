import assert from "node:assert/strict";
import { test } from "node:test";
import { HeaderChain } from "../../test/support/header_chain.ts";
import { MAIN } from "../params/main.ts";
import { REGTEST, regtestWith } from "../params/regtest.ts";
import { TESTNET3 } from "../params/testnet3.ts";
import type { BlockHash } from "../primitives/hash.ts";
import { hashLiteral } from "../primitives/hash.ts";
import { MANDATORY_VERIFY_FLAGS, verifyFlagNames } from "../script/flags.ts";
import { blockVersion, deploymentState, scriptFlagsAt } from "./deployments.ts";

const ANY_HASH = new Uint8Array(32) as BlockHash;

test("on regtest every rule holds from the first block on", () => {
  assert.equal(scriptFlagsAt(1, ANY_HASH, REGTEST), MANDATORY_VERIFY_FLAGS);
});

test("main's rules come at their heights", () => {
  const names = (height: number) => verifyFlagNames(scriptFlagsAt(height, ANY_HASH, MAIN)).join(" ");
  assert.equal(names(0), "P2SH TAPROOT WITNESS");
  assert.equal(names(363_724), "P2SH TAPROOT WITNESS");
  assert.equal(names(363_725), "DERSIG P2SH TAPROOT WITNESS");
  assert.equal(names(388_381), "CHECKLOCKTIMEVERIFY DERSIG P2SH TAPROOT WITNESS");
  assert.equal(names(419_328), "CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY DERSIG P2SH TAPROOT WITNESS");
  assert.equal(scriptFlagsAt(481_823, ANY_HASH, MAIN), scriptFlagsAt(419_328, ANY_HASH, MAIN));
  assert.equal(scriptFlagsAt(481_824, ANY_HASH, MAIN), MANDATORY_VERIFY_FLAGS);
  assert.equal(scriptFlagsAt(900_000, undefined, MAIN), MANDATORY_VERIFY_FLAGS);
});

test("the two blocks of main that broke a rule before its time are held to what they keep", () => {
  const beforeP2sh = hashLiteral<BlockHash>(
    "00000000000002dc756eebf4f49723ed8d30cc28a5f108eb94b1ba88ac4f9c22",
  );
  assert.equal(scriptFlagsAt(170_060, beforeP2sh, MAIN), 0);
  const beforeTaproot = hashLiteral<BlockHash>(
    "0000000000000000000f14c35b2d841e986ab5441de8c585d5ffe55ea1e395ad",
  );
  const names = verifyFlagNames(scriptFlagsAt(692_261, beforeTaproot, MAIN));
  assert.ok(names.includes("WITNESS") && !names.includes("TAPROOT"));
});

test("the one block of testnet3 that broke BIP16 is held to nothing, and no other", () => {
  const excepted = hashLiteral<BlockHash>("00000000dd30457c001f4095d208cc1296b0eed002427aa599874af7a432b105");
  assert.equal(scriptFlagsAt(394, excepted, TESTNET3), 0);
  assert.equal(verifyFlagNames(scriptFlagsAt(394, ANY_HASH, TESTNET3)).join(" "), "P2SH TAPROOT WITNESS");
  assert.equal(scriptFlagsAt(394, excepted, MAIN), scriptFlagsAt(394, ANY_HASH, MAIN));
});

/** `count` headers whose times are their heights; those of `signals` carry bit 28. */
function chainOf(count: number, signals: (height: number) => boolean): HeaderChain {
  return new HeaderChain(Array.from({ length: count }, (_, height) => {
    return { time: height, bits: 0x207fffff, version: signals(height) ? 0x3000_0000 : 0x2000_0000 };
  }));
}

function stateAfter(count: number, signals: (height: number) => boolean, params = REGTEST): string {
  return deploymentState(chainOf(count, signals).tip, params.deployments);
}

test("a deployment starts in the second window, is locked in by 108 of 144, active a window later", () => {
  const enough = (height: number) => height >= 144 && height < 144 + 108;
  assert.equal(stateAfter(143, enough), "defined");
  assert.equal(stateAfter(144, enough), "started");
  assert.equal(stateAfter(287, enough), "started");
  assert.equal(stateAfter(288, enough), "locked-in");
  assert.equal(stateAfter(431, enough), "locked-in");
  assert.equal(stateAfter(432, enough), "active");
  assert.equal(stateAfter(2_000, enough), "active");
  assert.equal(stateAfter(288, (height) => height > 144 && height < 144 + 108), "started");
});

test("it waits for its start time, and fails at its timeout", () => {
  const timed = regtestWith({ testDummy: { startTime: 200, timeout: 500 } });
  assert.equal(stateAfter(144, () => false, timed), "defined");
  assert.equal(stateAfter(288, () => false, timed), "started");
  assert.equal(stateAfter(432, () => false, timed), "started");
  assert.equal(stateAfter(576, () => false, timed), "failed");
  assert.equal(
    stateAfter(2_000, () => true, regtestWith({ testDummy: { startTime: 1e9, timeout: 2e9 } })),
    "defined",
  );
});

test("only versions with BIP9's mark signal", () => {
  const chain = new HeaderChain(
    Array.from({ length: 288 }, (_, i) => ({ time: i, bits: 0, version: 0x1000_0000 })),
  );
  assert.equal(deploymentState(chain.tip, REGTEST.deployments), "started");
});

test("our own blocks signal what is under way, and on main nothing", () => {
  const chain = chainOf(200, () => true);
  assert.equal(blockVersion(chain.tip, REGTEST), 0x3000_0000);
  assert.equal(blockVersion(chain.tip, MAIN), 0x2000_0000);
});
