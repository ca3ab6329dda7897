/** For tests: time, and echoes. @module */
import { runCommand } from "../command_fault.ts";
import { type Method, result } from "../method.ts";
import { optional, required } from "../parameter.ts";
import { refusePublic } from "../refuse_public.ts";
import { RPC_CODE, RpcError } from "../rpc_error.ts";
import { anything, nothing } from "../shape.ts";

/** Block times have 32 bits: later ones mean nothing. */
const MOCK_TIME_MAX = 0xffff_ffffn;

const setmocktime: Method = {
  name: "setmocktime",
  category: "hidden",
  about: "Stops the node's clock at a time; 0 gives it the real one back.",
  parameters: [required("timestamp", "number", "Unix seconds")],
  results: result(nothing),
  async run(call) {
    refusePublic(call, "setmocktime is for regression testing (-regtest mode) only");
    const time = call.args.integer64("timestamp");
    if (time < 0n || time > MOCK_TIME_MAX) {
      throw new RpcError(RPC_CODE.invalidParameter,
        `Mocktime must be in the range [0, ${MOCK_TIME_MAX}], not ${time}.`);
    }
    await runCommand(call.host, { type: "set-mock-time", time: Number(time) }, "done");
    return null;
  },
};

const SCHEDULER_STEP_MAX = 3600;

const mockscheduler: Method = {
  name: "mockscheduler",
  category: "hidden",
  about: "Does nothing more than Bitcoin Core's tests expect: all timers follow setmocktime here.",
  parameters: [required("delta_time", "number", "Seconds")],
  results: result(nothing),
  run(call) {
    refusePublic(call, "mockscheduler is for regression testing (-regtest mode) only");
    const seconds = call.args.integer("delta_time");
    if (seconds <= 0 || seconds > SCHEDULER_STEP_MAX) {
      throw new RpcError(RPC_CODE.misc, "delta_time must be between 1 and 3600 seconds (1 hr)");
    }
    return null;
  },
};

const ECHO_PARAMETERS =
  Array.from({ length: 10 }, (_, i) => optional(`arg${i}`, "string", "", { anyType: true }));

function echo(name: string): Method {
  return {
    name,
    category: "hidden",
    about: "Returns what it was given, for tests.",
    parameters: ECHO_PARAMETERS,
    results: result(anything("What it was given")),
    run: ({ args }) => args.all,
  };
}

export const hiddenMethods: readonly Method[] = [setmocktime, mockscheduler, echo("echo"), echo("echojson")];
