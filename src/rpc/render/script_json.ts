import { type Bytes, toHex } from "../../base/bytes.ts";
import type { AddressParams } from "../../params/chain_params.ts";
import { addressOf } from "../../script/addresses.ts";
import { scriptToAsm } from "../../script/asm.ts";
import { inferDescriptor } from "../../script/descriptor.ts";
import { classifyScript } from "../../script/templates.ts";
import type { ScriptJson } from "../schema.ts";
import { hex, object, optional, text } from "../shape.ts";

/** An output script, as `scriptPubKey` shows it. */
export function scriptJson(script: Bytes, params: AddressParams): ScriptJson {
  const address = addressOf(script, params);
  return {
    asm: scriptToAsm(script),
    desc: inferDescriptor(script, params),
    hex: toHex(script),
    ...(address === undefined ? {} : { address }),
    type: classifyScript(script).type,
  };
}

export const scriptShape = object({
  asm: text("The operations of the script"),
  desc: text("A descriptor of the script"),
  hex: hex("The script's bytes"),
  address: optional(text("Its address, where its form has one")),
  type: text("Its form: nonstandard, anchor, pubkey, pubkeyhash, scripthash, multisig, nulldata, " +
    "witness_v0_scripthash, witness_v0_keyhash, witness_v1_taproot or witness_unknown"),
});
