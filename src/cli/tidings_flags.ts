/**
 * The command line of `tidings` and its sub-commands: `--name value`, `--name=value`, `--no-name`,
 * and words.
 *
 * @module
 */
import { UsageError } from "./core_flags.ts";
import { didYouMean } from "./nearest.ts";

export interface Flag {
  readonly name: string;
  /** What its value is called in the help; without one it is on or off. */
  readonly value?: string;
  readonly help: string;
}

export interface ReadFlags {
  /** Values by name, in the order given; flags without value are `true` or `false`. */
  readonly flags: ReadonlyMap<string, readonly (string | boolean)[]>;
  readonly words: readonly string[];
}

const STANDARD: readonly Flag[] = [
  { name: "help", help: "Print this help and exit" },
  { name: "version", help: "Print the version and exit" },
];

/**
 * Takes flags and words apart. With `stopAtWord`, everything from the first word on is a word: the
 * rest is another command's.
 *
 * @throws {UsageError} for a flag that is unknown, or lacks its value
 */
export function readFlags(argv: readonly string[], known: readonly Flag[], stopAtWord = false): ReadFlags {
  const flags = new Map<string, (string | boolean)[]>();
  const words: string[] = [];
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === "--") return { flags, words: [...words, ...rest] };
    if (!argument.startsWith("-") || /^-[0-9.]/.test(argument)) {
      words.push(argument);
      if (stopAtWord) return { flags, words: [...words, ...rest] };
      continue;
    }
    const [name, value] = readFlag(argument, [...known, ...STANDARD], rest);
    flags.set(name, [...(flags.get(name) ?? []), value]);
  }
  return { flags, words };
}

function readFlag(argument: string, known: readonly Flag[], rest: string[]): readonly [string,
  string | boolean] {
  const [, given = "", inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
  const isNegated = given.startsWith("no-") && !known.some(({ name }) => name === given);
  const name = isNegated ? given.slice(3) : given === "h" ? "help" : given;
  const flag = known.find((each) => each.name === name);
  if (flag === undefined) {
    throw new UsageError(
      `unknown flag ${argument}.${didYouMean(given, known.map((each) => each.name), "--")}`);
  }
  if (isNegated) return [name, false];
  if (flag.value === undefined) {
    if (inline !== undefined) throw new UsageError(`--${name} takes no value`);
    return [name, true];
  }
  const value = inline ?? rest.shift();
  if (value === undefined) throw new UsageError(`--${name} needs a value: --${name} ${flag.value}`);
  return [name, value];
}

/** The last value of a flag. */
export function lastText({ flags }: ReadFlags, name: string): string | undefined {
  const value = flags.get(name)?.at(-1);
  return typeof value === "string" ? value : undefined;
}

export function isOn({ flags }: ReadFlags, name: string): boolean {
  return flags.get(name)?.at(-1) === true;
}

/** What a sub-command is, for its help. */
export interface CommandHelp {
  readonly usage: string;
  readonly about: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
}

export function commandHelp({ usage, about, flags, examples }: CommandHelp): string {
  const lines = [...flags, ...STANDARD].map(({ name, value, help }) =>
    [`  --${name}${value === undefined ? "" : ` ${value}`}`, help] as const);
  const width = Math.max(...lines.map(([left]) => left.length)) + 2;
  const list = lines.map(([left, right]) => left.padEnd(width) + right).join("\n");
  return `Usage: ` +
    `${usage}\n\n${about}\n\n${list}\n\nExamples:\n${examples.map((each) => `  ${each}\n`).join("")}`;
}
