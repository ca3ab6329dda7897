/** Values that are no numbers where there should be one. @module */
import { UsageError } from "./core_flags.ts";
import { OPTIONS } from "./options.ts";
import { readsAsTrue, type Settings } from "./settings.ts";

/**
 * Bitcoin Core takes `-dnsseed=yes` for `-dnsseed=0`, and so do we; but it is hardly what was meant.
 *
 * @returns what the operator should know
 * @throws {UsageError} for `-discover=lan`, which means something else than `tidings node --discover lan`
 */
export function checkNumbers(settings: Settings): readonly string[] {
  const discover = settings.text("discover") ?? "";
  if (!isNumber(discover) && discover !== "") {
    throw new UsageError(`-discover=${discover}: need 0 or 1; nodes on the local network are looked for ` +
      "with -discoverlan=lan");
  }
  return OPTIONS.flatMap(({ name, type }) => {
    const text = settings.text(name);
    if (text === undefined || (type !== "flag" && type !== "number") || isNumber(text)) return [];
    if (type === "flag") return text === "" ? [] : [warning(name, text, Number(readsAsTrue(text)))];
    return [warning(name, text, Number.parseInt(text, 10) || 0)];
  });
}

/** As C reads it. */
function isNumber(text: string): boolean {
  return /^\s*[-+]?[0-9]+\s*$/.test(text);
}

function warning(name: string, text: string, taken: number): string {
  return `-${name}=${text} is no whole number, and is taken for -${name}=${taken}`;
}
