/** Signing with keys that the caller hands over. @module */
import { type Bytes, equalBytes, toHex } from "../../base/bytes.ts";
import { curve, hash160, sha256 } from "../../crypto/crypto.ts";
import type { NodeCore } from "../../node/node_core.ts";
import { MONEY_MAX, SATS_PER_COIN, type Sats } from "../../primitives/amount.ts";
import { displayHash, type Txid } from "../../primitives/hash.ts";
import {
  type Input, type OutPoint, outPointBytes, type Output, Transaction,
} from "../../primitives/transaction.ts";
import { parseSecretKey } from "../../script/addresses.ts";
import { scriptToAsm } from "../../script/asm.ts";
import { SCRIPT_ERROR_TEXTS, type ScriptError } from "../../script/interpreter/script_error.ts";
import {
  SIGHASH_ALL, SIGHASH_ANYONE_CAN_PAY, SIGHASH_DEFAULT, SIGHASH_NONE, SIGHASH_SINGLE, SighashContext,
    signsOneOutput,
} from "../../script/sighash.ts";
import { classifyScript, payToScriptHash, payToWitnessScriptHash } from "../../script/templates.ts";
import { KeyRing } from "../../wallet/key_ring.ts";
import { InputSigner } from "../../wallet/sign_inputs.ts";
import { jsonAmount, jsonInteger, readHex } from "../arguments.ts";
import { JsonObject, type JsonValue } from "../json.ts";
import { type Method, result } from "../method.ts";
import { checkFields, hashField, readText } from "../object_fields.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { boolean, hex, list, number, object, optional as maybe, text } from "../shape.ts";
import { parseTransaction } from "../transaction_hex.ts";

const HASH_TYPES: ReadonlyMap<string, number> = new Map([
  ["DEFAULT", SIGHASH_DEFAULT],
  ["ALL", SIGHASH_ALL],
  ["NONE", SIGHASH_NONE],
  ["SINGLE", SIGHASH_SINGLE],
  ["ALL|ANYONECANPAY", SIGHASH_ALL | SIGHASH_ANYONE_CAN_PAY],
  ["NONE|ANYONECANPAY", SIGHASH_NONE | SIGHASH_ANYONE_CAN_PAY],
  ["SINGLE|ANYONECANPAY", SIGHASH_SINGLE | SIGHASH_ANYONE_CAN_PAY],
]);

/** An amount that nobody told us. */
const UNKNOWN_AMOUNT = MONEY_MAX as Sats;

const signrawtransactionwithkey: Method = {
  name: "signrawtransactionwithkey",
  category: "rawtransactions",
  about: "Signs what the given keys can sign in a transaction. The keys are forgotten afterwards.",
  parameters: [
    required("hexstring", "string", "The transaction's bytes"),
    required("privkeys", "array", "The keys",
      { inner: [required("privatekey", "hex", "A private key in wallet import format")] }),
    optional("prevtxs", "array", "Outputs that it spends and that are not in the chain or the mempool", {
      inner: [optional("", "object", "", {
        inner: [
          required("txid", "hex", "The transaction that made the output"),
          required("vout", "number", "Which of its outputs that is"),
          required("scriptPubKey", "hex", "The output's script"),
          optional("redeemScript", "hex", "For P2SH: the script that it commits to"),
          optional("witnessScript", "hex", "For P2WSH: the script that it commits to"),
          optional("amount", "amount", "For witnesses: its coins"),
        ],
      })],
    }),
    optional("sighashtype", "string", `What the signatures cover: ${[...HASH_TYPES.keys()].join(", ")}`,
      { fallbackHint: "DEFAULT for Taproot, ALL otherwise" }),
  ],
  results: result(object({
    hex: hex("The transaction's bytes, with the signatures"),
    complete: boolean("Whether every input has what it needs"),
    errors: maybe(list(object({
      txid: hex("The transaction whose output is spent"),
      vout: number("Which of its outputs that is"),
      witness: list(hex("An item of the input's witness")),
      scriptSig: hex("The input's script"),
      sequence: number("The input's sequence number"),
      error: text("What is wrong with it"),
    }))),
  })),
  run({ host, args }) {
    const transaction = parseTransaction(args.string("hexstring"));
    if (transaction === undefined) {
      throw new RpcError(RPC_CODE.deserialization,
        "TX decode failed. Make sure the tx has at least one input.");
    }
    const keys = new KeyRing();
    for (const value of args.array("privkeys")) addKey(keys, readText(value), host.core);
    const spent = new SpentOutputs(host.core, transaction);
    if (args.has("prevtxs")) for (const value of args.array("prevtxs")) addPrevious(value, spent, keys);
    return sign(transaction, spent, keys, hashTypeOf(args.raw("sighashtype")));
  },
};

