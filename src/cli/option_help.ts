/** The options as `-help` shows them. @module */
import type { Option, OptionCategory } from "./option.ts";
import { OPTIONS } from "./options.ts";
import { wrap } from "./wrap.ts";

const WIDTH = 79;
const INDENT = 7;

const TITLES: Readonly<Record<Exclude<OptionCategory, "absent">, string>> = {
  general: "Options:",
  chain: "Chain selection and storage options:",
  network: "Connection options:",
  relay: "Node relay options:",
  rpc: "RPC server options:",
  debug: "Debugging/Testing options:",
};

export function coreOptionHelp(withTests: boolean): string {
  const sections = Object.entries(TITLES).map(([category, title]) => {
    const options = OPTIONS.filter((option) =>
      option.category === category && (withTests || option.isForTests !== true));
    return `${title}\n\n${options.map(coreEntry).join("\n")}`;
  });
  return `${sections.join("\n")}\n${absentHelp()}`;
}

function coreEntry(option: Option): string {
  const value = option.value === undefined ? "" : `=<${option.value}>`;
  const fallback = option.fallback === undefined ? "" : ` (default: ${option.fallback})`;
  return `  -${option.name}${value}\n${wrap(option.help + fallback, INDENT, WIDTH)}`;
}

/** Which of Bitcoin Core's options are taken without effect, and which can only be switched off. */
function absentHelp(): string {
  return [true, false].map((isHarmless) => {
    const title = isHarmless
      ? "Options of Bitcoin Core that are taken and change nothing:"
      : "Options of Bitcoin Core that can only be switched off:";
    const groups = new Map<string, string[]>();
    for (const { name, absence } of OPTIONS) {
      if (absence === undefined || absence.isHarmless !== isHarmless) continue;
      groups.set(absence.why, [...(groups.get(absence.why) ?? []), `-${name}`]);
    }
    return `${title}\n\n${[...groups].map(([why, names]) =>
      `${wrap(names.join(" "), 2, WIDTH)}${wrap(why, INDENT, WIDTH)}`).join("\n")}`;
  }).join("\n");
}
