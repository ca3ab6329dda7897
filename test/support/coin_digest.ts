import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { RunningNode } from "../../src/io/node_host.ts";
import { displayHash } from "../../src/primitives/hash.ts";

/** Tells the tip, and all unspent coins as of it, apart from any other tip and coins. */
export async function coinDigest(node: Pick<RunningNode, "scanCoins">): Promise<string> {
  const snapshot = (await node.scanCoins()) ?? assert.fail("the node is stopping");
  const hash = createHash("sha256");
  for await (const { outPoint, coin } of snapshot.coins) {
    hash.update(outPoint.txid);
    hash.update(`${outPoint.index} ${coin.value} ${coin.height} ${coin.isCoinbase} ${coin.script.length} `);
    hash.update(coin.script);
  }
  return `${displayHash(snapshot.head)} ${hash.digest("hex")}`;
}
