import type { ChainParams } from "../../src/params/chain_params.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { BlockHash } from "../../src/primitives/hash.ts";
import { BlockHeader } from "../../src/primitives/header.ts";
import { blockWork, meetsTarget } from "../../src/primitives/target.ts";
import type { PresyncStart } from "../../src/protocol/header_presync.ts";

/** A network on which blocks cost next to nothing. */
export const WEAK: ChainParams = REGTEST;

let minted = 0;

/** Headers one on the other, the first on `previous`, another hash each time. Nobody has worked for them. */
export function fakeHeaders(
  previous: BlockHash, count: number, bitsOf: (index: number) => number = () => WEAK.genesis.header.bits,
): BlockHeader[] {
  return chainOf(previous, count, (fields, index) => {
    const nonce = ++minted;
    return BlockHeader.of({ ...fields, bits: bitsOf(index), nonce });
  });
}

/** The same with the work that `WEAK` asks for. */
export function weakHeaders(previous: BlockHash, count: number, time = START_TIME): BlockHeader[] {
  return chainOf(previous, count, (fields, index) => {
    for (;;) {
      const header = BlockHeader.of({ ...fields, time: time + index, nonce: ++minted });
      if (meetsTarget(header.hash, header.bits, WEAK.work.limit)) return header;
    }
  });
}

/** What a sync is told of the genesis block. */
export function startOf({ genesis: { header } }: ChainParams): PresyncStart {
  const chainWork = blockWork(header.bits);
  return { hash: header.hash, height: 0, bits: header.bits, chainWork, medianTimePast: header.time };
}

const START_TIME = REGTEST.genesis.header.time + 1;
const MERKLE_ROOT = new Uint8Array(32);

type Fields = Parameters<typeof BlockHeader.of>[0];

function chainOf(
  previous: BlockHash, count: number, make: (fields: Fields, index: number) => BlockHeader,
): BlockHeader[] {
  const headers: BlockHeader[] = [];
  let parent = previous;
  for (let index = 0; index < count; index++) {
    const { bits } = WEAK.genesis.header;
    const time = START_TIME + index;
    const header = make({ version: 4, previous: parent, merkleRoot: MERKLE_ROOT, time, bits, nonce: 0 }, index);
    headers.push(header);
    parent = header.hash;
  }
  return headers;
}
