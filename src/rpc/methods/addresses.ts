/** Scripts and addresses, and what each becomes in the other's form. @module */
import { type Bytes, isHex, toHex } from "../../base/bytes.ts";
import { curve, hash160, sha256 } from "../../crypto/crypto.ts";
import type { AddressParams } from "../../params/chain_params.ts";
import { addressOf, parseAddress } from "../../script/addresses.ts";
import { withChecksum } from "../../script/descriptor.ts";
import {
  isSuccessOpcode, MULTISIG_KEYS_MAX, OP_NOP10, SCRIPT_ELEMENT_BYTES_MAX,
} from "../../script/opcodes.ts";
import { isUnspendable, operations, TRUNCATED } from "../../script/script.ts";
import {
  classifyScript, COMPRESSED_KEY_BYTES, multisigScript, payToScriptHash, payToWitnessKeyHash,
  payToWitnessScriptHash,
} from "../../script/templates.ts";
import { defined } from "../../base/assert.ts";
import { readHex } from "../arguments.ts";
import { type Method, result } from "../method.ts";
import { readText } from "../object_fields.ts";
import { optional, required } from "../parameter.ts";
import { scriptJson } from "../render/script_json.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { boolean, hex, list, number, object, optional as maybe, text } from "../shape.ts";

const validateaddress: Method = {
  name: "validateaddress",
  category: "util",
  about: "Return information about the given bitcoin address.\n" +
    "It says whether a text is an address of this network, and what kind of script it stands for.",
  parameters: [required("address", "string", "The text")],
  results: result(object({
    isvalid: boolean("Whether it is an address"),
    address: maybe(text("The address, as it is usually written")),
    scriptPubKey: maybe(hex("The output script that it stands for")),
    isscript: maybe(boolean("Whether that commits to a script, not to a key")),
    iswitness: maybe(boolean("Whether it is spent by a witness")),
    witness_version: maybe(number("The version of the witness program")),
    witness_program: maybe(hex("The witness program")),
    error_locations: maybe(list(number("Index of a character that is probably wrong"))),
    error: maybe(text("What is wrong with it")),
  })),
  run({ host, args }) {
    const params = host.core.options.params.addresses;
    const verdict = parseAddress(args.string("address"), params);
    if (!verdict.ok) return { isvalid: false, error_locations: verdict.errorLocations, error: verdict.error };
    const { script } = verdict;
    const address = defined(addressOf(script, params), "an address's script has that address");
    return { isvalid: true, address, scriptPubKey: toHex(script), ...describeDestination(script) };
  },
};

function describeDestination(script: Bytes): object {
  const template = classifyScript(script);
  switch (template.type) {
    case "witness_v0_keyhash":
      return { isscript: false, iswitness: true, witness_version: 0, witness_program: toHex(template.hash) };
    case "witness_v0_scripthash":
      return { isscript: true, iswitness: true, witness_version: 0, witness_program: toHex(template.hash) };
    case "witness_v1_taproot":
      return { isscript: true, iswitness: true, witness_version: 1, witness_program: toHex(template.key) };
    case "witness_unknown":
      return { iswitness: true, witness_version: template.version, witness_program: toHex(template.program) };
    case "anchor":
      return { isscript: true, iswitness: true };
    default:
      return { isscript: template.type === "scripthash", iswitness: false };
  }
}

const decodescript: Method = {
  name: "decodescript",
  category: "rawtransactions",
  about: "Shows what a script's bytes say, and the addresses of outputs that commit to it.",
  parameters: [required("hexstring", "hex", "The script")],
  results: result(object({
    asm: text("Its operations"),
    desc: text("A descriptor of it"),
    address: maybe(text("Its address, where its form has one")),
    type: text("Its form"),
    p2sh: maybe(text("The address of an output that commits to it by P2SH")),
    segwit: maybe(object({
      asm: text("The operations of the output script"),
      desc: text("A descriptor of it"),
      hex: hex("Its bytes"),
      address: maybe(text("Its address")),
      type: text("Its form"),
      "p2sh-segwit": text("Its address inside P2SH"),
    }, "An output script that commits to it by a witness program")),
  })),
  run({ host, args }) {
    const params = host.core.options.params.addresses;
    const given = args.string("hexstring");
    const script = readHex(given, "argument");
    const { hex: _, ...shown } = scriptJson(script, params);
    if (!canBeWrapped(script)) return shown;
    const p2sh = scriptHashAddress(script, params);
    const witnessScript = witnessFormOf(script);
    if (witnessScript === undefined) return { ...shown, p2sh };
    const segwit = {
      ...scriptJson(witnessScript, params),
      ...inferredFrom(script, witnessScript),
      "p2sh-segwit": scriptHashAddress(witnessScript, params),
    };
    return { ...shown, p2sh, segwit };
  },
};

/** Whether an output may commit to it by P2SH and still be spent. */
function canBeWrapped(script: Bytes): boolean {
  switch (classifyScript(script).type) {
    case "nulldata":
    case "scripthash":
    case "witness_unknown":
    case "witness_v1_taproot":
    case "anchor":
      return false;
    default:
      return !isUnspendable(script) && hasUsualOperations(script);
  }
}

function hasUsualOperations(script: Bytes): boolean {
  for (const { opcode, data } of operations(script)) {
    if (opcode === TRUNCATED || opcode > OP_NOP10 || isSuccessOpcode(opcode)) return false;
    if (data !== undefined && data.length > SCRIPT_ELEMENT_BYTES_MAX) return false;
  }
  return true;
}

