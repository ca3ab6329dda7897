/** What a node has measured of its surroundings, or has not. @module */
import { type Method, result } from "../method.ts";
import { optional, required } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { amount, list, number, object, optional as maybe, text } from "../shape.ts";

/** Blocks: Bitcoin Core's longest horizon. */
const TARGET_MAX = 1_008;
const MODES = ["unset", "economical", "conservative"];

const estimatesmartfee: Method = {
  name: "estimatesmartfee",
  category: "util",
  about: "Returns that no fee rate can be told: this node keeps no record of what blocks took.",
  parameters: [
    required("conf_target", "number",
      `Blocks within which a transaction should be confirmed, 1 to ${TARGET_MAX}`),
    optional("estimate_mode", "string", MODES.join(", "), { fallback: "economical" }),
  ],
  results: result(object({
    feerate: maybe(amount("Coins per 1,000 virtual bytes")),
    errors: maybe(list(text("Why there is none"))),
    blocks: number("Blocks for which the rate holds; 0 where there is none"),
  })),
  examples: ["6"],
  run({ args }) {
    const target = args.integer("conf_target");
    if (target < 1 || target > TARGET_MAX) {
      throw new RpcError(RPC_CODE.invalidParameter,
        `Invalid conf_target, must be between 1 and ${TARGET_MAX}`);
    }
    if (!MODES.includes(args.string("estimate_mode").toLowerCase())) {
      const names = MODES.map((mode) => `"${mode}"`).join(", ");
      throw new RpcError(RPC_CODE.invalidParameter,
        `Invalid estimate_mode parameter, must be one of: ${names}`);
    }
    return { errors: ["Insufficient data or no feerate found"], blocks: 0 };
  },
};

const getmemoryinfo: Method = {
  name: "getmemoryinfo",
  category: "control",
  about: "Returns how much memory is locked against being written to a swap file: none.",
  parameters: [optional("mode", "string", "stats; mallocinfo is not available", { fallback: "stats" })],
  results: result(object({
    locked: object({
      used: number("Bytes used"),
      free: number("Bytes that could be"),
      total: number("The sum of both"),
      locked: number("Bytes that could be locked"),
      chunks_used: number("Pieces used"),
      chunks_free: number("Pieces that could be"),
    }),
  })),
  run({ args }) {
    const mode = args.string("mode");
    if (mode === "mallocinfo") throw new RpcError(RPC_CODE.invalidParameter, "mallocinfo mode not available");
    if (mode !== "stats") throw new RpcError(RPC_CODE.invalidParameter, `unknown mode ${mode}`);
    return { locked: { used: 0, free: 0, total: 0, locked: 0, chunks_used: 0, chunks_free: 0 } };
  },
};

export const estimateMethods: readonly Method[] = [estimatesmartfee, getmemoryinfo];
