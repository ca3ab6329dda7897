/** `tidings`: one program with sub-commands. @module */
import { VERSION } from "../io/version.ts";
import { EXIT } from "./exit.ts";
import { didYouMean } from "./nearest.ts";

interface Command {
  readonly about: string;
  /** Loaded when it is asked for, so that each starts as quickly as it can. */
  load(): Promise<(argv: readonly string[]) => Promise<number>>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  devnet: {
    about: "Run a local network of several nodes",
    load: async () => (await import("./devnet.ts")).devnetCommand,
  },
  node: { about: "Run one node", load: async () => (await import("./node_command.ts")).nodeCommand },
  rpc: { about: "Call a method of a running node",
    load: async () => (await import("./rpc_command.ts")).rpcCommand },
  status: {
    about: "Tell whether a running node is connected, reachable and synced",
    load: async () => (await import("./status_command.ts")).statusCommand,
  },
  peers: {
    about: "Show a running node's connections",
    load: async () => (await import("./peers_command.ts")).peersCommand,
  },
  import: {
    about: "Read blocks and headers from files into a data directory",
    load: async () => (await import("./import_command.ts")).importCommand,
  },
  verify: {
    about: "Check one block against the coins that it spends",
    load: async () => (await import("./verify_command.ts")).verifyCommand,
  },
  chain: { about: "Make a network of your own",
    load: async () => (await import("./chain_command.ts")).chainCommand },
  version: { about: "Print the version, and what checks signatures", load: async () => versionCommand },
  help: { about: "Explain a sub-command", load: async () => helpCommand },
};

/** By name: not every sub-command loads the modules that have them. */
const ERRORS_FOR_USERS: ReadonlySet<string> = new Set(["UsageError", "SignatureBackendError"]);

/** Runs the sub-command that `argv` names, and sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = await runCommand(argv);
}

/** The sub-command's exit code. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    process.stderr.write(usage());
    return EXIT.usage;
  }
  if (name === "--help" || name === "-h") return helpCommand(rest);
  if (name === "--version") return runCommand(["version", ...rest]);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return unknownCommand(name);
  try {
    return await (await command.load())(rest);
  } catch (error) {
    if (!(error instanceof Error && ERRORS_FOR_USERS.has(error.name))) throw error;
    process.stderr.write(`tidings ${name}: ${error.message}\nSee: tidings ${name} --help\n`);
    return EXIT.usage;
  }
}

function unknownCommand(name: string): number {
  const near = didYouMean(name, Object.keys(COMMANDS));
  process.stderr.write(`tidings: unknown command ${JSON.stringify(name)}.${near}\nSee: tidings --help\n`);
  return EXIT.usage;
}

async function helpCommand(argv: readonly string[]): Promise<number> {
  const [name] = argv;
  if (name === undefined || name.startsWith("-")) {
    process.stdout.write(usage());
    return EXIT.ok;
  }
  return Object.hasOwn(COMMANDS, name) ? runCommand([name, "--help"]) : unknownCommand(name);
}

async function versionCommand(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help")) {
    process.stdout.write("Usage: tidings version [--json] [--crypto LIBRARY]\n\nPrints the version, and " +
      "what checks signatures: --crypto, or TIDINGS_CRYPTO in the environment,\nforces system, prebuilt, " +
      "wasm or portable.\n");
    return EXIT.ok;
  }
  const [{ nodeFlag }, { isOn, lastText, readFlags }] =
    await Promise.all([import("./node_flags.ts"), import("./tidings_flags.ts")]);
  const read = readFlags(argv, [nodeFlag("crypto"), { name: "json", help: "" }]);
  const { signatureBackend, useSignatures } = await import("../io/node_crypto.ts");
  useSignatures(lastText(read, "crypto"));
  const facts = { tidings: VERSION, node: process.versions.node, signatures: signatureBackend() };
  process.stdout.write(isOn(read, "json")
    ? `${JSON.stringify(facts)}\n`
    : `tidings ${facts.tidings}\nnode ${facts.node}\nsignatures ${facts.signatures}\n`);
  return EXIT.ok;
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(9)}${about}`);
  return `tidings ${VERSION}: a peer-to-peer network for blockchains\n\nUsage: tidings COMMAND [FLAGS]\n\n` +
    `${lines.join("\n")}\n\nEach has --help. tidingsd runs one node with Bitcoin Core's flags.\n`;
}
