/** A search through the filters of blocks. @module */
import { defined } from "../../base/assert.ts";
import { type Bytes, fromLatin1 } from "../../base/bytes.ts";
import type { BlockId } from "../../chain/header_index.ts";
import type { FilterIndex } from "../../chain/indexes/filter_index.ts";
import { readBasicFilter } from "../../filters/basic_filter.ts";
import { blockAt, hashText, readBlock, tipHeight } from "../lookup.ts";
import type { Call, Method } from "../method.ts";
import { checkFields, readObject } from "../object_fields.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { runScan } from "../run_scan.ts";
import { type Needles, needleKey, readScanObjects } from "../scan_objects.ts";
import { boolean, hex, list, nothing, number, object } from "../shape.ts";
import { stopFlag } from "../snapshot.ts";
import { filterIndex } from "./indexes.ts";

/** Filters looked at before others get their turn. */
const FILTERS_PER_TURN = 20;

const scanblocks: Method = {
  name: "scanblocks",
  category: "blockchain",
  about: "Searches blocks for those that make or spend outputs of some descriptors, by their filters: this\n" +
    "needs -blockfilterindex, and may take a while. Once in 784,931 times a block is returned by mistake.",
  parameters: [
    required("action", "string",
      "start for a search, abort to end the one that is under way, status to ask how far it is"),
    optional("scanobjects", "array", "What start searches for: descriptors, or objects that have one", {
      brief: "[scanobjects,...]",
      inner: [
        optional("descriptor", "string", "A descriptor"),
        optional("", "object", "An object with a descriptor", {
          inner: [
            required("desc", "string", "A descriptor"),
            optional("range", "number", "For a descriptor with *: the last number, or [first,last]",
              { fallback: 1000, anyType: true }),
          ],
        }),
      ],
    }),
    optional("start_height", "number", "The first block's height", { fallback: 0 }),
    optional("stop_height", "number", "The last block's height", { fallbackHint: "chain tip" }),
    optional("filtertype", "string", "Which filter", { fallback: "basic" }),
    optional("options", "object", "", {
      brief: "options",
      membersByName: true,
      inner: [optional("filter_false_positives", "boolean",
        "Whether blocks that match are read, to leave out mistakes: this needs blocks that are not pruned",
        { fallback: false })],
    }),
  ],
  results: [
    { when: "when action=='status' and no scan is in progress", shape: nothing },
    {
      when: "when action=='start'; only returns after scan completes",
      shape: object({
        from_height: number("The first block's height"),
        to_height: number("The last block's height"),
        relevant_blocks: list(hex("The hash of a block that matches")),
        completed: boolean("Whether it came to its end"),
      }),
    },
    {
      when: "when action=='status' and a scan is currently in progress",
      shape: object({
        progress: number("Percent, about"),
        current_height: number("The height it has come to"),
      }),
    },
    { when: "when action=='abort'", shape: boolean("Whether there was one to end") },
  ],
  examples: ["status", `start '["raw(51)"]' 100 150`],
  run(call) {
    const { blockScan } = call.host;
    return runScan(call, {
      seat: blockScan,
      details: () => ({ current_height: blockScan.height }),
      search: () => start(call),
    });
  },
};

async function start(call: Call): Promise<unknown> {
  const filters = filterIndex(call);
  const isExact = readIsExact(call);
  const [first, last] = readHeights(call);
  const needles = await readScanObjects(call.args.array("scanobjects"), call.host);
  return search(call, filters, needles, { first, last, isExact });
}

function readIsExact({ args }: Call): boolean {
  if (!args.has("options")) return false;
  const options = readObject(args.raw("options"));
  checkFields(options, { filter_false_positives: "bool" }, { optional: true, strict: true });
  return options.get("filter_false_positives") === true;
}

function readHeights({ host, args }: Call): readonly [first: number, last: number] {
  const tip = tipHeight(host.core.chain);
  const first = args.has("start_height") ? args.integer("start_height") : 0;
  if (first < 0 || first > tip) throw new RpcError(RPC_CODE.misc, "Invalid start_height");
  const last = args.has("stop_height") ? args.integer("stop_height") : tip;
  if (last < first || last > tip) throw new RpcError(RPC_CODE.misc, "Invalid stop_height");
  return [first, last];
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly isExact: boolean;
}

async function search(
  call: Call, filters: FilterIndex, needles: Needles, { first, last, isExact }: Range,
): Promise<unknown> {
  const { host } = call;
  const { blockScan, core: { chain } } = host;
  const isStopping = stopFlag(host);
  const scripts = [...needles.keys()].map(fromLatin1);
  const found: string[] = [];
  // The chain may change meanwhile: it is searched as it was.
  const end = blockAt(chain, last);
  let height = first;
  for (; height <= last && !blockScan.isAborted && !isStopping(); height++) {
    const id = defined(chain.headers.ancestor(end, height), "a block has an ancestor at each height");
    const isMatch = matches(call, filters, id, scripts) && (!isExact || isReal(call, id, needles));
    if (isMatch) found.push(hashText(chain, id));
    blockScan.at(height, last === first ? 100 : Math.floor((100 * (height - first)) / (last - first)));
    if ((height - first) % FILTERS_PER_TURN === FILTERS_PER_TURN - 1) await host.delay(0);
  }
  return {
    from_height: first,
    to_height: Math.max(first, height - 1),
    relevant_blocks: found,
    completed: height > last,
  };
}

/** False also for a block that is not in the index (yet). */
function matches({ host }: Call, filters: FilterIndex, id: BlockId, scripts: readonly Bytes[]): boolean {
  const hash = host.core.chain.headers.hash(id);
  const entry = filters.find(id, hash);
  const bytes = entry === undefined ? undefined : filters.read(entry);
  return bytes !== undefined && readBasicFilter(bytes, hash).matchesAny(scripts);
}

/** Whether the block does make or spend an output of these. */
function isReal(call: Call, id: BlockId, needles: Needles): boolean {
  const { chain } = call.host.core;
  const isWanted = ({ script }: { readonly script: Bytes }): boolean => needles.has(needleKey(script));
  if (readBlock(call, id).transactions.some(({ outputs }) => outputs.some(isWanted))) return true;
  return chain.readUndo(id)?.some(isWanted) ?? false;
}

export const blockScanMethods: readonly Method[] = [scanblocks];