/** The output script that commits to it by a witness program; keys must be compressed there. */
function witnessFormOf(script: Bytes): Bytes | undefined {
  const template = classifyScript(script);
  switch (template.type) {
    case "witness_v0_keyhash":
    case "witness_v0_scripthash":
      return undefined;
    case "pubkey":
      return isCompressed(template.key) ? payToWitnessKeyHash(hash160(template.key)) : undefined;
    case "pubkeyhash":
      return payToWitnessKeyHash(template.hash);
    case "multisig":
      return template.keys.every(isCompressed) ? payToWitnessScriptHash(sha256(script)) : undefined;
    default:
      return payToWitnessScriptHash(sha256(script));
  }
}

/** A better descriptor of `outer` than can be told without the script that it commits to. */
function inferredFrom(script: Bytes, outer: Bytes): { readonly desc?: string } {
  const template = classifyScript(script);
  if (classifyScript(outer).type !== "witness_v0_scripthash" || template.type !== "multisig") return {};
  if (!template.keys.every((key) => curve().isPublicKey(key))) return {};
  return { desc: withChecksum(`wsh(${multisigDescriptor(template.required, template.keys)})`) };
}

function multisigDescriptor(needed: number, keys: readonly Bytes[]): string {
  return `multi(${[needed, ...keys.map(toHex)].join(",")})`;
}

function scriptHashAddress(script: Bytes, params: AddressParams): string {
  return defined(addressOf(payToScriptHash(hash160(script)), params), "P2SH has addresses");
}

function isCompressed(key: Bytes): boolean {
  return key.length === COMPRESSED_KEY_BYTES;
}

const createmultisig: Method = {
  name: "createmultisig",
  category: "util",
  about: "Makes an address of which some of several keys must sign.",
  parameters: [
    required("nrequired", "number", "How many must sign"),
    required("keys", "array", "All keys", { inner: [required("key", "hex", "A public key")] }),
    optional("address_type", "string", "legacy, p2sh-segwit or bech32", { fallback: "legacy" }),
  ],
  results: result(object({
    address: text("The address"),
    redeemScript: hex("The script that it commits to"),
    descriptor: text("A descriptor of it"),
    warnings: maybe(list(text("What is other than was asked for"))),
  })),
  examples: [`2 '["03789ed0bb717d88f7d321a368d905e7430207ebbd82bd342cf11ae157a7ace5fd",…]'`],
  run({ host, args }) {
    const needed = args.integer("nrequired");
    const keys = args.array("keys").map((value) => readPublicKey(readText(value)));
    const asked = args.string("address_type");
    if (asked === "bech32m") {
      throw new RpcError(RPC_CODE.invalidAddressOrKey,
        "createmultisig cannot create bech32m multisig addresses");
    }
    if (!isAddressType(asked)) {
      throw new RpcError(RPC_CODE.invalidAddressOrKey, `Unknown address type '${asked}'`);
    }
    checkKeyCount(needed, keys.length);
    const script = multisigScript(needed, keys);
    const type = keys.every(isCompressed) ? asked : "legacy";
    if (type === "legacy" && script.length > SCRIPT_ELEMENT_BYTES_MAX) {
      throw invalid(`redeemScript exceeds size limit: ${script.length} > ${SCRIPT_ELEMENT_BYTES_MAX}`);
    }
    const [output, open, close] = wrap(script, type);
    const address = defined(addressOf(output, host.core.options.params.addresses), "a hash has an address");
    const isPlain = keys.every((key) => (key[0] as number) <= 4);
    return {
      address,
      redeemScript: toHex(script),
      descriptor: withChecksum(
        isPlain ? `${open}${multisigDescriptor(needed, keys)}${close}` : `addr(${address})`),
      ...(type === asked ? {} : {
        warnings: [
          "Unable to make chosen address type, please ensure no uncompressed public keys are present.",
        ],
      }),
    };
  },
};

const ADDRESS_TYPES = ["legacy", "p2sh-segwit", "bech32"] as const;
type AddressType = (typeof ADDRESS_TYPES)[number];

function isAddressType(name: string): name is AddressType {
  return (ADDRESS_TYPES as readonly string[]).includes(name);
}

/** The output script, and what stands around the script's descriptor. */
function wrap(script: Bytes, type: AddressType): readonly [Bytes, open: string, close: string] {
  if (type === "legacy") return [payToScriptHash(hash160(script)), "sh(", ")"];
  const witness = payToWitnessScriptHash(sha256(script));
  return type === "bech32" ? [witness, "wsh(", ")"] : [payToScriptHash(hash160(witness)), "sh(wsh(", "))"];
}

function readPublicKey(given: string): Bytes {
  const fail = (what: string): never => {
    throw new RpcError(RPC_CODE.invalidAddressOrKey, `Pubkey "${given}" ${what}`);
  };
  if (given === "" || !isHex(given)) return fail("must be a hex string");
  if (given.length !== 66 && given.length !== 130) return fail("must have a length of either 33 or 65 bytes");
  const key = readHex(given, "key");
  return curve().isPublicKey(key) ? key : fail("must be cryptographically valid.");
}

function checkKeyCount(needed: number, given: number): void {
  if (needed < 1) throw invalid("a multisignature address must require at least one key to redeem");
  if (given < needed) {
    throw invalid(`not enough keys supplied (got ${given} keys, but need at least ${needed} to redeem)`);
  }
  if (given > MULTISIG_KEYS_MAX) {
    throw invalid("Number of keys involved in the multisignature address creation > " +
      `${MULTISIG_KEYS_MAX}\nReduce the number`);
  }
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_CODE.invalidParameter, message);
}

export const addressMethods: readonly Method[] = [validateaddress, decodescript, createmultisig];
