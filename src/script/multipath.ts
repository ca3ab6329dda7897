import { DescriptorError } from "./descriptor_error.ts";

/** The descriptors that one with several steps in one place, as in `/<0;1>/*`, stands for (BIP389). */
export function expandMultipath(text: string): readonly [string, ...string[]] {
  if (/<[^<>(),]*>[^(),]*</.test(text)) {
    throw new DescriptorError("Multiple multipath key path specifiers found");
  }
  const lists = [...text.matchAll(/<([^<>]*)>/g)].map(([, body = ""]) => stepsOf(body));
  const count = lists[0]?.length ?? 1;
  if (lists.some((steps) => steps.length !== count)) {
    throw new DescriptorError("Multipath derivation paths have mismatched lengths");
  }
  const pick = (at: number): string =>
    text.replaceAll(/<([^<>]*)>/g, (_, body: string) => stepsOf(body)[at] as string);
  return [pick(0), ...Array.from({ length: count - 1 }, (_, at) => pick(at + 1))];
}

function stepsOf(body: string): readonly string[] {
  const steps = body.split(";");
  if (steps.length < 2) {
    throw new DescriptorError("Multipath key path specifiers must have at least two items");
  }
  const repeated = steps.find((step, at) => steps.indexOf(step) !== at);
  if (repeated === undefined) return steps;
  throw new DescriptorError(`Duplicated key path value ${repeated} in multipath specifier`);
}
