/** `tidings import FILE…`. @module */
import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { decodeWith } from "../codec/codec.ts";
import { DecodeError } from "../codec/decode_error.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import { openNode, type RunningNode } from "../io/node_host.ts";
import { silentLogger } from "../base/logger.ts";
import { type Block, blockCodec } from "../primitives/block.ts";
import { displayHash, type HashKey, hashKey } from "../primitives/hash.ts";
import { headerCodec } from "../primitives/header.ts";
import { chooseChain } from "./choose_chain.ts";
import { UsageError } from "./core_flags.ts";
import { defaultDataDir } from "./data_place.ts";
import { EXIT } from "./exit.ts";
import { filesToImport, FramingError, type Piece, piecesOf } from "./import_files.ts";
import { planNode } from "./node_plan.ts";
import { startError } from "./run_node.ts";
import { Settings } from "./settings.ts";
import { commandHelp, type Flag, isOn, lastText, type ReadFlags, readFlags } from "./tidings_flags.ts";
import { VERSION } from "./version.ts";

const FLAGS: readonly Flag[] = [
  { name: "chain", value: "NAME|FILE", help: "main, testnet4, signet, regtest, or a chain file (default: main)" },
  { name: "datadir", value: "DIR", help: `Where they go (default: ${defaultDataDir()})` },
  { name: "assumevalid", value: "HASH", help: "Take the scripts up to this block for checked; 0 to check all" },
  { name: "minimumchainwork", value: "HEX", help: "Follow no chain with less work; 0 for any" },
  { name: "prune", value: "MIB", help: "Keep the block files to this" },
];

const HELP = commandHelp({
  usage: "tidings import FILE… [FLAGS]",
  about: "Reads blocks and headers into a data directory, checks them as if they came from a peer, and prints the tip.\n" +
    "FILE is a list of headers (*.headers), a block (*.block), a file of blocks (*.blk, blk*.dat), or a folder of such\n" +
    "files, Bitcoin Core's blocks folder with its xor.dat among them. The first one refused ends it with exit code 1,\n" +
    "naming the rule and where in the file it was broken.",
  flags: FLAGS,
  examples: [
    "tidings import mainnet-1-255.blk --chain main --datadir ./main --minimumchainwork 0 --assumevalid 0",
    "tidings import ~/.bitcoin/blocks --chain main --datadir ./main",
  ],
});

export async function importCommand(argv: readonly string[]): Promise<number> {
  const read = readFlags(argv, FLAGS);
  if (isOn(read, "help") || isOn(read, "version")) {
    process.stdout.write(isOn(read, "help") ? HELP : `tidings ${VERSION}\n`);
    return EXIT.ok;
  }
  const files = readFiles(read.words);
  const node = await openForImport(read);
  try {
    const refusal = await importAll(node, files);
    if (refusal !== undefined) process.stderr.write(`tidings import: refused ${refusal}\n`);
    process.stdout.write(`${tipText(node)}\n`);
    return refusal === undefined ? EXIT.ok : EXIT.failed;
  } finally {
    await node.close();
  }
}

function readFiles(paths: readonly string[]): readonly string[] {
  if (paths.length === 0) throw new UsageError("need a FILE");
  return paths.flatMap((path) => {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) throw new UsageError(`${path} does not exist`);
    const files = filesToImport(path);
    if (files.length === 0) throw new UsageError(`${path} holds no blk*.dat files`);
    return files;
  });
}

/** A node without peers. */
async function openForImport(read: ReadFlags): Promise<RunningNode> {
  const settings = new Settings();
  for (const { name } of FLAGS) {
    const value = lastText(read, name);
    if (value !== undefined) settings.commandLine.add(name, value);
  }
  settings.commandLine.add("connect", "0");
  settings.commandLine.add("listen", "0");
  const params = chooseChain(settings);
  const { options } = await planNode(settings, params);
  const dataDir = join(resolve(settings.text("datadir") || defaultDataDir()), params.folder);
  process.umask(0o077);
  mkdirSync(dataDir, { recursive: true });
  try {
    return await openNode({ options, dataDir, listen: [], logger: silentLogger });
  } catch (error) {
    throw startError(error);
  }
}

/** Blocks handed to the node and not answered yet: enough to keep it busy, few enough to hold. */
const IN_FLIGHT_MAX = 32;

/** What was refused, as a sentence; `undefined` when all was taken. */
async function importAll(node: RunningNode, files: readonly string[]): Promise<string | undefined> {
  const importer = new Importer(node);
  const { magic } = node.core.options.params;
  for (const file of files) {
    try {
      for (const piece of piecesOf(file, magic)) {
        const refusal = await importer.take(piece);
        if (refusal !== undefined) return refusal;
      }
    } catch (error) {
      const refusal = await importer.finish();
      if (refusal !== undefined) return refusal;
      if (error instanceof FramingError) return `${error.file} at byte ${error.offset}: framing, ${error.message}`;
      throw error;
    }
  }
  return (await importer.finish()) ?? importer.unconnected();
}

