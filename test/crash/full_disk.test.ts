/**
 * Disks that take no more: each kind of write fails at a moment drawn by chance. The node stops with a
 * clear message; once there is room again it starts, with every block that it had reported, and its
 * coins end as everyone's.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs, { mkdirSync, rmSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import { below, seededRng } from "../../src/base/rng.ts";
import { DiskStore } from "../../src/io/disk_store.ts";
import { openNode, type RunningNode } from "../../src/io/node_host.ts";
import { VerifyPool } from "../../src/io/verify_pool.ts";
import { defaultNodeOptions } from "../../src/node/node_options.ts";
import { type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../support/blocks.ts";
import { coinDigest } from "../support/coin_digest.ts";
import { testSeed } from "../support/environment.ts";
import { tempDir } from "../support/temp_dir.ts";

const SEED = testSeed(1);
const PARAMS = QUICK_MATURITY;
const STORE = { writeBufferBytes: 64 * 1024, cacheBytes: 64 * 1024 };

const root = tempDir();
const pool = new VerifyPool({ threads: 0, report: (error) => assert.fail(error) });
const chain: BlockNode[] = [];
let expected = "";
let folders = 0;

before(async () => {
  const tree = new BlockTree(PARAMS);
  chain.push(...tree.grow(tree.genesis, 3));
  for (let at = 0; at < 30; at++) {
    const spend = spendAnyone([coinbaseOf(chain[at] as BlockNode)], 0, 100);
    chain.push(tree.extend(chain.at(-1) as BlockNode, { transactions: [spend] }));
  }
  const node = await open(freshFolder());
  await feed(node);
  expected = await coinDigest(node);
  await node.close();
});

after(() => pool.close());

function freshFolder(): string {
  folders += 1;
  return join(root, String(folders));
}

function open(folder: string, logger: Logger = silentLogger): Promise<RunningNode> {
  return openNode({
    options: { ...defaultNodeOptions(PARAMS), connectOnly: [], blockFileBytes: 20_000 },
    dataDir: folder, listen: [], logger, pool,
    stores: { index: STORE, coins: STORE, freeBytes: async () => Number.POSITIVE_INFINITY },
  });
}

function height({ core: { chain: { headers, tip } } }: RunningNode): number {
  return headers.height(tip);
}

/** Hands over all blocks, with a flush now and then; returns the highest that was reported connected. */
async function feed(node: RunningNode): Promise<number> {
  let reported = 0;
  const stop = node.listen((event) => {
    if (event.type === "block:connected") reported = Math.max(reported, event.data.height);
  });
  for (const [i, { block }] of chain.entries()) {
    await node.command({ type: "submit-block", block });
    if (i % 10 === 9) await node.command({ type: "flush" });
    if (node.failure !== undefined) break;
  }
  await node.command({ type: "settle" });
  stop();
  return reported;
}

