/** `--watch`: what a command shows, again and again until Ctrl-C. @module */
import { setTimeout as delay } from "node:timers/promises";
import { EXIT } from "./exit.ts";
import { type Flag, isOn, type ReadFlags } from "./tidings_flags.ts";

export const WATCH_FLAG: Flag = { name: "watch", help: "Show it again every two seconds, until Ctrl-C" };

/** Milliseconds. */
const WATCH_INTERVAL = 2_000;

const CURSOR_HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

export interface Screen {
  readonly isTerminal: boolean;
  write(text: string): void;
  /** Until the next look is due. */
  wait(): Promise<void>;
}

const STANDARD_OUTPUT: Screen = {
  isTerminal: process.stdout.isTTY,
  write: (text) => void process.stdout.write(text),
  wait: () => delay(WATCH_INTERVAL),
};

/**
 * Shows what `look` gives: once, or with `--watch` until that is a number, which is what to exit with.
 * A terminal is drawn over line by line, so that it does not flicker.
 */
export async function showOrWatch(
  read: ReadFlags, look: () => Promise<string | number>, screen = STANDARD_OUTPUT,
): Promise<number> {
  const isWatching = isOn(read, "watch");
  for (let count = 0; ; count++) {
    const shown = await look();
    if (typeof shown === "number") return shown;
    screen.write(isWatching && screen.isTerminal ? overdrawn(shown, count === 0) : shown);
    if (!isWatching) return EXIT.ok;
    await screen.wait();
  }
}

function overdrawn(text: string, isFirst: boolean): string {
  const start = isFirst ? CURSOR_HOME + CLEAR_BELOW : CURSOR_HOME;
  return `${start}${text.replaceAll("\n", `${CLEAR_LINE}\n`)}${CLEAR_BELOW}`;
}
