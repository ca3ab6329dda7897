/** Which rules are in force. @module */
import { unreachable } from "../../base/assert.ts";
import type { ChainState } from "../../chain/chain_state.ts";
import type { BlockId } from "../../chain/header_index.ts";
import { deploymentHistory } from "../../consensus/deployment_history.ts";
import { type DeploymentState, scriptFlagsAt } from "../../consensus/deployments.ts";
import { verifyFlagNames } from "../../script/flags.ts";
import { JsonNumber } from "../json.ts";
import { findBlock, hashText } from "../lookup.ts";
import { type Method, result } from "../method.ts";
import { optional } from "../parameter.ts";
import { boolean, hex, list, map, number, object, optional as maybe, text, time } from "../shape.ts";

const getdeploymentinfo: Method = {
  name: "getdeploymentinfo",
  category: "blockchain",
  about: "Returns which changes of the rules are in force after a block, and how far others have come.\n" +
    "Changes that hold from the genesis block on are not listed.",
  parameters: [optional("blockhash", "hex", "The block", { fallbackHint: "hash of current chain tip" })],
  results: result(object({
    hash: hex("The block's hash"),
    height: number("Its height"),
    script_flags: list(text("A rule that its scripts are held to")),
    deployments: map("name", object({
      type: text("buried: in force from a height on; bip9: by signals in blocks' versions"),
      height: maybe(number("Height of the first block under the new rules, where it is known")),
      active: boolean("Whether the next block is held to them"),
      bip9: maybe(object({
        bit: maybe(number("The bit of the version that signals, while signals count")),
        start_time: time("Median time past from which signals count"),
        timeout: time("Median time past at which it fails"),
        min_activation_height: number("Height below which it is not in force"),
        status: text("defined, started, locked_in, active or failed, for the block itself"),
        since: number("Height of the first block with this status"),
        status_next: text("The same for the next block"),
        statistics: maybe(object({
          period: number("Blocks in a window"),
          elapsed: number("Blocks of this window so far"),
          count: number("How many of those signal"),
          threshold: maybe(number("How many of a window must signal")),
          possible: maybe(boolean("Whether that many still can")),
        })),
        signalling: maybe(text("# for each block of this window that signals, - for each that does not")),
      })),
    })),
  })),
  run({ host, args }) {
    const { chain } = host.core;
    const id = args.has("blockhash") ? findBlock(chain, args.hash("blockhash")) : chain.tip;
    const height = chain.headers.height(id);
    return {
      hash: hashText(chain, id),
      height,
      script_flags: verifyFlagNames(scriptFlagsAt(height, chain.headers.hash(id), chain.params)),
      deployments: { ...buried(chain, height), ...signalled(chain, id) },
    };
  },
};

function buried({ params }: ChainState, at: number): object {
  const { bip34Height, bip66Height, bip65Height, csvHeight, segwitHeight } = params.deployments;
  const one = (height: number): object => ({ type: "buried", active: at + 1 >= height, height });
  return {
    bip34: one(bip34Height),
    bip66: one(bip66Height),
    bip65: one(bip65Height),
    csv: one(csvHeight),
    segwit: one(segwitHeight),
  };
}

function signalled({ headers, params }: ChainState, id: BlockId): object {
  const { versionBits } = params.deployments;
  const { testDummy, threshold, window } = versionBits;
  if (testDummy === undefined) return {};
  const block = headers.context(id);
  const { state, next, since, signals } = deploymentHistory(block, params.deployments);
  const activeSince = state === "active" ? since : next === "active" ? block.height + 1 : undefined;
  const count = signals?.filter((signal) => signal).length ?? 0;
  const elapsed = signals?.length ?? 0;
  const isCounted = state === "started";
  return {
    testdummy: {
      type: "bip9",
      ...(activeSince === undefined ? {} : { height: activeSince }),
      active: activeSince !== undefined && activeSince <= block.height + 1,
      bip9: {
        ...(signals === undefined ? {} : { bit: testDummy.bit }),
        start_time: testDummy.startTime,
        timeout: timeJson(testDummy.timeout),
        min_activation_height: 0,
        status: stateName(state),
        since,
        status_next: stateName(next),
        ...(signals === undefined ? {} : {
          statistics: {
            period: window,
            elapsed,
            count,
            ...(isCounted ? { threshold, possible: window - threshold >= elapsed - count } : {}),
          },
          signalling: signals.map((signal) => (signal ? "#" : "-")).join(""),
        }),
      },
    },
  };
}

/** Never is the largest number of 64 bits with sign. */
function timeJson(time: number): JsonNumber | number {
  return Number.isFinite(time) ? time : new JsonNumber(String(2n ** 63n - 1n));
}

function stateName(state: DeploymentState): string {
  switch (state) {
    case "locked-in":
      return "locked_in";
    case "defined":
    case "started":
    case "active":
    case "failed":
      return state;
    default:
      return unreachable(state);
  }
}

export const deploymentMethods: readonly Method[] = [getdeploymentinfo];
