/**
 * The command line of `tidingsd`, in Bitcoin Core's way: `-name=value`, `--name`, `-noname`.
 *
 * @module
 */
import type { Option } from "./option.ts";
import { findOption, OPTIONS } from "./options.ts";
import { readsAsTrue, type SettingValue, type Settings } from "./settings.ts";
import { nearest } from "./nearest.ts";

/** What is wrong with a command line or a file; the message is for its user. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Key {
  /** Before the dot of `regtest.port`; empty without one. */
  readonly section: string;
  readonly name: string;
  readonly isNegated: boolean;
}

export function readKey(text: string): Key {
  const dot = text.indexOf(".");
  const section = dot < 0 ? "" : text.slice(0, dot);
  const name = text.slice(dot + 1);
  return name.startsWith("no") && findOption(name) === undefined
    ? { section, name: name.slice(2), isNegated: true }
    : { section, name, isNegated: false };
}

/**
 * Puts what `argv` says into the settings.
 *
 * @throws {UsageError} for what is not an option, with the nearest that is
 */
export function readCoreFlags(argv: readonly string[], settings: Settings): void {
  for (const argument of argv) {
    if (argument === "-") break;
    if (!argument.startsWith("-")) {
      throw new UsageError(
        `Command line contains unexpected token '${argument}', see tidingsd -h for a list of options.`);
    }
    const [, text = "", value] = /^--?([^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    const key = readKey(text);
    const option = key.section === "" ? findOption(key.name) : undefined;
    if (option === undefined) throw unknownFlag(argument, key);
    settings.commandLine.add(option.name, readValue(option, key, value));
  }
  const includes = settings.commandLine.get("includeconf");
  const include = includes[includes.lastIndexOf(false) + 1];
  if (include !== undefined) {
    throw flagError(`-includeconf cannot be used from commandline; -includeconf=${JSON.stringify(include)}`);
  }
}

/**
 * What was given for an option.
 *
 * @throws {UsageError} when it must have a value, or must not be negated
 */
export function readValue(option: Option, { isNegated }: Key, value: string | undefined): SettingValue {
  if (isNegated) {
    if (option.noNegation === true) {
      throw new UsageError(`Negating of -${option.name} is meaningless and therefore forbidden`);
    }
    // -nofoo=0 is a double negation.
    return value !== undefined && !readsAsTrue(value);
  }
  if (value === undefined && option.needsValue === true) {
    const flag = `-${option.name}`;
    throw flagError(`Can not set ${flag} with no value. Please specify value with ${flag}=value.`);
  }
  return value ?? "";
}

function flagError(message: string): UsageError {
  return new UsageError(`Error parsing command line arguments: ${message}`);
}

function unknownFlag(argument: string, { name, isNegated }: Key): UsageError {
  const near = nearest(name, OPTIONS.map((option) => option.name));
  const hint = near === undefined ? "" : `\nDid you mean -${isNegated ? "no" : ""}${near}?`;
  return flagError(`Invalid parameter ${argument}${hint}`);
}
