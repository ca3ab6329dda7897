import type { CommandFault, CommandResult, CommandValue } from "./command.ts";

/** Gives a command its one answer. */
export type Answer = (result: CommandResult) => void;

export function succeeded(value: CommandValue): CommandResult {
  return { ok: true, value };
}

export function failed(fault: CommandFault): CommandResult {
  return { ok: false, fault };
}

export const DONE: CommandResult = succeeded({ type: "done" });
