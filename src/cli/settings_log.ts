/**
 * What the log says of the settings that a run was given.
 *
 * Source: Bitcoin Core, common/args.cpp, LogArgs and InterpretValue.
 *
 * @module
 */
import { findOption, OPTIONS } from "./options.ts";
import type { SettingSource, Settings } from "./settings.ts";

/** A line for each, with where it comes from; secrets are left out. */
export function settingLines(settings: Settings): readonly string[] {
  return [
    ...settings.configSources.flatMap(([section, source]) =>
      lines(section === "" ? "Config file arg:" : `Config file arg: [${section}]`, source)),
    ...lines("Environment arg:", settings.environment),
    ...lines("Command-line arg:", settings.commandLine),
  ];
}

function lines(from: string, source: SettingSource): readonly string[] {
  return [...source.names].flatMap((name) => source.get(name).map((value) =>
    `${from} ${name}=${findOption(name)?.isSecret === true ? "****" : JSON.stringify(value)}`));
}

/** `-nofoo=0`, which is `-foo=1`. */
export function doubleNegatives(settings: Settings): readonly string[] {
  return OPTIONS.filter(({ name }) => settings.value(name) === true)
    .map(({ name }) => `Parsed potentially confusing double-negative -${name}=0`);
}
