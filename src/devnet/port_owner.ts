import { promises as fs } from "node:fs";

export interface PortOwner {
  readonly pid: number;
  readonly program: string;
}

/** The state of a listening socket in Linux's table of them. */
const LISTENING = "0A";

/**
 * Which process listens on a TCP port of this machine, as far as Linux tells us: processes of other
 * users hide their sockets. `undefined` when it cannot be told, as on other systems.
 */
export async function portOwner(port: number): Promise<PortOwner | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    const sockets = new Set([...(await socketsOn("/proc/net/tcp", port)), ...(await socketsOn("/proc/net/tcp6", port))]);
    if (sockets.size === 0) return undefined;
    for (const entry of await fs.readdir("/proc")) {
      if (!/^\d+$/.test(entry) || !(await holdsOne(entry, sockets))) continue;
      return { pid: Number(entry), program: (await fs.readFile(`/proc/${entry}/comm`, "utf8")).trim() };
    }
  } catch {
    // No such files, or gone while we looked: then nobody knows.
  }
  return undefined;
}

/** Inode numbers of the sockets that listen on `port`. */
async function socketsOn(table: string, port: number): Promise<readonly string[]> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = (await fs.readFile(table, "utf8")).split("\n").slice(1);
  return lines.flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    return local.endsWith(suffix) && state === LISTENING && inode !== undefined ? [inode] : [];
  });
}

async function holdsOne(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await fs.readdir(folder).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await fs.readlink(`${folder}/${descriptor}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined && sockets.has(inode)) return true;
  }
  return false;
}
