import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../base/logger.ts";
import { PeerBench } from "../../test/support/peer_bench.ts";
import { punish } from "./misbehaviour.ts";

const FAR = "9.9.9.9:8333";

test("a stranger is discouraged, a local peer only dropped, noban and manual peers are kept", () => {
  const bench = new PeerBench();
  const cost = (...opening: Parameters<PeerBench["open"]>) =>
    punish(bench.open(...opening), "it", silentLogger);
  assert.equal(cost("inbound", [], FAR), "discourage");
  assert.equal(cost("outbound-full-relay", [], FAR), "discourage");
  assert.equal(cost("inbound", [], "127.0.0.1:1"), "disconnect");
  assert.equal(cost("inbound", [], "[::1]:1"), "disconnect");
  assert.equal(cost("inbound", ["noban"], FAR), "keep");
  assert.equal(cost("manual", [], FAR), "keep");
});
