/**
 * The values of settings, from several sources, and which of them counts: the command line before
 * the environment, that before the network's section of bitcoin.conf, that before the rest of it
 * (Bitcoin Core, common/settings.cpp), and that before what follows from other settings.
 *
 * @module
 */
import { findOption } from "./options.ts";

/** A text; false for `-noname`, and true for `-noname=0`. */
export type SettingValue = string | boolean;

/** Values by option, in the order in which they were given. */
export class SettingSource {
  readonly #values = new Map<string, SettingValue[]>();

  add(name: string, value: SettingValue): void {
    const values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, [value]);
    else values.push(value);
  }

  get(name: string): readonly SettingValue[] {
    return this.#values.get(name) ?? [];
  }

  get names(): Iterable<string> {
    return this.#values.keys();
  }
}

export class Settings {
  readonly commandLine = new SettingSource();
  readonly environment = new SettingSource();
  /** What follows from other settings, where nobody says otherwise (`parameter_interaction.ts`). */
  readonly implied = new SettingSource();
  /** Whose section counts; undefined while the network is not settled. */
  network: string | undefined;
  readonly #general = new SettingSource();
  readonly #sections = new Map<string, SettingSource>();

  /** A value of bitcoin.conf. `section` is empty before any section. */
  addConfig(section: string, name: string, value: SettingValue): void {
    if (section === "") return this.#general.add(name, value);
    const source = this.#sections.get(section) ?? new SettingSource();
    this.#sections.set(section, source);
    source.add(name, value);
  }

  /** Values of `name` in one section of the file, empty for what is in none. */
  inConfig(section: string, name: string): readonly SettingValue[] {
    return (section === "" ? this.#general : this.#sections.get(section))?.get(name) ?? [];
  }

  /** What the file has, by section, which is empty before any. */
  get configSources(): readonly (readonly [section: string, source: SettingSource])[] {
    return [["", this.#general], ...this.#sections];
  }

  get sections(): Iterable<string> {
    return this.#sections.keys();
  }

  /** The value that counts; `false` also for `-noname`, `undefined` when it was not given. */
  value(name: string): SettingValue | undefined {
    const direct = this.commandLine.get(name).at(-1) ?? this.environment.get(name).at(-1);
    if (direct !== undefined) return direct;
    for (const values of [this.#sectionValues(name), this.#generalValues(name)]) {
      // In a file the first value counts, unless a later one negates it.
      if (values.at(-1) === false) return false;
      if (values[0] !== undefined) return values[0];
    }
    return this.implied.get(name).at(-1);
  }

  isSet(name: string): boolean {
    return this.value(name) !== undefined;
  }

  /** Whether a flag is on. */
  flag(name: string, fallback = false): boolean {
    const value = this.value(name);
    return value === undefined ? fallback : typeof value === "boolean" ? value : readsAsTrue(value);
  }

  /** As a text: `1` and `0` for flags. */
  text(name: string): string | undefined {
    const value = this.value(name);
    return value === undefined ? undefined : settingText(value);
  }

  /** All values from all sources; what was given before a negation, or in weaker sources, is gone. */
  list(name: string): readonly string[] {
    const result: string[] = [];
    const sources = [
      this.commandLine.get(name), this.environment.get(name), this.#sectionValues(name),
        this.#generalValues(name),
    ];
    for (const values of sources) {
      const negated = values.lastIndexOf(false);
      result.push(...values.slice(negated + 1).map(settingText));
      if (negated >= 0) break;
    }
    return result;
  }

  /** Whether the last word on `name`, in the strongest source that has one, was `-noname`. */
  isNegated(name: string): boolean {
    return this.value(name) === false;
  }

  /** Options for one network only that stand outside its section, and so do not count. */
  misplaced(names: Iterable<string>): readonly string[] {
    if (this.network === undefined || this.network === "main") return [];
    return [...names].filter((name) =>
      this.#general.get(name).length > 0 && this.value(name) === undefined &&
        this.#general.get(name).at(-1) !== false);
  }

  #sectionValues(name: string): readonly SettingValue[] {
    return this.network === undefined ? [] : this.inConfig(this.network, name);
  }

  #generalValues(name: string): readonly SettingValue[] {
    const values = this.#general.get(name);
    const counts = this.network === undefined || this.network === "main" ||
      findOption(name)?.isPerNetwork !== true;
    return counts ? values : values.at(-1) === false ? [false] : [];
  }
}

export function settingText(value: SettingValue): string {
  return typeof value === "string" ? value : value ? "1" : "0";
}

/** An empty value is true; others are true unless they are zero, or no number. */
export function readsAsTrue(value: string): boolean {
  return value === "" || (Number.parseInt(value, 10) || 0) !== 0;
}
