import { type Bytes, fromHex } from "../../src/base/bytes.ts";
import { curve } from "../../src/crypto/crypto.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import * as flag from "../../src/script/flags.ts";
import { controlBlock, tapLeafHash, taprootOutputKey } from "../../src/script/taproot.ts";
import { payToTaproot } from "../../src/script/templates.ts";
import { scriptFromText } from "../support/script_text.ts";
import { flagsOf, spend } from "../support/spend_script.ts";
import {
  areMostly, compared, isLoneText, isText, jsonRows, type Mismatch, need, type VectorFormat,
} from "./vector_format.ts";

/**
 * Bitcoin Core's script_tests.json: `[[witness…, amount]?, scriptSig, scriptPubKey, flags, error,
 * …comments]`,
 * amounts in coins.
 */
export const SCRIPT_TESTS: VectorFormat = {
  name: "script tests",
  isFormatOf: (content) => areMostly(content, (fields) => {
    const texts = Array.isArray(fields[0]) ? fields.slice(1) : fields;
    // Rows of transactions begin with a list of lists.
    const isOther = Array.isArray(fields[0]) && Array.isArray(fields[0][0]);
    return !isOther && texts.length >= 4 && texts.slice(0, 4).every(isText);
  }),
  cases: (content) => (jsonRows(content) ?? [])
    .filter(({ fields }) => !isLoneText(fields))
    .map(({ row, fields }) => ({ row, check: () => checkScript(fields) })),
};

/** One that spends itself: what makes the key path useless is not asked. */
const GENERATOR_SECRET = fromHex("00".repeat(31) + "01");

function checkScript(fields: readonly unknown[]): Mismatch | undefined {
  const items = Array.isArray(fields[0]) ? (fields[0] as readonly (string | number)[]) : [0];
  const texts = Array.isArray(fields[0]) ? fields.slice(1) : fields;
  const [sigText, scriptText, names, error] = texts.slice(0, 4).map((text) => need(text, isText, "a text"));
  let flags = flagsOf(names as string);
  if (flags & flag.VERIFY_CLEANSTACK) flags |= flag.VERIFY_P2SH | flag.VERIFY_WITNESS;
  const value = Math.round((items.at(-1) as number) * 1e8) as Sats;
  const { witness, outputKey } = readWitness(items.slice(0, -1) as string[]);
  const isTaproot = (scriptText as string).includes("#TAPROOTOUTPUT#");
  const script = isTaproot ? payToTaproot(outputKey as Bytes) : scriptFromText(scriptText as string);
  // The one error that the vectors call by another name.
  const expected = error === "NULLFAIL" ? "SIG_NULLFAIL" : (error as string);
  return compared(expected, spend(scriptFromText(sigText as string), script, flags, witness, value));
}

function readWitness(texts: readonly string[]): { witness: Bytes[]; outputKey: Bytes | undefined } {
  const witness: Bytes[] = [];
  let outputKey: Bytes | undefined;
  for (const text of texts) {
    if (text.startsWith("#SCRIPT#")) witness.push(scriptFromText(text.slice("#SCRIPT#".length)));
    else if (text === "#CONTROLBLOCK#") {
      const generator = curve().publicKey(GENERATOR_SECRET).subarray(1);
      const output = taprootOutputKey(generator, tapLeafHash(witness.at(-1) as Bytes));
      if (output === undefined) throw new RangeError("need a script before #CONTROLBLOCK#");
      outputKey = output.key;
      witness.push(controlBlock(generator, output.parity, []));
    } else witness.push(fromHex(text));
  }
  return { witness, outputKey };
}
