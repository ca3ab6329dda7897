import assert from "node:assert/strict";
import { test } from "node:test";
import "../../test/support/portable_curve.ts";
import { type Bytes, concatBytes, fromHex } from "../base/bytes.ts";
import { decodeWith } from "../codec/codec.ts";
import { REGTEST } from "../params/regtest.ts";
import { SIGNET } from "../params/signet.ts";
import type { Sats } from "../primitives/amount.ts";
import { Block, blockCodec } from "../primitives/block.ts";
import { BlockHeader } from "../primitives/header.ts";
import { Transaction } from "../primitives/transaction.ts";
import { pushBytes } from "../script/script.ts";
import { checkBlock } from "./block_rules.ts";
import { commitmentIndex } from "./merkle.ts";
import { isSignetSolution } from "./signet.ts";

/** Blocks 1 and 2 of the public signet. */
const BLOCK_1 = decodeWith(blockCodec, fromHex(
  "00000020f61eee3b63a380a477a063af32b2bbc97c9ff9f01f2c4225e973988108000000f575c83235984e7dc4afc1f3" +
  "0944c170462e84437ab6f2d52e16878a79e4678bd1914d5fae77031eccf4070001010000000001010000000000000000" +
  "000000000000000000000000000000000000000000000000ffffffff025151feffffff0200f2052a0100000016001492" +
  "43f727dd5343293eb83174324019ec16c2630f0000000000000000776a24aa21a9ede2f61c3f71d1defd3fa999dfa369" +
  "53755c690689799962b48bebd836974e8cf94c4fecc7daa2490047304402205e423a8754336ca99dbe16509b877ef1bf" +
  "98d008836c725005b3c787c41ebe46022047246e4467ad7cc7f1ad98662afcaf14c115e0095a227c7b05c5182591c23e" +
  "7e01000120000000000000000000000000000000000000000000000000000000000000000000000000",
));
const BLOCK_2 = decodeWith(blockCodec, fromHex(
  "00000020533b53ded9bff4adc94101d32400a144c54edc5ed492a3b26c63b2d686000000b38fef50592017cfafbcab88" +
  "eb3d9cf50b2c801711cad8299495d26df5e54812e7914d5fae77031ecfdd0b0001010000000001010000000000000000" +
  "000000000000000000000000000000000000000000000000ffffffff025251feffffff0200f2052a01000000160014fd" +
  "09839740f0e0b4fc6d5e2527e4022aa9b89dfa0000000000000000776a24aa21a9ede2f61c3f71d1defd3fa999dfa369" +
  "53755c690689799962b48bebd836974e8cf94c4fecc7daa24900473044022031d64a1692cdad1fc0ced69838169fe19a" +
  "e01be524d831b95fcf5ea4e6541c3c02204f9dea0801df8b4d0cd0857c62ab35c6c25cc47c930630dc7fe723531daa3e" +
  "9b01000120000000000000000000000000000000000000000000000000000000000000000000000000",
));

const CHALLENGE = SIGNET.deployments.signetChallenge as Bytes;

test("blocks 1 and 2 of the public signet are signed", () => {
  for (const block of [BLOCK_1, BLOCK_2]) {
    assert.equal(isSignetSolution(block, CHALLENGE), true);
    assert.equal(checkBlock(block, SIGNET), undefined);
  }
});

test("the genesis block needs no signature", () => {
  assert.equal(isSignetSolution(SIGNET.genesis, CHALLENGE), false);
  assert.equal(checkBlock(SIGNET.genesis, SIGNET), undefined);
});

/** `BLOCK_1` with another header or coinbase, whatever that does to work and root. */
function changed(
  fields: Partial<BlockHeader>,
  change: (script: Bytes) => Bytes = (script) => script,
): Block {
  const { version, previous, merkleRoot, time, bits, nonce } = BLOCK_1.header;
  const header = BlockHeader.of({ version, previous, merkleRoot, time, bits, nonce, ...fields });
  const [coinbase] = BLOCK_1.transactions as [Transaction];
  const index = commitmentIndex(BLOCK_1);
  const outputs = coinbase.outputs.map((each, at) => {
    return at === index ? { ...each, script: change(each.script) } : each;
  });
  return Block.of(header, [Transaction.of({ ...coinbase, outputs })]);
}

test("the signature is for this block: its time, version and transactions", () => {
  assert.equal(isSignetSolution(changed({}), CHALLENGE), true);
  assert.equal(isSignetSolution(changed({ time: BLOCK_1.header.time + 1 }), CHALLENGE), false);
  assert.equal(isSignetSolution(changed({ version: 1 }), CHALLENGE), false);
  const longer = changed({}, (script) => concatBytes(script, fromHex("51")));
  assert.equal(isSignetSolution(longer, CHALLENGE), false);
});

test("nonce and target are not signed, since they are found after it", () => {
  assert.equal(isSignetSolution(changed({ nonce: 7, bits: 0x1d00ffff }), CHALLENGE), true);
});

test("a solution that is no scriptSig and witness, or has something behind them, is none", () => {
  const unsigned = (script: Bytes) => script.subarray(0, 38);
  const trivial = fromHex("51");
  const solved = (data: string) => changed({}, (script) => {
    return concatBytes(unsigned(script), pushBytes(concatBytes(fromHex("ecc7daa2"), fromHex(data))));
  });
  assert.equal(isSignetSolution(changed({}, unsigned), CHALLENGE), false);
  assert.equal(isSignetSolution(changed({}, unsigned), trivial), true);
  assert.equal(isSignetSolution(solved("0000"), trivial), true);
  for (const data of ["00", "000000", "05", "00fd", "0001"]) {
    assert.equal(isSignetSolution(solved(data), trivial), false, data);
  }
});

test("without a witness commitment there is no place for a solution", () => {
  const [coinbase] = BLOCK_1.transactions as [Transaction];
  const bare = Transaction.of({ ...coinbase, outputs: [{ value: 0 as Sats, script: fromHex("51") }] });
  assert.equal(isSignetSolution(Block.of(BLOCK_1.header, [bare]), fromHex("51")), false);
});

test("a block whose parts were changed on the way is mutated, and not signed by that", () => {
  const found = checkBlock(Block.of(BLOCK_1.header, BLOCK_2.transactions), SIGNET);
  assert.deepEqual([found?.rule, found?.mutated], ["bad-signet-blksig", true]);
  const other = { ...SIGNET, deployments: { ...SIGNET.deployments, signetChallenge: fromHex("00") } };
  const unsigned = checkBlock(BLOCK_1, other);
  assert.deepEqual([unsigned?.rule, unsigned?.mutated], ["bad-signet-blksig", false]);
  assert.equal(checkBlock(BLOCK_1, REGTEST), undefined);
});
