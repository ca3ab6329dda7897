/** `tidings devnet`. @module */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isTidingsError } from "../api/errors.ts";
import type { Devnet, NetEvents } from "../devnet/devnet.ts";
import { startDevnet } from "../devnet/start.ts";
import { useSignatures } from "../io/node_crypto.ts";
import { UsageError } from "./core_flags.ts";
import { DEVNET_HELP, type DevnetRun, readDevnetFlags } from "./devnet_flags.ts";
import { blockJson, type DevnetLine, now, readyLine, txJson } from "./devnet_json.ts";
import { hasKeyboard, listenToKeys } from "./devnet_keys.ts";
import {
  blockLine, choosePaint, commandName, KEY_HELP, openingText, type Paint, txLine,
} from "./devnet_text.ts";
import { EXIT } from "./exit.ts";
import { printsHelp } from "./tidings_flags.ts";
import { packageRoot } from "../io/version.ts";

/** Runs until it is stopped. @throws {UsageError} */
export async function devnetCommand(argv: readonly string[]): Promise<number> {
  const { read, run } = readDevnetFlags(argv);
  if (printsHelp(read, DEVNET_HELP)) return EXIT.ok;
  useSignatures(run.crypto);
  const stop = new StopRequest();
  try {
    return await runDevnet(run, stop);
  } catch (error) {
    return explain(error, run, stop);
  } finally {
    stop.forget();
  }
}

/** Someone wants it to end: the first request is for a clean stop, Ctrl-C again for a quick one. */
class StopRequest {
  readonly #controller = new AbortController();
  readonly made: Promise<void>;
  #exitCode: number = EXIT.ok;
  readonly #interrupted = (): void => this.interrupt();
  readonly #terminated = (): void => this.make(EXIT.ok);

  constructor() {
    this.made = new Promise(
      (resolve) => this.signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    process.on("SIGINT", this.#interrupted);
    process.on("SIGTERM", this.#terminated);
    process.on("SIGHUP", this.#terminated);
    // Whoever read our output is gone.
    process.stdout.on("error", this.#terminated);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get exitCode(): number {
    return this.#exitCode;
  }

  interrupt(): void {
    if (this.signal.aborted) process.exit(EXIT.interrupted);
    this.make(EXIT.interrupted);
  }

  make(exitCode: number): void {
    if (this.signal.aborted) return;
    this.#exitCode = exitCode;
    this.#controller.abort();
  }

  forget(): void {
    process.off("SIGINT", this.#interrupted);
    process.off("SIGTERM", this.#terminated);
    process.off("SIGHUP", this.#terminated);
  }
}

async function runDevnet(run: DevnetRun, stop: StopRequest): Promise<number> {
  const net = await startDevnet({ ...run.options, signal: stop.signal }, run.home);
  const stopKeys = run.form === "json" ? tellJson(net, run) : tellText(net, run, stop);
  net.on("net:node-removed", () => {
    if (net.list().every((node) => node.isClosed)) stop.make(EXIT.ok);
  });
  await stop.made;
  stopKeys();
  if (run.form === "text") process.stdout.write("Stopping\n");
  await net.close();
  if (run.form === "json") print({ type: "stopped", time: now() });
  return stop.exitCode;
}

function tellJson(net: Devnet, { isQuiet }: DevnetRun): () => void {
  print(readyLine(net, readyAfter()));
  const kinds = new PaymentKinds(net);
  if (!isQuiet) {
    net.on("block:spread", (block) => print(blockJson(block)));
    net.on("tx:spread", (tx) => print(txJson(tx, kinds.take(tx.txid))));
  }
  net.on("net:warning", ({ text }) => print({ type: "warning", time: now(), text }));
  net.on(
    "net:node-removed", ({ node, reason }) => print({ type: "node-removed", time: now(), node, reason }),
  );
  return () => {};
}

function tellText(net: Devnet, run: DevnetRun, stop: StopRequest): () => void {
  const paint = choosePaint(isColoured());
  const hasKeys = hasKeyboard();
  const root = packageRoot();
  const command = commandName(root, existsSync(join(root, "src")));
  write(openingText({ net, run, command, hasKeys, readyAfter: readyAfter() }, paint));
  tellEvents(net, run, paint);
  if (!hasKeys) return () => {};
  return listenToKeys({
    mine: () => void net.mineNext(),
    help: () => write(`${KEY_HELP}\n`),
    quit: () => stop.make(EXIT.ok),
    interrupt: () => stop.interrupt(),
  });
}

function tellEvents(net: Devnet, { isQuiet }: DevnetRun, paint: Paint): void {
  const kinds = new PaymentKinds(net);
  if (!isQuiet) {
    net.on("block:spread", (block) => write(`${blockLine(block, new Date(), paint)}\n`));
    net.on("tx:spread", (tx) => write(`${txLine(tx, kinds.take(tx.txid), new Date(), paint)}\n`));
  }
  net.on("net:warning", ({ text }) => write(`${paint.loud("warning")}  ${text}\n`));
  net.on("net:node-removed", ({ node, reason }) => write(`${paint.loud(node)} stopped: ${reason}\n`));
}

/** What kind of coin each payment of the network's own spends, until it is told. */
class PaymentKinds {
  readonly #kinds = new Map<string, string>();

  constructor(net: Devnet) {
    net.on("net:paid", ({ txid, kind }) => this.#add(txid, kind));
  }

  take(txid: string): string | undefined {
    const kind = this.#kinds.get(txid);
    this.#kinds.delete(txid);
    return kind;
  }

  #add(txid: string, kind: NetEvents["net:paid"]["kind"]): void {
    this.#kinds.set(txid, kind);
    const [oldest] = this.#kinds.keys();
    // Those that no node has told of by then went astray.
    if (this.#kinds.size > PAYMENTS_MAX && oldest !== undefined) this.#kinds.delete(oldest);
  }
}

const PAYMENTS_MAX = 10_000;

/** What kept it from running, or that it was stopped before it was ready. */
function explain(error: unknown, { form, options }: DevnetRun, stop: StopRequest): number {
  if (stop.signal.aborted && error === stop.signal.reason) return stop.exitCode;
  if (!isTidingsError(error)) throw error;
  if (isTidingsError(error, "CONFIG") && Object.hasOwn(options, error.data.option)) {
    throw new UsageError(`--${error.data.option} is ${String(error.data.found)}, need ${error.data.allowed}`);
  }
  if (form === "json") print(
    { type: "error", time: now(), code: error.code, message: error.message, data: error.data },
  );
  const hint =
    isTidingsError(error, "ALREADY_RUNNING") ? ". For another beside it: tidings devnet --name two" : "";
  process.stderr.write(`tidings devnet: ${error.message}${hint}\n`);
  return EXIT.failed;
}

/** Seconds since the process started. */
function readyAfter(): number {
  return Math.round(performance.now()) / 1000;
}

function isColoured(): boolean {
  return process.stdout.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
}

function print(line: DevnetLine): void {
  write(
    `${JSON.stringify(line, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))}\n`,
  );
}

function write(text: string): void {
  process.stdout.write(text);
}
