import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface PortOwner {
  readonly pid: number;
  readonly program: string;
}

/** The state of a listening socket in Linux's table of them. */
const LISTENING = "0A";

/**
 * Which processes listen on these TCP ports of this machine, as far as Linux tells us: those of
 * other users hide their sockets, and other systems have no such table.
 *
 * All at once and in one go: a few thousand short calls, which take a few milliseconds.
 */
export function portOwners(ports: readonly number[]): ReadonlyMap<number, PortOwner> {
  const owners = new Map<number, PortOwner>();
  if (process.platform !== "linux" || ports.length === 0) return owners;
  const portOf = new Map([...listeningSockets("/proc/net/tcp"), ...listeningSockets("/proc/net/tcp6")]);
  for (const pid of list("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of list(`/proc/${pid}/fd`)) {
      const port = portOf.get(read(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`)));
      if (port === undefined || !ports.includes(port)) continue;
      owners.set(
        port, { pid: Number(pid), program: read(() => readFileSync(`/proc/${pid}/comm`, "utf8")).trim() },
      );
    }
  }
  return owners;
}

/** From `socket:[INODE]` to the port that it listens on. */
function listeningSockets(table: string): readonly (readonly [string, number])[] {
  return read(() => readFileSync(table, "utf8")).split("\n").slice(1).flatMap((line) => {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== LISTENING || inode === undefined) return [];
    return [[`socket:[${inode}]`, Number.parseInt(local.slice(local.indexOf(":") + 1), 16)] as const];
  });
}

/** Processes end, and hide what they have: then there is nothing to read. */
function read(get: () => string): string {
  try {
    return get();
  } catch {
    return "";
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
