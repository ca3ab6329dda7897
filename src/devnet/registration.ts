/**
 * A file that says that a devnet runs here, so that nobody starts a second one on the same data.
 *
 * @module
 */
import { promises as fs, readFileSync } from "node:fs";
import * as net from "node:net";
import { join } from "node:path";
import { TidingsError } from "../api/errors.ts";
import { errorCode } from "../io/errno.ts";
import { LOOPBACK } from "./ports.ts";

export const REGISTRATION_FILE = "running.json";

/** What stands in the file. Other tools may read it. */
export interface RegisteredNode {
  readonly name: string;
  readonly role: string;
  readonly p2pPort: number;
  readonly rpcPort: number;
  readonly cookieFile: string;
  readonly dataDir: string;
}

interface Entry {
  readonly pid: number;
  /** Empty until they are up. */
  readonly nodes: readonly RegisteredNode[];
}

export class Registration {
  readonly #folder: string;
  readonly #file: string;

  private constructor(folder: string, file: string) {
    this.#folder = folder;
    this.#file = file;
  }

  /**
   * Takes `folder`, which is made if it is not there.
   *
   * @throws {TidingsError} ALREADY_RUNNING
   */
  static async take(folder: string): Promise<Registration> {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, REGISTRATION_FILE);
    if (!(await create(file))) {
      await refuseRunning(file, folder);
      // Left behind by one that was killed.
      await fs.rm(file, { force: true });
      if (!(await create(file))) await refuseRunning(file, folder);
    }
    return new Registration(folder, file);
  }

  /** Says where the nodes are. */
  async announce(nodes: readonly RegisteredNode[]): Promise<void> {
    const entry: Entry = { pid: process.pid, nodes };
    await fs.writeFile(`${this.#file}.tmp`, `${JSON.stringify(entry, undefined, 2)}\n`, { mode: 0o600 });
    await fs.rename(`${this.#file}.tmp`, this.#file);
  }

  async release(): Promise<void> {
    await fs.rm(this.#file, { force: true });
    // Stays when there is something in it.
    await fs.rmdir(this.#folder).catch(() => {});
  }
}

/** The nodes of the devnet that runs in `folder`, for whoever wants to talk to one; none when none does. */
export function registeredNodes(folder: string): readonly RegisteredNode[] {
  try {
    const entry = parse(readFileSync(join(folder, REGISTRATION_FILE), "utf8"));
    return entry !== undefined && isProcess(entry.pid) ? entry.nodes : [];
  } catch {
    return [];
  }
}

/** False when there is such a file. */
async function create(file: string): Promise<boolean> {
  const entry: Entry = { pid: process.pid, nodes: [] };
  try {
    await fs.writeFile(file, JSON.stringify(entry), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function refuseRunning(file: string, folder: string): Promise<void> {
  const entry = await read(file);
  if (entry === undefined || !(await isAlive(entry))) return;
  const { pid, nodes: [first] } = entry;
  const rpcPort = first?.rpcPort;
  const rpc = rpcPort === undefined ? "still starting" : `RPC of ${first?.name} on port ${rpcPort}`;
  throw new TidingsError(
    "ALREADY_RUNNING", `A devnet is already running here (pid ${pid}, ${rpc})`,
    { where: folder, pid, rpcPort },
  );
}

async function read(file: string): Promise<Entry | undefined> {
  try {
    return parse(await fs.readFile(file, "utf8"));
  } catch {
    // Gone, or cut short by a crash.
    return undefined;
  }
}

/** @throws {SyntaxError} when it was cut short */
function parse(text: string): Entry | undefined {
  const entry = JSON.parse(text) as Partial<Entry> | null;
  return typeof entry?.pid === "number" && Array.isArray(entry.nodes) ? (entry as Entry) : undefined;
}

/** Its process number may be another program's by now: so its port is asked too, once it has told one. */
async function isAlive({ pid, nodes: [first] }: Entry): Promise<boolean> {
  if (!isProcess(pid)) return false;
  return first === undefined || answers(first.rpcPort);
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: LOOPBACK, port });
    const settle = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("connect", () => settle(true)).once("error", () => settle(false));
  });
}
