import { toHex } from "../../base/bytes.ts";
import type { DeploymentState } from "../../consensus/deployments.ts";
import type { HeaderContext } from "../../consensus/header_context.ts";
import { BLOCK_SIGOP_COST_MAX, BLOCK_WEIGHT_MAX } from "../../consensus/limits.ts";
import { commitmentIndex } from "../../consensus/merkle.ts";
import type { MempoolEntry } from "../../mempool/mempool.ts";
import { minimumTime } from "../../mining/template.ts";
import type { ChainParams } from "../../params/chain_params.ts";
import type { Block } from "../../primitives/block.ts";
import { displayHash } from "../../primitives/hash.ts";
import { WITNESS_SCALE_FACTOR } from "../../primitives/transaction.ts";
import { hex, list, map, number, object, optional, text, time } from "../shape.ts";
import { bitsText, targetText } from "./block_json.ts";

/** A block that is not solved, and where it is to stand. */
export interface TemplateView {
  readonly block: Block;
  /** One for each transaction after the coinbase. */
  readonly entries: readonly MempoolEntry[];
  readonly previous: HeaderContext;
  readonly params: ChainParams;
  /** State of the deployment that signals by version bits. */
  readonly testDummy: DeploymentState;
  readonly longPollId: string;
}

export function templateJson(view: TemplateView): object {
  const { block, entries, previous, params } = view;
  const { header, transactions: [coinbase] } = block;
  const hasSegwit = previous.height + 1 >= params.deployments.segwitHeight;
  const scale = hasSegwit ? 1 : WITNESS_SCALE_FACTOR;
  const challenge = params.deployments.signetChallenge;
  const commitment = coinbase?.outputs[commitmentIndex(block)];
  return {
    capabilities: ["proposal"],
    version: header.version,
    rules: ruleNames(view, hasSegwit),
    vbavailable: signalledRules(view),
    vbrequired: 0,
    previousblockhash: displayHash(header.previous),
    transactions: transactionsJson(entries, scale),
    coinbaseaux: {},
    coinbasevalue: coinbase?.outputs[0]?.value ?? 0,
    longpollid: view.longPollId,
    target: targetText(header.bits),
    mintime: minimumTime(previous, params),
    mutable: ["time", "transactions", "prevblock"],
    noncerange: "00000000ffffffff",
    sigoplimit: BLOCK_SIGOP_COST_MAX / scale,
    sizelimit: BLOCK_WEIGHT_MAX / scale,
    ...(hasSegwit ? { weightlimit: BLOCK_WEIGHT_MAX } : {}),
    curtime: header.time,
    bits: bitsText(header.bits),
    height: previous.height + 1,
    ...(challenge === undefined ? {} : { signet_challenge: toHex(challenge) }),
    ...(commitment === undefined ? {} : { default_witness_commitment: toHex(commitment.script) }),
  };
}

/** BIP9: an exclamation mark says that whoever does not know the rule cannot make a block. */
function ruleNames({ params, testDummy }: TemplateView, hasSegwit: boolean): readonly string[] {
  return [
    "csv",
    ...(hasSegwit ? ["!segwit", "taproot"] : []),
    ...(params.deployments.signetChallenge === undefined ? [] : ["!signet"]),
    ...(testDummy === "active" ? ["testdummy"] : []),
  ];
}

function signalledRules({ params, testDummy }: TemplateView): Readonly<Record<string, number>> {
  const bit = params.deployments.versionBits.testDummy?.bit;
  const isOpen = testDummy === "started" || testDummy === "locked-in";
  return isOpen && bit !== undefined ? { testdummy: bit } : {};
}

function transactionsJson(entries: readonly MempoolEntry[], scale: number): readonly object[] {
  const places = new Map(entries.map(({ transaction }, at) => [displayHash(transaction.txid), at + 1]));
  return entries.map(({ transaction, fee, sigopCost }) => ({
    data: toHex(transaction.bytes),
    txid: displayHash(transaction.txid),
    hash: displayHash(transaction.wtxid),
    depends: transaction.inputs.flatMap(({ prevout }) => places.get(displayHash(prevout.txid)) ?? []),
    fee,
    sigops: sigopCost / scale,
    weight: transaction.weight,
  }));
}

export const templateShape = object({
  capabilities: list(text("What can be asked of us")),
  version: number("The block's version"),
  rules: list(text("A rule that is in force; with ! it must be known to make a block")),
  vbavailable: map("rulename", number("The bit of the version that signals for it")),
  vbrequired: number("Bits of the version that must be set"),
  previousblockhash: hex("The hash of the tip"),
  transactions: list(object({
    data: hex("The transaction's bytes"),
    txid: hex("Its id"),
    hash: hex("Its hash with the witness"),
    depends: list(number("A transaction that it spends from, by its place in this list, from 1 on")),
    fee: number("Its fee in satoshi"),
    sigops: number("Its signature operations, by cost"),
    weight: number("Its weight (BIP141)"),
  }), "What the block should have after the coinbase"),
  coinbaseaux: map("key", hex("Bytes that the coinbase's script should have")),
  coinbasevalue: number("The most that the coinbase may pay, in satoshi"),
  longpollid: text("An id to wait with until a template would differ"),
  target: hex("What the block's hash may not exceed"),
  mintime: time("The earliest time that the block may have"),
  mutable: list(text("What may be changed")),
  noncerange: hex("The lowest and the highest nonce"),
  sigoplimit: number("The most signature operations that the block may have, by cost"),
  sizelimit: number("The most bytes"),
  weightlimit: optional(number("The highest weight")),
  curtime: time("The block's time"),
  bits: hex("The target in compact form"),
  height: number("The block's height"),
  signet_challenge: optional(hex("The script that signs blocks")),
  default_witness_commitment: optional(hex("The output that commits to the witnesses of these transactions")),
});
