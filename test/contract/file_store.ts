import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Bytes, fromHex as hex } from "../../src/base/bytes.ts";
import type { FileStore } from "../../src/store/file_store.ts";

/** Each call of `open` gives a store without files that nothing else uses. */
type Open = () => Promise<FileStore>;

const NAME = "blocks/blk00000.dat";

/** What every `FileStore` must do. A new engine adds one line to its own test file, not new tests. */
export function obeysFileStore(name: string, open: Open): void {
  claimsOfReadingAndWriting(name, open);
  claimsOfRemovingAndListing(name, open);

  test(`${name} does what a plain array of bytes does`, async () => {
    const write = fc.record({ offset: fc.nat(40), bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }) });
    await fc.assert(fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 12 }), async (writes) => {
      await within(open, async (files) => {
        const naive: number[] = [];
        for (const { offset, bytes } of writes) {
          await files.write([{ name: NAME, offset, bytes }]);
          while (naive.length < offset) naive.push(0);
          naive.splice(offset, bytes.length, ...bytes);
        }
        assert.deepEqual(bytesOf(files.read(NAME, 0, naive.length)), naive);
        assert.equal(files.read(NAME, 0, naive.length + 1), undefined);
      });
    }), { numRuns: 20 });
  });
}

function claimsOfReadingAndWriting(name: string, open: Open): void {
  test(`${name}: what was written is read back, any part of it`, async () => {
    await within(open, async (files) => {
      await files.write([{ name: NAME, offset: 0, bytes: hex("00112233") }]);
      assert.deepEqual(bytesOf(files.read(NAME, 0, 4)), [0x00, 0x11, 0x22, 0x33]);
      assert.deepEqual(bytesOf(files.read(NAME, 1, 2)), [0x11, 0x22]);
    });
  });

  test(`${name}: a file that is missing, or too short for all of a read, gives undefined`, async () => {
    await within(open, async (files) => {
      await files.write([{ name: NAME, offset: 0, bytes: hex("00112233") }]);
      assert.equal(files.read("blocks/blk00001.dat", 0, 1), undefined);
      assert.equal(files.read("other/blk00000.dat", 0, 1), undefined);
      assert.equal(files.read(NAME, 3, 2), undefined);
      assert.equal(files.read(NAME, 4, 1), undefined);
      assert.equal(files.read(NAME, 1000, 1), undefined);
    });
  });

  test(`${name}: a gap that a write leaves behind it reads as zeros`, async () => {
    await within(open, async (files) => {
      await files.write([{ name: NAME, offset: 3, bytes: hex("aa") }]);
      assert.deepEqual(bytesOf(files.read(NAME, 0, 4)), [0, 0, 0, 0xaa]);
    });
  });

  test(`${name}: writing over a part leaves the rest`, async () => {
    await within(open, async (files) => {
      await files.write([{ name: NAME, offset: 0, bytes: hex("00112233") }]);
      await files.write([{ name: NAME, offset: 1, bytes: hex("aabb") }], { sync: true });
      assert.deepEqual(bytesOf(files.read(NAME, 0, 4)), [0x00, 0xaa, 0xbb, 0x33]);
    });
  });

  test(`${name}: the writes of one call are made in order, to several files`, async () => {
    await within(open, async (files) => {
      await files.write([
        { name: NAME, offset: 0, bytes: hex("0000") },
        { name: "blocks/rev00000.dat", offset: 0, bytes: hex("cc") },
        { name: NAME, offset: 1, bytes: hex("11") },
      ]);
      assert.deepEqual(bytesOf(files.read(NAME, 0, 2)), [0x00, 0x11]);
      assert.deepEqual(bytesOf(files.read("blocks/rev00000.dat", 0, 1)), [0xcc]);
    });
  });

  test(`${name}: calls that do not wait for each other are carried out in order`, async () => {
    await within(open, async (files) => {
      const first = files.write([{ name: NAME, offset: 0, bytes: hex("aaaa") }]);
      const second = files.write([{ name: NAME, offset: 1, bytes: hex("bb") }]);
      await Promise.all([first, second]);
      assert.deepEqual(bytesOf(files.read(NAME, 0, 2)), [0xaa, 0xbb]);
    });
  });

  test(`${name}: bytes that were read do not change when they are written over`, async () => {
    await within(open, async (files) => {
      await files.write([{ name: NAME, offset: 0, bytes: hex("aa") }]);
      const before = files.read(NAME, 0, 1);
      await files.write([{ name: NAME, offset: 0, bytes: hex("bb") }]);
      assert.deepEqual(bytesOf(before), [0xaa]);
    });
  });

  test(`${name}: bytes cut from a larger buffer are written as what they are`, async () => {
    await within(open, async (files) => {
      await files.write([{ name: NAME, offset: 0, bytes: hex("00112233").subarray(1, 3) }]);
      assert.deepEqual(bytesOf(files.read(NAME, 0, 2)), [0x11, 0x22]);
      assert.equal(files.read(NAME, 0, 3), undefined);
    });
  });

}

function claimsOfRemovingAndListing(name: string, open: Open): void {
  test(`${name}: a removed file is gone, and may be written anew`, async () => {
    await within(open, async (files) => {
      await files.write([{ name: NAME, offset: 0, bytes: hex("0011") }]);
      assert.deepEqual(bytesOf(files.read(NAME, 0, 2)), [0x00, 0x11]);
      await files.remove([NAME]);
      assert.equal(files.read(NAME, 0, 1), undefined);
      assert.deepEqual(await files.list("blocks"), []);
      await files.write([{ name: NAME, offset: 0, bytes: hex("22") }]);
      assert.deepEqual(bytesOf(files.read(NAME, 0, 1)), [0x22]);
      assert.equal(files.read(NAME, 0, 2), undefined);
    });
  });

  test(`${name}: removing what is not there is no error`, async () => {
    await within(open, (files) => files.remove([NAME]));
  });

  test(`${name}: a list names the files directly inside the folder, with their sizes`, async () => {
    await within(open, async (files) => {
      await files.write([
        { name: NAME, offset: 0, bytes: hex("0011") },
        { name: "blocks/rev00000.dat", offset: 2, bytes: hex("0011") },
        { name: "blocks/index/LOG", offset: 0, bytes: hex("00") },
        { name: "peers.dat", offset: 0, bytes: hex("00") },
      ]);
      const listed = [...(await files.list("blocks"))].sort((a, b) => (a.name < b.name ? -1 : 1));
      assert.deepEqual(listed, [{ name: "blk00000.dat", size: 2 }, { name: "rev00000.dat", size: 4 }]);
    });
  });

  test(`${name}: a folder that is not there has no files`, async () => {
    await within(open, async (files) => assert.deepEqual(await files.list("blocks"), []));
  });
}

async function within(open: Open, run: (files: FileStore) => Promise<void>): Promise<void> {
  const files = await open();
  try {
    await run(files);
  } finally {
    await files.close();
  }
}

/** Numbers, since an engine may answer with a subclass of `Uint8Array`. */
function bytesOf(bytes: Bytes | undefined): number[] | undefined {
  return bytes === undefined ? undefined : [...bytes];
}