function addKey(keys: KeyRing, given: string, { options }: NodeCore): void {
  const secret = parseSecretKey(given, options.params.addresses);
  if (secret === undefined || !curve().isSecretKey(secret.key)) {
    throw new RpcError(RPC_CODE.invalidAddressOrKey, "Invalid private key");
  }
  keys.addKey(secret.key, secret.compressed);
}

function hashTypeOf(value: JsonValue): number {
  if (value === null) return SIGHASH_DEFAULT;
  const name = readText(value);
  const hashType = HASH_TYPES.get(name);
  if (hashType !== undefined) return hashType;
  throw new RpcError(RPC_CODE.invalidParameter, `'${name}' is not a valid sighash parameter.`);
}

/** What a transaction spends: of the mempool, of the chain, or as the caller says. */
class SpentOutputs {
  readonly #known = new Map<string, Output>();

  constructor({ chain, mempool }: NodeCore, { inputs }: Transaction) {
    for (const { prevout } of inputs) {
      const output = mempool.get(prevout.txid)?.transaction.outputs[prevout.index] ?? chain.coin(prevout);
      if (output !== undefined) this.set(prevout, output);
    }
  }

  get(outPoint: OutPoint): Output | undefined {
    return this.#known.get(toHex(outPointBytes(outPoint)));
  }

  set(outPoint: OutPoint, output: Output): void {
    this.#known.set(toHex(outPointBytes(outPoint)), output);
  }
}

/** Takes one element of `prevtxs`. */
function addPrevious(value: JsonValue, spent: SpentOutputs, keys: KeyRing): void {
  if (!(value instanceof JsonObject)) {
    throw new RpcError(RPC_CODE.deserialization,
      "expected object with {\"txid'\",\"vout\",\"scriptPubKey\"}");
  }
  checkFields(value, { scriptPubKey: "string", txid: "string", vout: "number" });
  const txid = hashField(value, "txid") as Txid;
  const index = Number(jsonInteger(value.get("vout") ?? null, 31n));
  if (index < 0) throw new RpcError(RPC_CODE.deserialization, "vout cannot be negative");
  const script = hexField(value, "scriptPubKey");
  const known = spent.get({ txid, index });
  if (known !== undefined && !equalBytes(known.script, script)) {
    throw new RpcError(RPC_CODE.deserialization,
      `Previous output scriptPubKey mismatch:\n${scriptToAsm(known.script)}\nvs:\n${scriptToAsm(script)}`);
  }
  const amount = value.get("amount");
  spent.set({ txid, index }, { value: amount === undefined ? UNKNOWN_AMOUNT : jsonAmount(amount), script });
  addScripts(value, script, keys);
}

/** Takes the scripts that `output` commits to. One alone may stand under either name. */
function addScripts(value: JsonObject, output: Bytes, keys: KeyRing): void {
  const { type } = classifyScript(output);
  if (type !== "scripthash" && type !== "witness_v0_scripthash") return;
  checkFields(value, { redeemScript: "string", witnessScript: "string" }, { optional: true });
  const given = (name: string): Bytes | undefined =>
    (value.get(name) ?? null) === null ? undefined : hexField(value, name);
  const witnessScript = given("witnessScript");
  const redeemScript = witnessScript === undefined ? given("redeemScript") : undefined;
  const script = witnessScript ?? redeemScript;
  if (script === undefined) throw invalid("Missing redeemScript/witnessScript");
  keys.addScript(script);
  const program = payToWitnessScriptHash(sha256(script));
  const other = witnessScript === undefined ? undefined : given("redeemScript");
  if (other !== undefined && !equalBytes(other, script) && !equalBytes(other, program)) {
    throw invalid("redeemScript does not correspond to witnessScript");
  }
  const outer = type === "witness_v0_scripthash"
    ? [program]
    : [payToScriptHash(hash160(script)), payToScriptHash(hash160(program))];
  if (!outer.some((each) => equalBytes(each, output))) {
    throw invalid("redeemScript/witnessScript does not match scriptPubKey");
  }
}

function hexField(object: JsonObject, name: string): Bytes {
  const value = object.get(name) ?? null;
  const text = typeof value === "string" ? value : "";
  if (text === "") throw invalid(`${name} must be hexadecimal string (not '')`);
  return readHex(text, name);
}

function sign(transaction: Transaction, known: SpentOutputs, keys: KeyRing, hashType: number): object {
  const spent = transaction.inputs.map(({ prevout }) => known.get(prevout));
  const knowsAll = spent.every((output) => output !== undefined);
  const nothing: Output = { value: UNKNOWN_AMOUNT, script: new Uint8Array() };
  const context = new SighashContext(transaction, spent.map((output) => output ?? nothing));
  const signer = new InputSigner(context, keys, hashType, knowsAll);
  const errors: object[] = [];
  const inputs = transaction.inputs.map((input, index): Input => {
    const output = spent[index];
    const { signed, error } = output === undefined
      ? { signed: input, error: "Input not found or already spent" }
      : signInput(signer, transaction, index, output, hashType);
    if (error !== undefined) errors.push(inputError(signed, error));
    return signed;
  });
  const signed = Transaction.of({ ...transaction, inputs });
  const complete = errors.length === 0;
  return { hex: toHex(signed.bytes), complete, ...(complete ? {} : { errors }) };
}

