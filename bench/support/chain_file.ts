/**
 * What is in a file of blocks, for benchmarks that import it.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { concatBytes } from "../../src/base/bytes.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import { piecesOf } from "../../src/cli/import_files.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { blockCodec } from "../../src/primitives/block.ts";
import { type BlockHash, displayHash, ZERO_HASH } from "../../src/primitives/hash.ts";
import { BlockHeader } from "../../src/primitives/header.ts";
import type { SignedChainRequest } from "./signed_chain.ts";

export interface ChainFile {
  readonly path: string;
  readonly blocks: number;
  readonly transactions: number;
  /** Those that spend something. */
  readonly inputs: number;
  /** All inputs up to a height, that height's among them. */
  readonly inputsUpTo: readonly number[];
  readonly headers: readonly BlockHeader[];
  /** As people write it. */
  readonly tip: string;
}

/** Headers on top of the chain, so that what is below is buried as deep as assumevalid asks. */
const BURYING = 2_100;

export function describeChain(path: string): ChainFile {
  const headers: BlockHeader[] = [];
  const inputsUpTo = [0];
  let [transactions, inputs] = [0, 0];
  for (const { bytes } of piecesOf(path, REGTEST.magic)) {
    const { header, layout } = decodeWith(blockCodec, bytes);
    headers.push(header);
    transactions += layout.transactionCount;
    inputs += layout.inputCount - 1;
    inputsUpTo.push(inputs);
  }
  const tip = displayHash(headers.at(-1)?.hash ?? ZERO_HASH);
  return { path, blocks: headers.length, transactions, inputs, inputsUpTo, headers, tip };
}

export async function makeSignedChain(request: SignedChainRequest): Promise<void> {
  const worker = new Worker(new URL("./signed_chain.js", import.meta.url), { workerData: request });
  await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

/** All headers of the chain, and enough on top of them that it is buried. */
export function writeBuryingHeaders(path: string, { headers }: ChainFile): void {
  const all = headers.map(({ bytes }) => bytes);
  let last = headers.at(-1) ?? REGTEST.genesis.header;
  for (let i = 0; i < BURYING; i++) {
    last = headerAfter(last);
    all.push(last.bytes);
  }
  writeFileSync(path, concatBytes(...all));
}

function headerAfter({ hash, time, bits, version }: BlockHeader): BlockHeader {
  const fields = { version, previous: hash as BlockHash, merkleRoot: ZERO_HASH, time: time + 600, bits };
  for (let nonce = 0; ; nonce++) {
    const header = BlockHeader.of({ ...fields, nonce });
    // Below regtest's target: half of all hashes are.
    if ((header.hash[31] as number) < 0x7f) return header;
  }
}
