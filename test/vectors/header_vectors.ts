import { fromHex } from "../../src/base/bytes.ts";
import { checkHeaderInContext, checkProofOfWork } from "../../src/consensus/header_rules.ts";
import { requiredBits } from "../../src/consensus/next_work.ts";
import { MAIN } from "../../src/params/main.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { BlockHeader } from "../../src/primitives/header.ts";
import { NULL_OUT_POINT, SEQUENCE_FINAL, Transaction } from "../../src/primitives/transaction.ts";
import { pushNumber } from "../../src/script/script.ts";
import { HeaderChain } from "../support/header_chain.ts";
import { isObject, type Mismatch, type VectorCase, type VectorFormat } from "./vector_format.ts";

/**
 * Bitcoin Core's mainnet_alt.json: times and nonces of another chain on main's first block, whose
 * blocks are empty; a header whose work is wrong, or that breaks a rule, fails.
 */
export const ALTERNATE_HEADERS: VectorFormat = {
  name: "headers of an alternate main chain",
  isFormatOf: (content) => content.type === "json" && isObject(content.value) &&
    Array.isArray(content.value["timestamps"]) && Array.isArray(content.value["nonces"]),
  cases: (content) => {
    const { timestamps, nonces } = (content as { readonly value: HeaderFile }).value;
    const chain = new HeaderChain([MAIN.genesis.header]);
    let last = MAIN.genesis.header;
    return timestamps.map((time, at): VectorCase => ({
      row: at + 1,
      check: () => {
        const height = at + 1;
        // Those before it were not good: this one has no place.
        if (chain.tip.height !== at) {
          return { expected: "headers that build on each other", found: `none at ${at}` };
        }
        const header = BlockHeader.of({
          version: 0x2000_0000,
          previous: last.hash,
          merkleRoot: coinbaseAt(height).txid,
          time,
          bits: requiredBits(chain.tip, time, MAIN),
          nonce: nonces[at] ?? -1,
        });
        const found = judge(header, chain);
        last = header;
        chain.add(header);
        return found;
      },
    }));
  },
};

interface HeaderFile {
  readonly timestamps: readonly number[];
  readonly nonces: readonly number[];
}

function judge(header: BlockHeader, chain: HeaderChain): Mismatch | undefined {
  const broken = checkProofOfWork(header, MAIN) ?? checkHeaderInContext(header, chain.tip, header.time, MAIN);
  return broken === undefined ? undefined : { expected: "a valid header", found: broken.rule };
}

/** As Bitcoin Core's mining tests make them. */
function coinbaseAt(height: number): Transaction {
  // Numbers that an opcode pushes would leave the script a byte short.
  const scriptSig = Uint8Array.from([...pushNumber(height), ...(height <= 16 ? [0] : [])]);
  return Transaction.of({
    version: 2,
    inputs: [{ prevout: NULL_OUT_POINT, scriptSig, sequence: SEQUENCE_FINAL, witness: [] }],
    outputs: [{ value: 50e8 as Sats, script: fromHex("76a914eadbac7f36c37e39361168b7aaee3cb24a25312d88ac") }],
    locktime: 0,
  });
}
