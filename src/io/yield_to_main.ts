import { setPriority } from "node:os";

/** So much nicer than the main thread, that it need not wait for a processor when all are busy. */
const NICENESS = 5;

/** To be called by a worker thread. */
export function yieldToMainThread(): void {
  // Of this thread alone on Linux; elsewhere it would be of the whole process.
  if (process.platform !== "linux") return;
  try {
    setPriority(NICENESS);
  } catch {
    // A system that forbids it gets all the same work done.
  }
}
