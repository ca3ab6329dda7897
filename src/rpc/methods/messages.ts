/** Messages that the holder of an address signs. @module */
import { base64 } from "@scure/base";
import { type Bytes, concatBytes, equalBytes, fromUtf8 } from "../../base/bytes.ts";
import { ByteWriter, countSize } from "../../codec/byte_writer.ts";
import { hash160, hash256 } from "../../crypto/crypto.ts";
import { recoverKey, signRecoverable } from "../../crypto/recoverable_signature.ts";
import { parseAddress, parseSecretKey } from "../../script/addresses.ts";
import { classifyScript } from "../../script/templates.ts";
import { type Method, result } from "../method.ts";
import { required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { boolean, text } from "../shape.ts";

/** Stands before what is signed, so that it can be no transaction (common/signmessage.cpp). */
const MAGIC = "Bitcoin Signed Message:\n";

function messageHash(message: string): Bytes {
  return hash256(concatBytes(counted(fromUtf8(MAGIC)), counted(fromUtf8(message))));
}

function counted(bytes: Bytes): Bytes {
  return new ByteWriter(countSize(bytes.length) + bytes.length).varBytes(bytes).finish();
}

const signmessagewithprivkey: Method = {
  name: "signmessagewithprivkey",
  category: "util",
  about: "Signs a message with a key, which is forgotten afterwards.",
  parameters: [
    required("privkey", "string", "The key in wallet import format"),
    required("message", "string", "What is signed"),
  ],
  results: result(text("The signature in base 64")),
  run({ host, args }) {
    const found = parseSecretKey(args.string("privkey"), host.core.options.params.addresses);
    if (found === undefined) throw new RpcError(RPC_CODE.invalidAddressOrKey, "Invalid private key");
    return base64.encode(signRecoverable(messageHash(args.string("message")), found.key, found.compressed));
  },
};

const verifymessage: Method = {
  name: "verifymessage",
  category: "util",
  about: "Says whether whoever holds the key of an address signed a message.",
  parameters: [
    required("address", "string", "The address, of a public key's hash"),
    required("signature", "string", "The signature in base 64"),
    required("message", "string", "What was signed"),
  ],
  results: result(boolean("Whether it is so")),
  run({ host, args }) {
    const address = parseAddress(args.string("address"), host.core.options.params.addresses);
    if (!address.ok) throw new RpcError(RPC_CODE.invalidAddressOrKey, "Invalid address");
    const template = classifyScript(address.script);
    if (template.type !== "pubkeyhash") throw new RpcError(RPC_CODE.type, "Address does not refer to key");
    const key = recoverKey(messageHash(args.string("message")), readBase64(args.string("signature")));
    return key !== undefined && equalBytes(hash160(key), template.hash);
  },
};

function readBase64(given: string): Bytes {
  try {
    return base64.decode(given);
  } catch {
    throw new RpcError(RPC_CODE.type, "Malformed base64 encoding");
  }
}

export const messageMethods: readonly Method[] = [signmessagewithprivkey, verifymessage];
