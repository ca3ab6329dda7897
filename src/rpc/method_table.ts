import type { Method } from "./method.ts";
import { methodHelp, methodSynopsis } from "./method_help.ts";

/** The methods a server has, by name, and their help. */
export class MethodTable {
  readonly #methods = new Map<string, Method>();

  constructor(families: readonly (readonly Method[])[]) {
    for (const method of families.flat()) this.#methods.set(method.name, method);
  }

  find(name: string): Method | undefined {
    return this.#methods.get(name);
  }

  get all(): Iterable<Method> {
    return this.#methods.values();
  }

  /** Of one method, hidden or not; with no name, a line for each that is not hidden. */
  help(name: string): string {
    if (name === "") return this.#list();
    const method = this.#methods.get(name);
    return method === undefined ? `help: unknown command: ${name}` : methodHelp(method);
  }

  #list(): string {
    const sections = new Map<string, string[]>();
    const shown = [...this.#methods.values()]
      .filter(({ category }) => category !== "hidden")
      .sort((a, b) => (a.category + a.name < b.category + b.name ? -1 : 1));
    for (const method of shown) {
      const section = sections.get(method.category) ?? [];
      section.push(methodSynopsis(method));
      sections.set(method.category, section);
    }
    return [...sections]
      .map(([category, lines]) =>
        `== ${category[0]?.toUpperCase()}${category.slice(1)} ==\n${lines.join("\n")}`)
      .join("\n\n");
  }
}
