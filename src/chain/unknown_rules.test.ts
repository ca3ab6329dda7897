import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRng } from "../base/rng.ts";
import { MAIN } from "../params/main.ts";
import { regtestWith } from "../params/regtest.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { BlockHeader } from "../primitives/header.ts";
import { type BlockId, HeaderIndex } from "./header_index.ts";
import { bitsOfSet, UnknownRulesWatch } from "./unknown_rules.ts";

const WINDOW = 144;
const REGTEST = regtestWith({});
const PLAIN = 0x2000_0000;

/** Headers on regtest's genesis, with their versions; they need no work here. */
class Chain {
  readonly headers = new HeaderIndex(seededRng(7));
  tip: BlockId;

  constructor(params: ChainParams) {
    this.tip = this.headers.add(params.genesis.header, undefined);
  }

  add(version: number, count: number): void {
    for (let n = 0; n < count; n++) {
      const header = BlockHeader.of({
        version, merkleRoot: new Uint8Array(32), bits: 0x207fffff, nonce: 0,
        previous: this.headers.hash(this.tip),
        time: this.headers.time(this.tip) + 1,
      });
      this.tip = this.headers.add(header, this.tip);
    }
  }

  /** Up to the last block of a window, `signals` of which have `version`. */
  window(version: number, signals: number): void {
    const room = WINDOW - ((this.headers.height(this.tip) + 1) % WINDOW);
    this.add(version, signals);
    this.add(PLAIN, room - signals);
  }
}

function found(chain: Chain, watch: UnknownRulesWatch): readonly (readonly number[])[] {
  const { lockedIn, active } = watch.at(chain.tip);
  return [bitsOfSet(lockedIn), bitsOfSet(active)];
}

test("a bit that three quarters of a window set is locked in, and active a window later, for good", () => {
  const chain = new Chain(REGTEST);
  const watch = new UnknownRulesWatch(chain.headers, REGTEST);
  chain.window(PLAIN, 0);
  chain.window(PLAIN | (1 << 3), 107);
  assert.deepEqual(found(chain, watch), [[], []]);
  chain.window(PLAIN | (1 << 3), 108);
  assert.deepEqual(found(chain, watch), [[3], []]);
  chain.add(PLAIN, WINDOW - 1);
  assert.deepEqual(found(chain, watch), [[3], []], "until the window is over");
  chain.add(PLAIN, 1);
  assert.deepEqual(found(chain, watch), [[], [3]]);
  chain.window(PLAIN, 0);
  assert.deepEqual(found(chain, watch), [[], [3]]);
  const anew = new UnknownRulesWatch(chain.headers, REGTEST);
  assert.deepEqual(found(chain, anew), [[], [3]], "nothing depends on having watched all along");
});

test("bits that BIP323 gives to miners, versions of another kind and our own signals mean nothing", () => {
  const chain = new Chain(REGTEST);
  const watch = new UnknownRulesWatch(chain.headers, REGTEST);
  chain.window(PLAIN, 0);
  chain.window(PLAIN | (1 << 5), WINDOW);
  chain.window(1 << 3, WINDOW);
  chain.window(PLAIN | (1 << 28), WINDOW);
  chain.window(PLAIN, 0);
  assert.deepEqual(found(chain, watch), [[], []]);
});

test("on another chain another bit holds", () => {
  const chain = new Chain(REGTEST);
  const watch = new UnknownRulesWatch(chain.headers, REGTEST);
  chain.window(PLAIN, 0);
  const fork = chain.tip;
  chain.window(PLAIN | 1, WINDOW);
  assert.deepEqual(found(chain, watch), [[0], []]);
  chain.tip = fork;
  chain.window(PLAIN | 2, WINDOW);
  assert.deepEqual(found(chain, watch), [[1], []]);
});

test("signals from before a network's last known rule are not looked at", () => {
  const { versionBits } = REGTEST.deployments;
  const params = {
    ...REGTEST,
    deployments: { ...REGTEST.deployments, versionBits: { ...versionBits, warningHeight: 3 * WINDOW } },
  };
  const chain = new Chain(params);
  const watch = new UnknownRulesWatch(chain.headers, params);
  chain.window(PLAIN, 0);
  for (let n = 0; n < 3; n++) chain.window(PLAIN | 4, WINDOW);
  assert.deepEqual(found(chain, watch), [[2], []]);
  assert.equal(MAIN.deployments.versionBits.warningHeight, 711_648);
});
