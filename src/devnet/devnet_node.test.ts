import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeChain, mineChain } from "../../test/support/fake_chain.ts";
import { storedHeight } from "./devnet_node.ts";

test("a block that a node has on disk is not to come from a peer, whether it had connected it or not", () => {
  const chain = new FakeChain();
  const [first, second, third] = mineChain(chain.tipHeader, 3);
  if (first === undefined || second === undefined || third === undefined) assert.fail();
  assert.equal(storedHeight(chain), 0);
  chain.have([first]);
  chain.addHeaders([second.header, third.header]);
  assert.equal(storedHeight(chain), 1);
  chain.addBlock(second, { requested: true });
  assert.deepEqual([storedHeight(chain), chain.headers.height(chain.tip)], [2, 1]);
});
