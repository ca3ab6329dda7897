import { type Bytes, concatBytes } from "../base/bytes.ts";
import type { FileWrite } from "../store/file_store.ts";

/** Longer ones are written as they are: copying them together would cost more than it saves. */
const JOINED_BYTES_MAX = 1024 * 1024;

interface Run {
  readonly name: string;
  readonly offset: number;
  readonly pieces: Bytes[];
  length: number;
}

/**
 * The same bytes in the same places, with fewer writes: those that follow each other in one file
 * become one. Each write costs a switch of threads, whatever its length, and a batch of small
 * blocks has hundreds. The order within a file stays, that of files among each other does not.
 */
export function joinWrites(writes: readonly FileWrite[]): readonly FileWrite[] {
  const runs: Run[] = [];
  const lastOf = new Map<string, Run>();
  for (const { name, offset, bytes } of writes) {
    const last = lastOf.get(name);
    if (last?.offset === offset - (last?.length ?? 0) && last.length + bytes.length <= JOINED_BYTES_MAX) {
      last.pieces.push(bytes);
      last.length += bytes.length;
    } else {
      const run = { name, offset, pieces: [bytes], length: bytes.length };
      runs.push(run);
      lastOf.set(name, run);
    }
  }
  return runs.map(({ name, offset, pieces }) => ({ name, offset, bytes: joined(pieces) }));
}

function joined(pieces: readonly Bytes[]): Bytes {
  return pieces.length === 1 ? (pieces[0] as Bytes) : concatBytes(...pieces);
}
