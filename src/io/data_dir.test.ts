import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { fromHex as hex } from "../base/bytes.ts";
import { tempDir } from "../../test/support/temp_dir.ts";
import { DataDir } from "./data_dir.ts";
import { DataDirError } from "./data_dir_error.ts";
import { FREE_BYTES_MIN } from "./disk_space.ts";
import { removeRunFile, writeCookie, writePidFile } from "./run_files.ts";
import { saveFile } from "./save_file.ts";

const root = tempDir();
let folders = 0;

function freshFolder(): string {
  folders += 1;
  return join(root, String(folders), "regtest");
}

async function refusal(folder: string, options = {}): Promise<DataDirError> {
  try {
    await (await DataDir.open(folder, options)).close();
  } catch (error) {
    assert.ok(error instanceof DataDirError, `threw ${error}`);
    return error;
  }
  return assert.fail("it was opened");
}

const mode = (path: string): number => statSync(path).mode & 0o777;

test("a new directory gets Bitcoin Core's layout, readable by its owner only", async () => {
  const folder = freshFolder();
  await (await DataDir.open(folder)).close();
  assert.deepEqual(readdirSync(folder).sort(), [".lock", "blocks", "chainstate", "indexes", "wallets"]);
  assert.deepEqual(readdirSync(join(folder, "wallets")), []);
  if (process.platform === "win32") return;
  for (const name of ["", "blocks", "wallets", "indexes"]) assert.equal(mode(join(folder, name)), 0o700);
  assert.equal(mode(join(folder, "blocks", "format")), 0o600);
});

test("what was written is there when it is opened again, also from a plain copy", async () => {
  const folder = freshFolder();
  const first = await DataDir.open(folder);
  await first.index.write([{ type: "put", key: hex("01"), value: hex("aa") }]);
  await first.coins.write([{ type: "put", key: hex("01"), value: hex("bb") }]);
  await first.files.write([{ name: "blocks/blk00000.dat", offset: 0, bytes: hex("cc") }]);
  await first.save("peers.dat", hex("dd"));
  await first.close();
  const copy = freshFolder();
  cpSync(folder, copy, { recursive: true });
  for (const each of [folder, copy]) {
    const again = await DataDir.open(each);
    assert.deepEqual(again.index.get(hex("01")), hex("aa"));
    assert.deepEqual(again.coins.get(hex("01")), hex("bb"));
    assert.deepEqual(again.files.read("blocks/blk00000.dat", 0, 1), hex("cc"));
    assert.deepEqual(await again.load("peers.dat"), hex("dd"));
    assert.equal(await again.load("anchors.dat"), undefined);
    await again.close();
  }
});

test("a directory in use is refused in Bitcoin Core's words, here and from another process", async () => {
  const folder = freshFolder();
  const open = await DataDir.open(folder);
  const text = `Cannot obtain a lock on directory ${folder}. tidings is probably already running.`;
  const { code, message } = await refusal(folder);
  assert.deepEqual([code, message], ["locked", text]);
  const module = pathToFileURL(join(import.meta.dirname, "data_dir.js")).href;
  const { stdout } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", `
      import { DataDir } from ${JSON.stringify(module)};
      await DataDir.open(${JSON.stringify(folder)}).catch((error) => console.log(error.message));`],
    { encoding: "utf8" },
  );
  assert.equal(stdout.trim(), text);
  await open.close();
  await (await DataDir.open(folder)).close();
});

test("a newer format is refused by name, and nothing is changed", async () => {
  const folder = freshFolder();
  await (await DataDir.open(folder)).close();
  writeFileSync(join(folder, "blocks", "format"), "tidings data format 3\n");
  const { code, message } = await refusal(folder);
  assert.equal(code, "newer-format");
  assert.match(message, /written by a newer tidings: format 3, this one reads 2/);
  assert.equal(readFileSync(join(folder, "blocks", "format"), "utf8"), "tidings data format 3\n");
});

test("a damaged format file is refused, with what to do", async () => {
  const folder = freshFolder();
  await (await DataDir.open(folder)).close();
  writeFileSync(join(folder, "blocks", "format"), "\0\0\0");
  const { code, message } = await refusal(folder);
  assert.equal(code, "damaged-format");
  assert.match(message, /write "tidings data format 2" into it/);
});

test("a block index that another program wrote is refused", async () => {
  const folder = freshFolder();
  mkdirSync(join(folder, "blocks", "index"), { recursive: true });
  writeFileSync(join(folder, "blocks", "index", "CURRENT"), "MANIFEST-000001\n");
  assert.equal((await refusal(folder)).code, "foreign");
});

test("a disk that is nearly full is said before anything is written", async () => {
  const folder = freshFolder();
  const { code, message } = await refusal(folder, { freeBytes: async () => FREE_BYTES_MIN - 1 });
  assert.equal(code, "disk-full");
  assert.match(message, /52 MB are free, at least 52 MB are needed/);
  assert.deepEqual(readdirSync(join(folder, "blocks")), []);
});

test("a disk that fills up later is said by checkSpace", async () => {
  let free = FREE_BYTES_MIN;
  const open = await DataDir.open(freshFolder(), { freeBytes: async () => free });
  free = 0;
  await assert.rejects(open.checkSpace(), { code: "disk-full" });
  await open.close();
});

test("a directory that may not be written to is refused", {
  skip: process.platform === "win32" || process.getuid?.() === 0 ? "needs a user who is not root" : false,
}, async () => {
  const folder = freshFolder();
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o500);
  assert.equal((await refusal(folder)).code, "not-writable");
});

test("the cookie is user and password, without newline, complete when it is seen", async () => {
  const file = join(root, ".cookie");
  const first = await writeCookie(file);
  assert.equal(readFileSync(file, "utf8"), `__cookie__:${first.password}`);
  assert.match(first.password, /^[0-9a-f]{64}$/);
  if (process.platform !== "win32") assert.equal(mode(file), 0o600);
  assert.notEqual((await writeCookie(file)).password, first.password);
  await removeRunFile(file);
  await removeRunFile(file);
  assert.equal(readdirSync(root).some((name) => name.startsWith(".cookie")), false);
});

test("the pid file holds the number of this process", async () => {
  const file = join(root, "bitcoind.pid");
  await writePidFile(file);
  assert.equal(readFileSync(file, "utf8"), `${process.pid}\n`);
});

test("a saved file replaces the old one and leaves no other", async () => {
  const folder = join(root, "saves");
  mkdirSync(folder);
  await saveFile(join(folder, "peers.dat"), hex("aabb"));
  await saveFile(join(folder, "peers.dat"), hex("cc"));
  assert.deepEqual([...readFileSync(join(folder, "peers.dat"))], [0xcc]);
  assert.deepEqual(readdirSync(folder), ["peers.dat"]);
});

test("what is added to a file stands at its end, in a folder that is made for it", async () => {
  const folder = freshFolder();
  const dir = await DataDir.open(folder);
  for (const part of ["0102", "03"]) dir.append("message_capture/1.2.3.4_8333/msgs_recv.dat", hex(part));
  await dir.close();
  const name = join(folder, "message_capture", "1.2.3.4_8333", "msgs_recv.dat");
  assert.deepEqual(new Uint8Array(readFileSync(name)), hex("010203"));
  if (process.platform !== "win32") assert.equal(mode(name), 0o600);
});
