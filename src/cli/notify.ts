/** Shell commands that the operator wants run when something happens. @module */
import { type ChildProcess, spawn } from "node:child_process";
import type { NodeEvent } from "../node/event.ts";
import type { Settings } from "./settings.ts";

export interface NotifyPlan {
  /** Once the node is ready. */
  readonly startup: string | undefined;
  /** With `%s` as the tip's hash, when there is a new tip and the node is not catching up. */
  readonly block: string | undefined;
  /** With `%s` as the text, when there is a new warning. */
  readonly alert: string | undefined;
  /** Before the node stops, which waits for them. */
  readonly shutdown: readonly string[];
}

export function planNotify(settings: Settings): NotifyPlan {
  return {
    startup: settings.text("startupnotify") || undefined,
    block: settings.text("blocknotify") || undefined,
    alert: settings.text("alertnotify") || undefined,
    shutdown: settings.list("shutdownnotify").filter((command) => command !== ""),
  };
}

/** What to run on `event`, if anything. */
export function commandFor(
  event: NodeEvent,
  { block, alert }: NotifyPlan,
  isCatchingUp: boolean,
): string | undefined {
  switch (event.type) {
    case "chain:tip":
      return isCatchingUp ? undefined : block?.replaceAll("%s", event.data.hash);
    case "node:warning":
      return alert?.replaceAll("%s", quoted(event.data.text));
    default:
      return undefined;
  }
}

/** Nothing of it means anything to a shell (Bitcoin Core: AlertNotify, SanitizeString). */
function quoted(text: string): string {
  return `'${text.replaceAll(/[^a-zA-Z0-9 .,;\-_/:?@()]/g, "")}'`;
}

/** Runs a shell command, and forgets it. */
export function runAside(command: string): void {
  const child = start(command);
  child.on("error", () => {});
  child.unref();
}

/** Runs a shell command; resolves when it has ended, well or not. */
export function runToEnd(command: string): Promise<void> {
  const child = start(command);
  return new Promise((resolve) => {
    child.on("error", () => resolve());
    child.on("exit", () => resolve());
  });
}

function start(command: string): ChildProcess {
  return spawn(command, { shell: true, stdio: "ignore", detached: true });
}
