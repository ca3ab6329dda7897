import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../base/bytes.ts";
import { displayHash } from "../primitives/hash.ts";
import type { ChainParams } from "./chain_params.ts";
import { MAIN } from "./main.ts";
import { networkByName, NETWORKS } from "./networks.ts";
import { REGTEST, regtestWith } from "./regtest.ts";
import { SIGNET, signetWith } from "./signet.ts";
import { TESTNET3 } from "./testnet3.ts";
import { TESTNET4 } from "./testnet4.ts";

const SATOSHI_ROOT = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b";

const GENESIS = [
  [MAIN, "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f", SATOSHI_ROOT],
  [
    TESTNET4,
    "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
    "7aa0a7ae1e223414cb807e40cd57e667b718e42aaf9306db9102fe28912b7b4e",
  ],
  [TESTNET3, "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943", SATOSHI_ROOT],
  [SIGNET, "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6", SATOSHI_ROOT],
  [REGTEST, "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206", SATOSHI_ROOT],
] as const;

for (const [network, hash, merkleRoot] of GENESIS) {
  test(`the genesis block of ${network.name} has the hash and merkle root that are known of it`, () => {
    assert.equal(displayHash(network.genesis.hash), hash);
    assert.equal(displayHash(network.genesis.header.merkleRoot), merkleRoot);
  });
}

test("each network is found by its name, and nothing by another", () => {
  for (const network of NETWORKS) assert.equal(networkByName(network.name), network);
  assert.equal(networkByName("testnet3"), TESTNET3);
  assert.equal(networkByName("testnet5"), undefined);
});

test("no two networks share a magic, a port or a folder", () => {
  const picks: readonly ((network: ChainParams) => string | number)[] = [
    (network) => toHex(network.magic),
    (network) => network.port,
    (network) => network.rpcPort,
    (network) => network.folder,
  ];
  for (const pick of picks) assert.equal(new Set(NETWORKS.map(pick)).size, NETWORKS.length);
});

test("the magic of the public signet follows from its challenge", () => {
  assert.equal(toHex(SIGNET.magic), "0a03cf40");
});

test("a signet of one's own has its own magic and no work or seeds of the public one", () => {
  const own = signetWith(Uint8Array.of(0x51));
  assert.notDeepEqual(own.magic, SIGNET.magic);
  assert.equal(own.minimumChainWork, 0n);
  assert.deepEqual([own.isPublic, own.dnsSeeds, own.assumeValid], [false, [], undefined]);
});

test("regtest takes other heights and leaves what is not named as it was", () => {
  const changed = regtestWith({ heights: { bip34Height: 2 }, fastPrune: true });
  assert.equal(changed.deployments.bip34Height, 2);
  assert.equal(changed.deployments.segwitHeight, 0);
  assert.equal(changed.pruneAfterHeight, 100);
  assert.deepEqual(regtestWith({}), REGTEST);
});
