/** Who spends from whom in the mempool, and who waits for it. @module */
import { compareBytes, equalBytes, toHex } from "../../base/bytes.ts";
import type { MempoolEntry } from "../../mempool/mempool.ts";
import { displayHash, type Txid } from "../../primitives/hash.ts";
import { type OutPoint, type Transaction, WITNESS_SCALE_FACTOR } from "../../primitives/transaction.ts";
import type { Orphan } from "../../protocol/orphanage.ts";
import { jsonInteger } from "../arguments.ts";
import { isIndexCurrent, readPlaced } from "../indexes.ts";
import type { JsonObject } from "../json.ts";
import { hashText } from "../lookup.ts";
import { type Call, type Method, result } from "../method.ts";
import { checkFields, hashField, readObject } from "../object_fields.ts";
import { optional, required } from "../parameter.ts";
import { mempoolEntryJson, mempoolEntryShape, MempoolFamilies } from "../render/mempool_json.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { hex, list, map, number, object, optional as maybe, type Shape } from "../shape.ts";

const familyParameters = [
  required("txid", "hex", "A transaction of the mempool"),
  optional("verbose", "boolean", "Whether to say more of each than its id", { fallback: false }),
];

const familyResults = [
  { when: "for verbose = false", shape: list(hex("A transaction's id")) },
  { when: "for verbose = true", shape: map("transactionid", mempoolEntryShape) },
];

const getmempoolancestors: Method = {
  name: "getmempoolancestors",
  category: "blockchain",
  about: "Returns all transactions of the mempool that one of them spends from, and that those spend from.",
  parameters: familyParameters,
  results: familyResults,
  run: (call) => family(call, (families, entry) => families.ancestorsOf(entry)),
};

const getmempooldescendants: Method = {
  name: "getmempooldescendants",
  category: "blockchain",
  about: "Returns all transactions of the mempool that spend from one of them, and that spend from those.",
  parameters: familyParameters,
  results: familyResults,
  run: (call) => family(call, (families, entry) => families.descendantsOf(entry)),
};

/** Without `entry` itself, ordered by id as Bitcoin Core orders them. */
function family(
  { host, args }: Call, of: (families: MempoolFamilies, entry: MempoolEntry) => Iterable<MempoolEntry>,
): unknown {
  const { mempool } = host.core;
  const entry = mempool.get(args.hash("txid") as Txid);
  if (entry === undefined) throw new RpcError(RPC_CODE.invalidAddressOrKey, "Transaction not in mempool");
  const families = new MempoolFamilies(mempool);
  const members = [...of(families, entry)].filter((member) => member !== entry)
    .sort((a, b) => compareBytes(a.transaction.txid, b.transaction.txid));
  if (!args.boolean("verbose")) return members.map(({ transaction }) => displayHash(transaction.txid));
  return Object.fromEntries(members.map((member) =>
    [displayHash(member.transaction.txid), mempoolEntryJson(member, families)]));
}

const gettxspendingprevout: Method = {
  name: "gettxspendingprevout",
  category: "blockchain",
  about: "Returns which transactions spend given outputs: those of the mempool, and with -txospenderindex\n" +
    "also those of blocks.",
  parameters: [
    required("outputs", "array", "The outputs", {
      inner: [optional("", "object", "", {
        inner: [
          required("txid", "hex", "The transaction that made the output"),
          required("vout", "number", "Which of its outputs that is"),
        ],
      })],
    }),
    optional("options", "object", "", {
      membersByName: true,
      inner: [
        optional("mempool_only", "boolean",
          "Whether to search only the mempool; false needs -txospenderindex",
          { fallbackHint: "true if txospenderindex unavailable, otherwise false" }),
        optional("return_spending_tx", "boolean", "Whether to return the spender's bytes",
          { fallback: false }),
      ],
    }),
  ],
  results: result(list(object({
    txid: hex("The transaction that made the output"),
    vout: number("Which of its outputs that is"),
    spendingtxid: maybe(hex("The transaction that spends it")),
    spendingtx: maybe(hex("Its bytes")),
    blockhash: maybe(hex("The block that it is in")),
  }))),
  examples: [`'[{"txid":"…","vout":3}]'`],
  async run({ host, args }) {
    const { indexes, mempool } = host.core;
    const outputs = args.array("outputs");
    if (outputs.length === 0) throw invalid("Invalid parameter, outputs are missing");
    const options = args.has("options") ? readObject(args.raw("options")) : undefined;
    if (options !== undefined) {
      checkFields(options, { mempool_only: "bool", return_spending_tx: "bool" },
        { optional: true, strict: true });
    }
    const withBytes = options?.get("return_spending_tx") === true;
    const isMempoolOnly = options?.get("mempool_only") ?? (indexes.spenders === undefined);
    const asked = outputs.map((value) => {
      const object = readObject(value);
      const outPoint = readOutPoint(object);
      return { object, outPoint, spender: mempool.spender(outPoint)?.transaction };
    });
    const isAnswered = ({ spender }: Asked): boolean => spender !== undefined || isMempoolOnly === true;
    const found = asked.filter(isAnswered).map((each) => spendingJson(each, withBytes));
    const left = asked.filter((each) => !isAnswered(each));
    if (left.length === 0) return found;
    if (indexes.spenders === undefined || !(await isIndexCurrent(host, "txospenderindex"))) {
      throw new RpcError(RPC_CODE.misc,
        "Mempool lacks a relevant spend, and txospenderindex is unavailable.");
    }
    return [...found, ...left.map((each) => spendingJson(confirmedSpender(host, each), withBytes))];
  },
};

