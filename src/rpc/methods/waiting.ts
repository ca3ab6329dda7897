/** Methods that answer when something has happened. @module */
import type { BlockId } from "../../chain/header_index.ts";
import { equalBytes } from "../../base/bytes.ts";
import { runCommand } from "../command_fault.ts";
import { hashText, tipHeight } from "../lookup.ts";
import { type Call, type Method, result } from "../method.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import type { TipJson } from "../schema.ts";
import { hex, nothing, number, object } from "../shape.ts";

const timeout = optional("timeout", "number", "Milliseconds after which it answers all the same; 0 for never",
  { fallback: 0 });

const tipShape = object({ hash: hex("The tip's hash"), height: number("The tip's height") });

const waitfornewblock: Method = {
  name: "waitfornewblock",
  category: "blockchain",
  about: "Waits until there is another tip, and returns it. At a stop of the node it answers with the " +
    "tip as it is.",
  parameters: [
    timeout,
    optional("current_tip", "hex", "Waits until the tip is not this one",
      { fallbackHint: "the tip at the call" }),
  ],
  results: result(tipShape),
  examples: ["", "timeout=1000"],
  run(call) {
    const { chain } = call.host.core;
    const { args } = call;
    const before = args.has("current_tip") ? args.hash("current_tip") : chain.headers.hash(chain.tip);
    return waitForTip(call, (tip) => !equalBytes(chain.headers.hash(tip), before));
  },
};

const waitforblock: Method = {
  name: "waitforblock",
  category: "blockchain",
  about: "Waits until a block is the tip, and returns the tip.",
  parameters: [required("blockhash", "hex", "The block's hash"), timeout],
  results: result(tipShape),
  run(call) {
    const { headers } = call.host.core.chain;
    const hash = call.args.hash("blockhash");
    return waitForTip(call, (tip) => equalBytes(headers.hash(tip), hash));
  },
};

const waitforblockheight: Method = {
  name: "waitforblockheight",
  category: "blockchain",
  about: "Waits until the tip is as high as this, and returns it.",
  parameters: [required("height", "number", "The height"), timeout],
  results: result(tipShape),
  examples: ["100", "height=100 timeout=1000"],
  run(call) {
    const { headers } = call.host.core.chain;
    const height = call.args.integer("height");
    return waitForTip(call, (tip) => headers.height(tip) >= height);
  },
};

/** The first tip that `accept` takes; the tip as it is, once the time is over or the node stops. */
async function waitForTip(call: Call, accept: (tip: BlockId) => boolean): Promise<TipJson> {
  const { host, args } = call;
  const { chain } = host.core;
  const length = args.integer("timeout");
  if (length < 0) throw new RpcError(RPC_CODE.misc, "Negative timeout");
  let ignore = (): void => {};
  const reached = new Promise<void>((resolve) => {
    if (accept(chain.tip)) return resolve();
    ignore = host.listen((event) => {
      if (event.type === "chain:tip" && accept(chain.tip)) resolve();
    });
  });
  await Promise.race([reached, host.stopping, ...(length > 0 ? [host.delay(length)] : [])]);
  ignore();
  return { hash: hashText(chain, chain.tip), height: tipHeight(chain) };
}

const syncwithvalidationinterfacequeue: Method = {
  name: "syncwithvalidationinterfacequeue",
  category: "hidden",
  about: "Waits until all that was begun before this call has taken effect.",
  parameters: [],
  results: result(nothing),
  async run({ host }) {
    await runCommand(host, { type: "settle" }, "done");
    return null;
  },
};

export const waitingMethods: readonly Method[] = [
  waitfornewblock, waitforblock, waitforblockheight, syncwithvalidationinterfacequeue,
];
