/** What single keys do at a terminal. */
export interface KeyActions {
  mine(): void;
  help(): void;
  quit(): void;
  /** Ctrl-C, which raw input no longer makes a signal of. */
  interrupt(): void;
}

/** Whether there is someone at the keys. */
export function hasKeyboard(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Takes keys from now on; returns how to stop that. */
export function listenToKeys(actions: KeyActions): () => void {
  const { stdin } = process;
  const pressed = (data: Buffer): void => {
    for (const key of data.toString("latin1")) {
      if (key === "\x03") actions.interrupt();
      else if (key === "q" || key === "\x04") actions.quit();
      else if (key === "m") actions.mine();
      else if (key === "h" || key === "?") actions.help();
    }
  };
  stdin.setRawMode(true);
  stdin.on("data", pressed);
  stdin.resume();
  return () => {
    stdin.off("data", pressed);
    stdin.setRawMode(false);
    // Else an open terminal keeps the process alive.
    stdin.pause();
  };
}
