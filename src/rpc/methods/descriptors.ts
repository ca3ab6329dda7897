/** Output descriptors, and the addresses that they stand for. @module */
import type { Call } from "../method.ts";
import { type Method, result } from "../method.ts";
import { addressOf } from "../../script/addresses.ts";
import { type Descriptor, parseDescriptors, withChecksum } from "../../script/descriptor.ts";
import { descriptorChecksum } from "../../script/descriptor_checksum.ts";
import { classifyScript } from "../../script/templates.ts";
import { readRange } from "../descriptor_range.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { boolean, list, object, optional as maybe, text } from "../shape.ts";

/** Numbers derived before others get their turn. */
const DERIVED_PER_TURN = 50;

const getdescriptorinfo: Method = {
  name: "getdescriptorinfo",
  category: "util",
  about: "Returns what a descriptor says, in its usual spelling and with its checksum.",
  parameters: [required("descriptor", "string", "The descriptor")],
  results: result(object({
    descriptor: text("The descriptor without private keys; the first, if it stands for several"),
    multipath_expansion: maybe(list(text("Each that it stands for"))),
    checksum: text("The checksum of what was given"),
    isrange: boolean("Whether it stands for scripts each number"),
    issolvable: boolean("Whether it says what it takes to spend its outputs"),
    hasprivatekeys: boolean("Whether it has a private key"),
  })),
  examples: ["'wpkh([d34db33f/84h/0h/0h]0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798)'"],
  run(call) {
    const given = call.args.string("descriptor");
    const descriptors = parse(call, false);
    const [first] = descriptors;
    const texts = descriptors.map((descriptor) => withChecksum(descriptor.text));
    return {
      descriptor: texts[0],
      ...(texts.length > 1 ? { multipath_expansion: texts } : {}),
      checksum: descriptorChecksum(given.split("#")[0] ?? ""),
      isrange: first.isRange,
      issolvable: first.isSolvable,
      hasprivatekeys: first.hasPrivateKeys,
    };
  },
};

function parse({ host, args }: Call, needsChecksum: boolean): readonly [Descriptor, ...Descriptor[]] {
  const params = host.core.options.params.addresses;
  const verdict = parseDescriptors(args.string("descriptor"), params, needsChecksum);
  if (!verdict.ok) throw new RpcError(RPC_CODE.invalidAddressOrKey, verdict.error);
  return verdict.descriptors;
}

const deriveaddresses: Method = {
  name: "deriveaddresses",
  category: "util",
  about: "Returns the addresses that a descriptor stands for.",
  parameters: [
    required("descriptor", "string", "The descriptor, with its checksum"),
    optional("range", "array", "For a descriptor with *: the last number, or [first,last]",
      { anyType: true }),
  ],
  results: [
    { when: "for one descriptor", shape: list(text("An address")) },
    { when: "for one that stands for several", shape: list(list(text("An address"))) },
  ],
  async run(call) {
    const { args } = call;
    const [begin, end] = args.has("range") ? readRange(args.raw("range")) : [0, 0];
    const descriptors = parse(call, true);
    const { isRange } = descriptors[0];
    if (!isRange && args.all.length > 1) {
      throw invalid("Range should not be specified for an un-ranged descriptor");
    }
    if (isRange && args.all.length === 1) throw invalid("Range must be specified for a ranged descriptor");
    const all: (readonly string[])[] = [];
    for (const descriptor of descriptors) all.push(await derive(call, descriptor, begin, end));
    return all.length === 1 ? all[0] : all;
  },
};

async function derive(
  { host }: Call, descriptor: Descriptor, begin: number, end: number,
): Promise<readonly string[]> {
  const addresses: string[] = [];
  for (let index = begin; index <= end; index++) {
    addresses.push(...addressesAt(host, descriptor, index));
    if (index % DERIVED_PER_TURN === 0 && index > begin) await host.delay(0);
  }
  return addresses;
}

function addressesAt(host: Call["host"], descriptor: Descriptor, index: number): readonly string[] {
  const scripts = descriptor.scriptsAt(index);
  if (scripts === undefined) {
    throw new RpcError(RPC_CODE.invalidAddressOrKey, "Cannot derive script without private keys");
  }
  return scripts.flatMap((script) => {
    const address = addressOf(script, host.core.options.params.addresses);
    if (address !== undefined) return address;
    // Of all outputs of one key, the first has no address.
    if (scripts.length > 1 && classifyScript(script).type === "pubkey") return [];
    throw new RpcError(RPC_CODE.invalidAddressOrKey, "Descriptor does not have a corresponding address");
  });
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_CODE.invalidParameter, message);
}

export const descriptorMethods: readonly Method[] = [getdescriptorinfo, deriveaddresses];