/** A block whose parent has not come yet: where it stands, not what it holds. */
interface Waiting {
  readonly piece: Piece;
  readonly file: string;
}

class Importer {
  readonly #node: RunningNode;
  /** Answers that are due, oldest first. */
  readonly #due: Promise<string | undefined>[] = [];
  /** By the hash of the parent that they wait for. */
  readonly #waiting = new Map<HashKey, Waiting[]>();
  /** Handed to the node by now. */
  readonly #given = new Set<HashKey>();

  constructor(node: RunningNode) {
    this.#node = node;
  }

  /** Hands a piece on. A string says what was refused, of this piece or an earlier one. */
  async take(piece: Piece): Promise<string | undefined> {
    const fault = piece.kind === "header" ? this.#takeHeader(piece) : this.#takeBlock(piece);
    if (fault !== undefined) return (await this.finish()) ?? fault;
    while (this.#due.length > IN_FLIGHT_MAX) {
      const refusal = await this.#due.shift();
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** Waits until everything has been answered. */
  async finish(): Promise<string | undefined> {
    for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift()) {
      const refusal = await next;
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** A block whose parent never came. */
  unconnected(): string | undefined {
    for (const [first] of this.#waiting.values()) {
      if (first !== undefined) return refusalText(first.piece, { rule: "prev-blk-not-found", detail: "" });
    }
    return undefined;
  }

  #takeHeader(piece: Piece): string | undefined {
    const header = decodeWith(headerCodec, piece.bytes);
    // A list may begin with the genesis block.
    if (this.#isKnown(hashKey(header.hash))) return undefined;
    this.#due.push(this.#node.command({ type: "submit-header", header }).then((result) => {
      if (!result.ok) return refusalText(piece, { rule: result.fault.code, detail: "" });
      const verdict = result.value.type === "header-verdict" ? result.value.verdict : "accepted";
      if (verdict === "accepted") return undefined;
      return refusalText(piece, verdict === "unconnected" ? { rule: "prev-blk-not-found", detail: "" } : verdict);
    }));
    return undefined;
  }

  #takeBlock(piece: Piece): string | undefined {
    let block: Block;
    try {
      block = decodeWith(blockCodec, piece.bytes);
    } catch (error) {
      if (error instanceof DecodeError) return refusalText(piece, { rule: "encoding", detail: error.message });
      throw error;
    }
    const parent = hashKey(block.header.previous);
    if (!this.#isKnown(parent)) {
      const waiting = this.#waiting.get(parent) ?? [];
      // A copy: the bytes must not hold their whole file in memory.
      waiting.push({ piece: { ...piece, bytes: piece.bytes.slice() }, file: piece.file });
      this.#waiting.set(parent, waiting);
      return undefined;
    }
    return this.#submit(piece, block);
  }

  #submit(piece: Piece, block: Block): string | undefined {
    const key = hashKey(block.hash);
    this.#given.add(key);
    this.#due.push(this.#node.command({ type: "submit-block", block }).then((result) => {
      if (!result.ok) return refusalText(piece, { rule: result.fault.code, detail: "" }, block);
      const verdict = result.value.type === "block-verdict" ? result.value.verdict : "accepted";
      if (verdict === "duplicate-invalid") return refusalText(piece, { rule: verdict, detail: "" }, block);
      return typeof verdict === "string" ? undefined : refusalText(piece, verdict, block);
    }));
    const children = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (const child of children) {
      const fault = this.#takeBlock(child.piece);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #isKnown(key: HashKey): boolean {
    if (this.#given.has(key)) return true;
    return this.#node.core.chain.headers.find(Uint8Array.from(key, (letter) => letter.charCodeAt(0))) !== undefined;
  }
}

function refusalText({ file, offset, kind }: Piece, { rule, detail }: RuleViolation, block?: Block): string {
  const what = block === undefined ? "" : ` (block ${displayHash(block.hash)})`;
  return `${file} at byte ${offset}: ${kind} breaks ${rule}${detail === "" ? "" : `, ${detail}`}${what}`;
}

function tipText({ core: { chain } }: RunningNode): string {
  const { headers } = chain;
  const describe = (id: typeof chain.tip): string => `${displayHash(headers.hash(id))} height=${headers.height(id)}`;
  const ahead = chain.bestHeader === chain.tip ? "" : `\nbest header ${describe(chain.bestHeader)}`;
  return `tip ${describe(chain.tip)}${ahead}`;
}
