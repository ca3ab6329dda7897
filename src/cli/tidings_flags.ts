/**
 * The command line of `tidings` and its sub-commands: `--name value`, `--name=value`, `--no-name`,
 * and words.
 *
 * @module
 */
import { UsageError } from "./core_flags.ts";
import { didYouMean } from "./nearest.ts";
import { wrap } from "./wrap.ts";
import { VERSION } from "../io/version.ts";

export interface Flag {
  readonly name: string;
  /** What its value is called in the help; without one it is on or off. */
  readonly value?: string;
  readonly help: string;
  /** The title under which the help has it; those without one come last. */
  readonly group?: string;
}

export interface ReadFlags {
  /** Values by name, in the order given; flags without value are `true` or `false`. */
  readonly flags: ReadonlyMap<string, readonly (string | boolean)[]>;
  readonly words: readonly string[];
}

const HELP_WIDTH = 100;
/** Of flags beside which their help stands. */
const LEFT_MAX = 30;

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

/** Prints the help of a command, or the version, where that is asked for; nothing else is to be done then. */
export function printsHelp(read: ReadFlags, help: string): boolean {
  const isHelp = isOn(read, "help");
  if (!isHelp && !isOn(read, "version")) return false;
  process.stdout.write(isHelp ? help : `tidings ${VERSION}\n`);
  return true;
}

/** What a sub-command is, for its help. */
export interface CommandHelp {
  readonly usage: string;
  readonly about: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
}

export function commandHelp({ usage, about, flags, examples }: CommandHelp): string {
  const all = [...flags, ...STANDARD];
  const lengths = all.map((flag) => leftOf(flag).length);
  const column = Math.max(...lengths.filter((length) => length <= LEFT_MAX)) + 2;
  const groups = [...new Set(flags.flatMap(({ group }) => group ?? [])), undefined];
  const lists = groups.map((title) => {
    const entries = all.filter(({ group }) => group === title).map((flag) => helpEntry(flag, column));
    return `${title === undefined ? "" : `${title}:\n`}${entries.join("")}`;
  });
  return `Usage: ${usage}\n\n${about}\n\n${lists.join("\n")}\n` +
    `Examples:\n${examples.map((each) => `  ${each}\n`).join("")}`;
}

function leftOf({ name, value }: Flag): string {
  return `  --${name}${value === undefined ? "" : ` ${value}`}`;
}

/** What a flag is for stands beside it; below it, if it is a long one. */
function helpEntry(flag: Flag, column: number): string {
  const left = leftOf(flag);
  const text = wrap(flag.help, column, HELP_WIDTH);
  return left.length + 2 > column ? `${left}\n${text}` : left.padEnd(column) + text.slice(column);
}
