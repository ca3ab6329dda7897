/** Making transactions of what a caller asks for. @module */
import { type Bytes, isHex, toHex } from "../../base/bytes.ts";
import type { AddressParams } from "../../params/chain_params.ts";
import type { Sats } from "../../primitives/amount.ts";
import type { Txid } from "../../primitives/hash.ts";
import { type Input, type Output, SEQUENCE_FINAL, Transaction } from "../../primitives/transaction.ts";
import { parseAddress } from "../../script/addresses.ts";
import { nullDataScript } from "../../script/templates.ts";
import { type Arguments, jsonAmount, jsonInteger, readHex, wrongType } from "../arguments.ts";
import { JsonNumber, JsonObject, type JsonValue } from "../json.ts";
import { type Method, result } from "../method.ts";
import { hashField, readObject } from "../object_fields.ts";
import { optional, type Parameter, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { hex } from "../shape.ts";

const LOCKTIME_MAX = 0xffff_ffffn;
/** The highest sequence number that lets a transaction be replaced (BIP125). */
const SEQUENCE_REPLACEABLE = 0xffff_fffd;
const SEQUENCE_NONFINAL = 0xffff_fffe;
/** Versions that are relayed. */
const VERSION_MIN = 1n;
const VERSION_MAX = 3n;

const parameters: readonly Parameter[] = [
  required("inputs", "array", "What it spends", {
    inner: [optional("", "object", "", {
      inner: [
        required("txid", "hex", "The transaction that made the output"),
        required("vout", "number", "Which of its outputs that is"),
        optional("sequence", "number", "The sequence number",
          { fallbackHint: "depends on the value of the 'replaceable' and 'locktime' arguments" }),
      ],
    })],
  }),
  required("outputs", "array", "What it makes: no address twice, and data at most once.\n" +
    "One object with all of them is taken too.", {
    anyType: true,
    inner: [
      optional("", "object", "", { inner: [required("address", "amount", "An address, and its coins")] }),
      optional("", "object", "", {
        inner: [required("data", "hex", "The key data, and bytes that the output carries")],
      }),
    ],
  }),
  optional("locktime", "number", "The block or time before which it is not valid", { fallback: 0 }),
  optional("replaceable", "boolean", "Whether it says that it may be replaced (BIP125).\n" +
    "Given, sequence numbers that say otherwise are refused.", { fallback: true }),
  optional("version", "number", "Its version", { fallback: 2 }),
];

const createrawtransaction: Method = {
  name: "createrawtransaction",
  category: "rawtransactions",
  about: "Makes a transaction of inputs and outputs, and returns its bytes. It is not signed, and not sent.",
  parameters,
  results: result(hex("The transaction's bytes")),
  examples: [`'[{"txid":"…","vout":0}]' '[{"bcrt1q…":0.01}]'`,
    `'[{"txid":"…","vout":0}]' '[{"data":"00010203"}]'`],
  run: ({ host, args }) => toHex(constructTransaction(args, host.core.options.params.addresses).bytes),
};

function constructTransaction(args: Arguments, addresses: AddressParams): Transaction {
  const locktime = args.integer64("locktime");
  if (locktime < 0n || locktime > LOCKTIME_MAX) throw invalid("Invalid parameter, locktime out of range");
  const version = args.integer64("version");
  if (version < 0n || version > 0xffff_ffffn) throw new RpcError(RPC_CODE.misc, "JSON integer out of range");
  if (version < VERSION_MIN || version > VERSION_MAX) {
    throw invalid(`Invalid parameter, version out of range(${VERSION_MIN}~${VERSION_MAX})`);
  }
  const replaceable = args.has("replaceable") ? args.boolean("replaceable") : undefined;
  const sequence = defaultSequence(replaceable, locktime);
  const inputs = args.has("inputs") ? args.array("inputs").map((value) => readInput(value, sequence)) : [];
  const outputs = readOutputs(args.raw("outputs"), addresses);
  const saysSo = inputs.some((input) => input.sequence <= SEQUENCE_REPLACEABLE);
  if (replaceable === true && inputs.length > 0 && !saysSo) {
    throw invalid("Invalid parameter combination: Sequence number(s) contradict replaceable option");
  }
  return Transaction.of({ version: Number(version), inputs, outputs, locktime: Number(locktime) });
}

function defaultSequence(replaceable: boolean | undefined, locktime: bigint): number {
  if (replaceable ?? true) return SEQUENCE_REPLACEABLE;
  return locktime > 0n ? SEQUENCE_NONFINAL : SEQUENCE_FINAL;
}

function readInput(value: JsonValue, fallback: number): Input {
  const object = readObject(value);
  const txid = hashField(object, "txid") as Txid;
  const vout = object.get("vout");
  if (!(vout instanceof JsonNumber)) throw invalid("Invalid parameter, missing vout key");
  const index = Number(jsonInteger(vout, 31n));
  if (index < 0) throw invalid("Invalid parameter, vout cannot be negative");
  const given = object.get("sequence");
  const sequence = given instanceof JsonNumber ? jsonInteger(given) : BigInt(fallback);
  if (sequence < 0n || sequence > BigInt(SEQUENCE_FINAL)) {
    throw invalid("Invalid parameter, sequence number is out of range");
  }
  return { prevout: { txid, index }, scriptSig: new Uint8Array(), sequence: Number(sequence), witness: [] };
}

function readOutputs(value: JsonValue, addresses: AddressParams): readonly Output[] {
  if (value === null) throw invalid("Invalid parameter, output argument must be non-null");
  const seen = new Set<string>();
  const entries = outputEntries(value);
  return entries.map(([key]) => {
    // Of a key that stands there twice the first value is read both times, before it is refused.
    const given = entries.find(([name]) => name === key)?.[1] ?? null;
    return key === "data" ? dataOutput(given, seen) : addressOutput(key, given, addresses, seen);
  });
}

/** All pairs of one object, or of a list of objects with one each. */
function outputEntries(value: JsonValue): readonly (readonly [string, JsonValue])[] {
  if (value instanceof JsonObject) return value.entries;
  if (!Array.isArray(value)) return wrongType(value, "array");
  return (value as readonly JsonValue[]).flatMap((pair) => {
    if (!(pair instanceof JsonObject)) {
      throw invalid("Invalid parameter, key-value pair not an object as expected");
    }
    if (pair.entries.length !== 1) {
      throw invalid("Invalid parameter, key-value pair must contain exactly one key");
    }
    return pair.entries;
  });
}

function dataOutput(value: JsonValue, seen: Set<string>): Output {
  if (seen.has("data")) throw invalid("Invalid parameter, duplicate key: data");
  seen.add("data");
  const text = value instanceof JsonNumber ? value.text : typeof value === "string" ? value : "";
  if (text === "" || !isHex(text)) throw invalid(`Data must be hexadecimal string (not '${text}')`);
  return { value: 0 as Sats, script: nullDataScript(readHex(text, "Data")) };
}

function addressOutput(
  address: string, value: JsonValue, addresses: AddressParams, seen: Set<string>,
): Output {
  const verdict = parseAddress(address, addresses);
  const sats = jsonAmount(value);
  if (!verdict.ok) throw new RpcError(RPC_CODE.invalidAddressOrKey, `Invalid Bitcoin address: ${address}`);
  const script: Bytes = verdict.script;
  // One address can be spelt in more than one way.
  const key = toHex(script);
  if (seen.has(key)) throw invalid(`Invalid parameter, duplicated address: ${address}`);
  seen.add(key);
  return { value: sats, script };
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_CODE.invalidParameter, message);
}

export const createTransactionMethods: readonly Method[] = [createrawtransaction];
