import type { Bytes } from "../../src/base/bytes.ts";
import { BasicFilterBuilder } from "../../src/filters/basic_filter.ts";
import type { Block } from "../../src/primitives/block.ts";

/** The filter of a block at once. `spentScripts`: those of all outputs that the block spends. */
export function basicFilter(block: Block, spentScripts: Iterable<Bytes>): Bytes {
  const builder = new BasicFilterBuilder(block.hash);
  for (const { outputs } of block.transactions) for (const { script } of outputs) builder.addOutput(script);
  for (const script of spentScripts) builder.addSpent(script);
  return builder.finish();
}
