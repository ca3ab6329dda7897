import type { Arguments } from "./arguments.ts";
import type { Parameter } from "./parameter.ts";
import type { RpcHost } from "./rpc_host.ts";
import type { ResultShape, Shape } from "./shape.ts";

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
