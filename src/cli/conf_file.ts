/**
 * bitcoin.conf: `name=value` in lines, comments after `#`, and a section a network (Bitcoin Core,
 * common/config.cpp).
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { readKey, readValue, UsageError } from "./core_flags.ts";
import { findOption } from "./options.ts";
import { settingText, type Settings } from "./settings.ts";

const SECTIONS: ReadonlySet<string> = new Set(["main", "test", "testnet4", "signet", "regtest"]);

/** What reading the files has to say to the operator. */
export interface ConfigNotes {
  /** For the log. */
  readonly log: string[];
  /** For standard error, with what to begin the line. */
  readonly warnings: string[];
}

export interface ConfigPlace {
  readonly dataDir: string;
  /** The network, as far as the settings tell by now. */
  network(): string;
}

/**
 * Reads the configuration file, and those that it includes, into the settings.
 *
 * @throws {UsageError} when one cannot be read or has a line that is none
 */
export function readConfigFiles(settings: Settings, place: ConfigPlace): ConfigNotes {
  const notes: ConfigNotes = { log: [], warnings: [] };
  const given = settings.value("conf");
  if (given === false) return notes;
  const name = typeof given === "string" && given !== "" ? given : "bitcoin.conf";
  const path = isAbsolute(name) ? name : join(place.dataDir, name);
  const text = readConfig(path, `Config file "${path}" is a directory.`);
  if (text === undefined) {
    if (given === undefined) return notes;
    throw configError(`specified config file "${path}" could not be opened.`);
  }
  readConfigText(text, settings, notes);
  if (settings.commandLine.get("includeconf").at(-1) !== false) readIncludes(settings, place, notes);
  for (const section of settings.sections) {
    if (SECTIONS.has(section)) continue;
    notes.warnings.push(`Warning: ${path}: Section [${section}] is not recognized.`);
  }
  return notes;
}

function readIncludes(settings: Settings, place: ConfigPlace, notes: ConfigNotes): void {
  const network = place.network();
  const before = includes(settings, network);
  for (const name of before) {
    const path = isAbsolute(name) ? name : join(place.dataDir, name);
    const text = readConfig(path, `Included config file "${path}" is a directory.`);
    if (text === undefined) throw configError(`Failed to include configuration file ${name}`);
    readConfigText(text, settings, notes);
    notes.log.push(`Included configuration file ${name}`);
  }
  for (const name of includes(settings, network).filter((each) => !before.includes(each))) {
    notes.warnings.push(
      `warning: -includeconf cannot be used from included files; ignoring -includeconf=${name}`);
  }
}

function includes(settings: Settings, network: string): readonly string[] {
  return [network, ""].flatMap((section) => {
    const values = settings.inConfig(section, "includeconf");
    return values.slice(values.lastIndexOf(false) + 1).map(settingText);
  });
}

function readConfig(path: string, isFolderText: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (stats.isDirectory()) throw configError(isFolderText);
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** @throws {UsageError} */
export function readConfigText(text: string, settings: Settings, notes: ConfigNotes): void {
  let section = "";
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/#.*/s, "").trim();
    if (line === "") continue;
    const header = /^\[(.*)\]$/.exec(line);
    if (header !== null) {
      section = header[1] ?? "";
      continue;
    }
    const entry = /^([^=]*?)\s*=\s*(.*)$/s.exec(line);
    if (line.startsWith("-") || entry === null) throw lineError(line, index + 1);
    const [, name = "", value = ""] = entry;
    if (raw.includes("#") && name.includes("rpcpassword")) {
      throw configError(
        `parse error on line ${index + 1}, using # in rpcpassword can be ambiguous and should be avoided`);
    }
    addEntry(section === "" ? name : `${section}.${name}`, value, settings, notes);
  }
}

function addEntry(name: string, value: string, settings: Settings, notes: ConfigNotes): void {
  const key = readKey(name);
  if (key.name === "conf") {
    throw configError(
      "conf cannot be set in the configuration file; use includeconf= if you want to include additional " +
        "config files");
  }
  const option = findOption(key.name);
  if (option === undefined) notes.log.push(`Ignoring unknown configuration value ${name}`);
  else settings.addConfig(key.section, option.name, readValue(option, key, value));
}

function lineError(line: string, number: number): UsageError {
  if (line.startsWith("-")) {
    return configError(
      `parse error on line ${number}: ${line}, options in configuration file must be specified without ` +
        `leading -`);
  }
  const hint = line.startsWith("no")
    ? `, if you intended to specify a negated option, use ${line}=1 instead` : "";
  return configError(`parse error on line ${number}: ${line}${hint}`);
}

function configError(message: string): UsageError {
  return new UsageError(`Error reading configuration file: ${message}`);
}