interface Asked {
  readonly object: JsonObject;
  readonly outPoint: OutPoint;
  readonly spender: Transaction | undefined;
  /** Of the block that the spender is in, if it is confirmed. */
  readonly blockHash?: string;
}

/** What was asked, as it was given and in the order in which it was, with the answer. */
function spendingJson({ object, spender, blockHash }: Asked, withBytes: boolean): object {
  return {
    ...Object.fromEntries(object.entries),
    ...(spender === undefined ? {} : { spendingtxid: displayHash(spender.txid) }),
    ...(spender === undefined || !withBytes ? {} : { spendingtx: toHex(spender.bytes) }),
    ...(blockHash === undefined ? {} : { blockhash: blockHash }),
  };
}

function confirmedSpender({ core }: Call["host"], asked: Asked): Asked {
  const { txid, index } = asked.outPoint;
  const place = core.indexes.spenders?.find(asked.outPoint);
  if (place === undefined) return asked;
  const placed = readPlaced(core.chain, place);
  if (placed === undefined) {
    throw new RpcError(RPC_CODE.misc,
      `IO error finding spending tx for outpoint ${displayHash(txid)}:${index}.`);
  }
  const isSpender = placed.transaction.inputs.some(({ prevout }) =>
    prevout.index === index && equalBytes(prevout.txid, txid));
  if (!isSpender) return asked;
  return { ...asked, spender: placed.transaction, blockHash: hashText(core.chain, placed.block) };
}

function readOutPoint(output: JsonObject): OutPoint {
  checkFields(output, { txid: "string", vout: "number" }, { strict: true });
  const txid = hashField(output, "txid") as Txid;
  const index = Number(jsonInteger(output.get("vout") ?? null, 31n));
  if (index < 0) throw invalid("Invalid parameter, vout cannot be negative");
  return { txid, index };
}

const orphanFields: Readonly<Record<string, Shape>> = {
  txid: hex("The transaction's id"),
  wtxid: hex("Its hash with the witness"),
  bytes: number("Its size"),
  vsize: number("A quarter of its weight, rounded up"),
  weight: number("Its weight (BIP141)"),
  from: list(number("The number of a peer that announced it")),
};

const getorphantxs: Method = {
  name: "getorphantxs",
  category: "hidden",
  about: "Returns the transactions that wait for one that they spend from.",
  parameters: [optional("verbosity", "number",
    "0 for their ids, 1 for more of each, 2 for their bytes as well", { fallback: 0, anyType: true })],
  results: [
    { when: "for verbosity = 0", shape: list(hex("A transaction's id")) },
    { when: "for verbosity = 1", shape: list(object(orphanFields)) },
    { when: "for verbosity = 2", shape: list(object({ ...orphanFields, hex: hex("Its bytes") })) },
  ],
  run({ host, args }) {
    const value = args.raw("verbosity");
    if (typeof value === "boolean") {
      throw new RpcError(RPC_CODE.type, "Verbosity was boolean but only integer allowed");
    }
    const verbosity = value === null ? 0 : Number(jsonInteger(value, 31n));
    const orphans = [...host.core.orphans];
    switch (verbosity) {
      case 0:
        return orphans.map(({ txid }) => displayHash(txid));
      case 1:
        return orphans.map(orphanJson);
      case 2:
        return orphans.map((orphan) => ({ ...orphanJson(orphan), hex: toHex(orphan.bytes) }));
      default:
        throw invalid(`Invalid verbosity value ${verbosity}`);
    }
  },
};

function orphanJson({ txid, wtxid, bytes, weight, announcers }: Orphan): object {
  return {
    txid: displayHash(txid),
    wtxid: displayHash(wtxid),
    bytes: bytes.length,
    vsize: Math.ceil(weight / WITNESS_SCALE_FACTOR),
    weight,
    from: [...announcers],
  };
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_CODE.invalidParameter, message);
}

export const mempoolRelationMethods: readonly Method[] =
  [getmempoolancestors, getmempooldescendants, gettxspendingprevout, getorphantxs];
