import type { Arguments } from "./arguments.ts";
import { type Parameter, parameterLines, synopsis } from "./parameter.ts";
import type { RpcHost } from "./rpc_host.ts";
import { alignLines, type ResultShape, type Shape, shapeLines } from "./shape.ts";

/** Bitcoin Core's, in which order `help` lists them; `hidden` is in no list. */
export type MethodCategory =
  | "blockchain" | "control" | "mining" | "network" | "rawtransactions" | "util" | "hidden";

/** What a method has to do its work. */
export interface Call {
  readonly host: RpcHost;
  readonly args: Arguments;
  /** What the server is busy with, this call included. */
  readonly active: readonly ActiveCall[];
  /** `help` with a method's name, or of all of them with none. */
  help(name: string): string;
}

export interface ActiveCall {
  readonly method: string;
  /** Seconds of the host's uptime at which it began. */
  readonly since: number;
}

/** One RPC: everything the server, the help and a client need to know of it stands here. */
export interface Method {
  readonly name: string;
  readonly category: MethodCategory;
  readonly about: string;
  readonly parameters: readonly Parameter[];
  readonly results: readonly ResultShape[];
  /** Parameters of example calls, as one would type them. */
  readonly examples?: readonly string[];
  /**
   * The result, for `writeJson`.
   *
   * @throws {RpcError} what the caller is told instead
   */
  run(call: Call): unknown;
}

/** The usual case: one shape, whatever the parameters. */
export function result(shape: Shape): readonly ResultShape[] {
  return [{ shape }];
}

export function methodSynopsis(method: Method): string {
  return method.name + synopsis(method.parameters);
}

export function methodHelp(method: Method): string {
  const parameters = parameterLines(method.parameters);
  let text = `${methodSynopsis(method)}\n\n${method.about}\n`;
  if (parameters.length > 0) text += `\nArguments:\n${alignLines(parameters)}`;
  for (const { when, shape } of method.results) {
    text += `\nResult${when === undefined ? "" : ` (${when})`}:\n${alignLines(shapeLines(shape))}`;
  }
  const examples = method.examples ?? (method.parameters.some((parameter) => parameter.required) ? [] : [""]);
  if (examples.length > 0) text += "\nExamples:\n";
  for (const example of examples) text += `> tidings rpc ${method.name}${example === "" ? "" : ` ${example}`}\n`;
  return text;
}