/** The system's error for `code`. */
function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: a disk that fails`), { code });
}

/** Makes the calls of one kind fail from the `nth` on, until it is called to stop that. */
type Failing = (nth: number) => () => void;

type WriteDone = (error: Error | null, written: number) => void;

/** `fs.write` of data; `isShort`: the last call before the failing ones writes half. */
function failingWrite(code: string, isShort: boolean): Failing {
  return (nth) => {
    const real = fs.write;
    let calls = 0;
    const fake = (fd: number, bytes: Uint8Array, at: number, length: number, position: number,
      done: WriteDone) => {
      calls++;
      if (calls < nth) return real(fd, bytes, at, length, position, done);
      if (calls === nth && isShort) return real(fd, bytes, at, Math.ceil(length / 2), position, done);
      setImmediate(() => done(systemError(code), 0));
    };
    return replaced({ write: fake as unknown as typeof fs.write });
  };
}

function failingSync(code: string): Failing {
  return (nth) => {
    const real = fs.fdatasync;
    let calls = 0;
    return replaced({
      fdatasync: ((fd: number, done: (error: Error | null) => void) => {
        if (++calls < nth) return real(fd, done);
        setImmediate(() => done(systemError(code)));
      }) as typeof fs.fdatasync,
    });
  };
}

/** New files cannot be made. */
function failingOpen(code: string): Failing {
  return (nth) => {
    const real = fs.openSync;
    let calls = 0;
    return replaced({
      openSync: ((file: string, flags: number, mode?: number) => {
        if (typeof flags !== "number" || (flags & fs.constants.O_CREAT) === 0 || ++calls < nth) {
          return real(file, flags, mode);
        }
        throw systemError(code);
      }) as typeof fs.openSync,
    });
  };
}

function replaced(calls: Partial<typeof fs>): () => void {
  const before = Object.fromEntries(Object.keys(calls).map((name) => [name, fs[name as keyof typeof fs]]));
  Object.assign(fs, calls);
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, before);
    syncBuiltinESMExports();
  };
}

/** Batches of any of the LevelDB stores. */
function failingBatch(code: string): Failing {
  return (nth) => {
    const real = DiskStore.prototype.write;
    let calls = 0;
    DiskStore.prototype.write = function (batch, options) {
      return ++calls < nth ? real.call(this, batch, options) : Promise.reject(systemError(code));
    };
    return () => {
      DiskStore.prototype.write = real;
    };
  };
}

/** `most`: there are more calls in a run, also of one in which many batches are written as one. */
const KINDS: readonly { readonly name: string; readonly fail: Failing; readonly most: number }[] = [
  { name: "a write to a block or undo file, on a full disk", fail: failingWrite("ENOSPC", false), most: 60 },
  { name: "a write of which half is taken, on a full disk", fail: failingWrite("ENOSPC", true), most: 60 },
  { name: "a write to a disk that is broken", fail: failingWrite("EIO", false), most: 60 },
  { name: "a sync to a disk that is broken", fail: failingSync("EIO"), most: 4 },
  { name: "a new file on a disk that has become read-only", fail: failingOpen("EROFS"), most: 4 },
  { name: "a batch of a store, on a full disk", fail: failingBatch("ENOSPC"), most: 35 },
  { name: "a batch of a store on a disk that is broken", fail: failingBatch("EIO"), most: 35 },
];

for (const { name, fail, most } of KINDS) {
  test(`seed ${SEED}: ${name}, stops the node with a message, and corrupts nothing`, async () => {
    const folder = freshFolder();
    const nth = 2 + below(seededRng(SEED + name.length), most);
    const lines: string[] = [];
    const node = await open(folder, { ...silentLogger, error: (text) => void lines.push(text) });
    const mend = fail(nth);
    let reported: number;
    try {
      reported = await feed(node);
      await node.close();
    } finally {
      mend();
    }
    assert.ok(node.failure !== undefined, `call ${nth} failed, and nobody noticed`);
    assert.match(node.failure.message, /^Cannot write to the data directory: E[A-Z]+: a disk that fails$/);
    assert.match(lines.join("\n"),
      /A fatal internal error occurred, see debug\.log for details: Cannot write/);
    await recovers(folder, reported);
  });
}

async function recovers(folder: string, reported: number): Promise<void> {
  const again = await open(folder);
  await again.command({ type: "settle" });
  assert.ok(height(again) >= reported, `at ${height(again)}, and ${reported} had been reported connected`);
  await feed(again);
  assert.equal(await coinDigest(again), expected);
  const check = await again.command({ type: "check-chain", level: 4, depth: 0 });
  assert.ok(check.ok && check.value.type === "chain-check" && check.value.isGood);
  await again.close();
}

test("addresses of peers that cannot be saved are said, and nothing else comes of it", async () => {
  const folder = freshFolder();
  const lines: string[] = [];
  const node = await open(folder, { ...silentLogger, error: (text) => void lines.push(text) });
  await feed(node);
  // Where the new file is to be made, a folder stands.
  mkdirSync(join(folder, "peers.dat.new"));
  await node.close();
  assert.equal(node.failure, undefined);
  assert.match(lines.join("\n"), /^Cannot save peers\.dat: /);
  rmSync(join(folder, "peers.dat.new"), { recursive: true });
  await recovers(folder, chain.length);
});

/** A file system of its own in `folder`, which only root can make. */
function mountSmallDisk(folder: string): boolean {
  if (process.platform !== "linux") return false;
  mkdirSync(folder);
  return spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", folder]).status === 0;
}

test("a real disk that is full stops the node with a message; with room again it goes on", async (t) => {
  const disk = join(root, "small");
  if (!mountSmallDisk(disk)) return t.skip("needs root and tmpfs");
  try {
    const folder = join(disk, "node");
    const node = await open(folder);
    const { bavail, bsize } = fs.statfsSync(disk);
    fs.writeFileSync(join(disk, "filler"), new Uint8Array(bavail * bsize - 20_000));
    const reported = await feed(node);
    await node.close();
    assert.match(node.failure?.message ?? "",
      /^Cannot write to the data directory: .*(ENOSPC|No space left)/);
    assert.ok(reported > 0 && reported < chain.length, `${reported} blocks fitted`);
    rmSync(join(disk, "filler"));
    await recovers(folder, reported);
  } finally {
    spawnSync("umount", ["-l", disk]);
  }
});