interface SigningOutcome {
  readonly signed: Input;
  readonly error: string | undefined;
}

function signInput(
  signer: InputSigner, { inputs, outputs }: Transaction, index: number, output: Output, hashType: number,
): SigningOutcome {
  const input = inputs[index] as Input;
  // A signature over the output of the same index, where there is none, would be good for anything.
  const isSingle = hashType !== SIGHASH_DEFAULT && signsOneOutput(hashType);
  if (isSingle && index >= outputs.length) {
    return { signed: input, error: errorText(signer.verify(index, input)) };
  }
  const { error, ...made } = signer.sign(index);
  if (output.value === UNKNOWN_AMOUNT && made.witness.length > 0) throw missingAmount(output);
  return { signed: { ...input, ...made }, error: errorText(error) };
}

function missingAmount({ value, script }: Output): RpcError {
  const whole = Math.floor(value / SATS_PER_COIN);
  const rest = String(value % SATS_PER_COIN).padStart(8, "0");
  return new RpcError(RPC_CODE.type,
    `Missing amount for CTxOut(nValue=${whole}.${rest}, scriptPubKey=${toHex(script).slice(0, 30)})`);
}

function errorText(error: ScriptError | undefined): string | undefined {
  switch (error) {
    case undefined:
      return undefined;
    case "INVALID_STACK_OPERATION":
      return "Unable to sign input, invalid stack size (possibly missing key)";
    case "SIG_NULLFAIL":
      return "CHECK(MULTI)SIG failing with non-zero signature (possibly need more signatures)";
    default:
      return SCRIPT_ERROR_TEXTS[error];
  }
}

function inputError({ prevout, scriptSig, witness, sequence }: Input, error: string): object {
  return {
    txid: displayHash(prevout.txid),
    vout: prevout.index,
    witness: witness.slice().map(toHex),
    scriptSig: toHex(scriptSig),
    sequence,
    error,
  };
}

const combinerawtransaction: Method = {
  name: "combinerawtransaction",
  category: "rawtransactions",
  about: "Puts together what several signers have made of one transaction.",
  parameters: [required("txs", "array", "The same transaction with different signatures",
    { inner: [required("hexstring", "hex", "A transaction's bytes")] })],
  results: result(hex("The transaction's bytes, with the signatures of all")),
  examples: [`'["…","…"]'`],
  run({ host, args }) {
    const values = args.array("txs");
    if (values.length < 2) {
      throw new RpcError(RPC_CODE.deserialization,
        "Missing transactions. At least two transactions required.");
    }
    const variants = values.map(readVariant);
    const first = variants[0] as Transaction;
    const other = variants.findIndex((variant) => !equalBytes(unsignedId(variant), unsignedId(first)));
    if (other > 0) throw invalid(`Transaction number ${other + 1} not compatible with first transaction`);
    return toHex(combine(host.core, first, variants).bytes);
  },
};

function readVariant(value: JsonValue, at: number): Transaction {
  const transaction = parseTransaction(readText(value));
  if (transaction !== undefined) return transaction;
  throw new RpcError(RPC_CODE.deserialization,
    `TX decode failed for tx ${at}. Make sure the tx has at least one input.`);
}

/** The id that it has while nobody has signed. */
function unsignedId(transaction: Transaction): Bytes {
  const inputs = transaction.inputs.map((input) => ({ ...input, scriptSig: new Uint8Array(), witness: [] }));
  return Transaction.of({ ...transaction, inputs }).txid;
}

function combine(core: NodeCore, first: Transaction, variants: readonly Transaction[]): Transaction {
  const known = new SpentOutputs(core, first);
  const spent = first.inputs.map(({ prevout }) => {
    const output = known.get(prevout);
    if (output === undefined) throw new RpcError(RPC_CODE.verify, "Input not found or already spent");
    return output;
  });
  const signer = new InputSigner(new SighashContext(first, spent), new KeyRing(), SIGHASH_ALL, true);
  const inputs = first.inputs.map((input, index) => ({
    ...input,
    ...signer.combine(index, variants.map((variant) => variant.inputs[index] as Input)),
  }));
  return Transaction.of({ ...first, inputs });
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_CODE.invalidParameter, message);
}

export const signingMethods: readonly Method[] = [signrawtransactionwithkey, combinerawtransaction];
