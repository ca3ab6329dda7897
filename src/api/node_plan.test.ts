import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { seededRng } from "../base/rng.ts";
import type { UnixSeconds } from "../base/time.ts";
import { makeChainFile } from "../params/make_chain_file.ts";
import { chainFromFile } from "./chain_from_file.ts";
import { chains } from "./chains.ts";
import { isTidingsError } from "./errors.ts";
import { type CreateNodeOptions, planNode } from "./node_plan.ts";

const { regtest } = chains;

function refusal(options: unknown): string {
  try {
    planNode(options as CreateNodeOptions);
  } catch (error) {
    assert.ok(isTidingsError(error, "CONFIG"), String(error));
    return error.message;
  }
  return "none";
}

test("each option that cannot be followed is refused with what was found and what is allowed", () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /^Cannot use the options: found undefined, need an object/],
    [{ chain: regtest, lisen: [] }, /found "lisen", need one of chain, store, listen/],
    [{ chain: "regtest" }, /^Cannot use chain: found "regtest", need one of chains\.main, .*chains\.regtest/],
    [{ chain: regtest, store: "" }, /store: found ""/],
    [{ chain: regtest, listen: true }, /listen: found true, need false, or a list/],
    [{ chain: regtest, listen: ["example.com:1"] }, /listen: found "example.com:1"/],
    [{ chain: regtest, listen: ["127.0.0.1:70000"] }, /listen: found "127.0.0.1:70000"/],
    [{ chain: regtest, addNodes: ["nowhere:1"] }, /addNodes: found "nowhere:1"/],
    [{ chain: regtest, maxConnections: -1 }, /maxConnections: found -1, need a whole number from 0 to/],
    [{ chain: regtest, userAgent: "tidings" }, /userAgent: found "tidings"/],
    [{ chain: chains.main, prune: { targetBytes: 1e6 } }, /prune\.targetBytes: found 1000000, .* 576716800/],
    [{ chain: regtest, indexes: ["txinde"] }, /indexes: found "txinde", need a list of some of txindex, /],
    [{ chain: regtest, indexes: "txindex" }, /indexes: found "txindex", need a list/],
    [{ chain: regtest, indexes: ["txindex"], prune: { targetBytes: 2e6 } }, /index, along with prune/],
    [{ chain: regtest, localPeers: "yes" }, /localPeers: found "yes", need true or false/],
    [{ chain: regtest, debug: ["network"] }, /debug: found "network", need some of net, /],
    [{ chain: regtest, signal: {} }, /signal: found an object, need an AbortSignal/],
  ];
  for (const [options, message] of cases) assert.match(refusal(options), message);
});

test("addresses to listen on are read with their ports, and zero asks for a free one", () => {
  const { listen } = planNode({ chain: regtest, listen: ["127.0.0.1:0", "[::1]:18555", "localhost"] });
  assert.deepEqual(listen, [
    { host: "127.0.0.1", port: 0 }, { host: "::1", port: 18555 }, { host: "127.0.0.1", port: 18444 },
  ]);
});

test("data of several chains stand apart in one store", () => {
  assert.equal(planNode({ chain: regtest, store: "/data" }).dataDir, join("/data", "regtest"));
  assert.equal(planNode({ chain: chains.main, store: "/data" }).dataDir, "/data");
  assert.equal(planNode({ chain: regtest }).dataDir, undefined);
});

test("a chain of your own comes from its file", () => {
  const made = makeChainFile("mine", { time: 1_700_000_000 as UnixSeconds }, seededRng(1));
  assert.ok(made.ok);
  const chain = chainFromFile(made.text);
  assert.deepEqual([chain.name, chain.isPublic], ["mine", false]);
  assert.equal(planNode({ chain, store: "/data" }).dataDir, join("/data", "mine"));
});

test("a chain file that breaks rules is refused with each fault", () => {
  assert.throws(() => chainFromFile("{"), (error) => {
    return isTidingsError(error, "CONFIG") && /not JSON/.test(error.message);
  });
});
