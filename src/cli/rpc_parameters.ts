/** Words of a command line as parameters of a method. @module */
import { ALL_METHODS } from "../rpc/all_methods.ts";
import { JsonObject, type JsonValue } from "../rpc/json.ts";
import type { Parameter } from "../rpc/parameter.ts";
import { tryParse } from "./rpc_client.ts";

/**
 * `name=value` words are named, the others go by position. Where the method is known, its parameters
 * say which values are texts; else a value is JSON if it reads as that and does not look like a hash.
 */
export function readParameters(method: string, words: readonly string[]): readonly JsonValue[] | JsonObject {
  const parameters = ALL_METHODS.find(method)?.parameters;
  const first: JsonValue[] = [];
  const named: [string, JsonValue][] = [];
  for (const word of words) {
    const name = parameterName(word, parameters);
    if (name === undefined) first.push(readValue(word, parameters?.[first.length]));
    else named.push([name, readValue(word.slice(name.length + 1), findParameter(parameters, name))]);
  }
  if (named.length === 0) return first;
  return new JsonObject(first.length === 0 ? named : [["args", first], ...named]);
}

/** What stands before the `=`, if a parameter is called so, or none are known and it looks like a name. */
function parameterName(word: string, parameters: readonly Parameter[] | undefined): string | undefined {
  const name = /^([a-zA-Z_][a-zA-Z0-9_]*)=/.exec(word)?.[1];
  if (name === undefined || parameters === undefined) return name;
  // Else it is a text that has a = in it, or a mistake, which the node names.
  const isText = parameters.some((parameter) => parameter.type === "string");
  return isText && findParameter(parameters, name) === undefined ? undefined : name;
}

function findParameter(parameters: readonly Parameter[] | undefined, name: string): Parameter | undefined {
  return parameters?.find(({ names }) => names.includes(name));
}

function readValue(text: string, parameter: Parameter | undefined): JsonValue {
  if (parameter !== undefined && (parameter.type === "string" || parameter.type === "hex") &&
    parameter.anyType !== true) {
    return text;
  }
  // A hash may be all digits.
  if (parameter === undefined && /^[0-9]{17,}$/.test(text)) return text;
  const value = tryParse(text);
  return value === undefined ? text : value;
}
