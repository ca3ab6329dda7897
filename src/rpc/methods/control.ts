/** The server itself. @module */
import { LOG_CATEGORIES } from "../../base/logger.ts";
import { wrongType } from "../arguments.ts";
import type { JsonValue } from "../json.ts";
import { type Call, type Method, result } from "../method.ts";
import { optional } from "../parameter.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { boolean, list, map, number, object, text } from "../shape.ts";

const MICROSECONDS = 1_000_000;

const help: Method = {
  name: "help",
  category: "control",
  about: "Lists all methods, or explains one.",
  parameters: [optional("command", "string", "The method", { fallbackHint: "all" })],
  results: result(text("The help")),
  examples: ["", "getblock"],
  run: ({ args, help }) => help(args.has("command") ? args.string("command") : ""),
};

const stop: Method = {
  name: "stop",
  category: "control",
  about: "Stops the node: what is in memory is written, then the process ends.",
  parameters: [optional("wait", "number", "Milliseconds to wait before the answer", { hidden: true })],
  results: result(text("That it is stopping")),
  async run({ host, args }) {
    host.requestStop();
    if (args.has("wait")) await host.delay(args.integer("wait"));
    return "Tidings stopping";
  },
};

const uptime: Method = {
  name: "uptime",
  category: "control",
  about: "Returns for how long the server has been running.",
  parameters: [],
  results: result(number("Seconds")),
  run: ({ host }) => Math.floor(host.uptime()),
};

const getrpcinfo: Method = {
  name: "getrpcinfo",
  category: "control",
  about: "Returns what the server is busy with, and where it logs.",
  parameters: [],
  results: result(object({
    active_commands: list(object({
      method: text("The method"),
      duration: number("Microseconds since it was called"),
    }), "Calls that are not answered yet, this one included"),
    logpath: text("The path of debug.log"),
  })),
  run({ host, active }) {
    const now = host.uptime();
    return {
      active_commands: active.map(({ method, since }) => ({
        method, duration: Math.round((now - since) * MICROSECONDS),
      })),
      logpath: host.logPath,
    };
  },
};

const geteventloopdelay: Method = {
  name: "geteventloopdelay",
  category: "control",
  about: "Returns for how long the event loop was held, by what it does in one turn or by other\n" +
    "processes: while it is, nobody is answered. More than 50 ms now and then are too much.",
  parameters: [optional("reset", "boolean", "Forget what was measured so far, after this",
    { fallback: false })],
  results: result(object({
    duration: number("Seconds over which it was measured"),
    samples: number("How often the loop was looked at"),
    mean: number("Milliseconds that a timer came too late, on average"),
    median: number("Half of the times it was no more"),
    p99: number("99 of 100 times it was no more"),
    max: number("The longest"),
  })),
  examples: ["", "true"],
  run({ host, args }) {
    const { seconds, looks, mean, median, p99, longest } = host.loopDelay.read();
    if (args.boolean("reset")) host.loopDelay.reset();
    const inMicroseconds = (milliseconds: number) => Math.round(milliseconds * 1000) / 1000;
    return {
      duration: Math.round(seconds),
      samples: looks,
      mean: inMicroseconds(mean),
      median: inMicroseconds(median),
      p99: inMicroseconds(p99),
      max: inMicroseconds(longest),
    };
  },
};

const logging: Method = {
  name: "logging",
  category: "control",
  about: "Turns categories of the debug log on and off, first those to include, then those to exclude,\n" +
    "and returns which are on.\n\n" +
    `The categories are: ${[...LOG_CATEGORIES].sort().join(", ")}; all stands for all of them.`,
  parameters: [
    optional("include", "array", "Categories to turn on",
      { inner: [optional("include_category", "string", "")] }),
    optional("exclude", "array", "Categories to turn off",
      { inner: [optional("exclude_category", "string", "")] }),
  ],
  results: result(map("category", boolean("Whether it is on"))),
  examples: ["", `include='["net"]' exclude='["rand"]'`],
  run({ host, args }) {
    if (args.has("include")) setCategories(host, args.array("include"), true);
    if (args.has("exclude")) setCategories(host, args.array("exclude"), false);
    return Object.fromEntries(
      [...LOG_CATEGORIES].sort().map((name) => [name, host.logging.enabled.has(name)]));
  },
};

function setCategories({ logging }: Call["host"], names: readonly JsonValue[], on: boolean): void {
  for (const name of names) {
    if (typeof name !== "string") return wrongType(name, "string");
    const isAll = name === "all" || name === "1" || name === "";
    if (!isAll && !(LOG_CATEGORIES as readonly string[]).includes(name)) {
      throw new RpcError(RPC_CODE.invalidParameter, `unknown logging category ${name}`);
    }
    for (const category of isAll ? LOG_CATEGORIES : [name]) logging.set(category, on);
  }
}

export const controlMethods: readonly Method[] = [
  help, stop, uptime, getrpcinfo, geteventloopdelay, logging,
];
