/** What worker threads are started with. @module */

/** A program given on the command line has a flag that a worker refuses; all others are inherited unsaid. */
export function workerFlags(): { readonly execArgv?: string[] } {
  const execArgv = process.execArgv.filter((flag) => !flag.startsWith("--input-type"));
  return execArgv.length === process.execArgv.length ? {} : { execArgv };
}

/** The module `name` beside the one whose `import.meta.url` is given, compiled or not. */
export function siblingModule(url: string, name: string): URL {
  return new URL(`./${name}${url.slice(url.lastIndexOf("."))}`, url);
}
