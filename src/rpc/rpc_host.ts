import type { CoinsSnapshot } from "../chain/coins_scan.ts";
import type { Command, CommandResult } from "../node/command.ts";
import type { NodeEvent } from "../node/event.ts";
import type { NodeCore } from "../node/node_core.ts";
import type { ScanSeat } from "./scan_seat.ts";

/** What the methods need of the process that runs the node. Reads go straight to the core. */
export interface RpcHost {
  readonly core: NodeCore;
  command(command: Command): Promise<CommandResult>;
  /** Calls `listener` for every event from now on; returns how to stop that. */
  listen(listener: (event: NodeEvent) => void): () => void;
  /** All unspent coins as of a tip that was there after the call; `undefined` once the node is stopping. */
  scanCoins(): Promise<CoinsSnapshot | undefined>;
  /** Where `scantxoutset` is done. */
  readonly coinScan: ScanSeat;
  /** Seconds of real time since the start, whatever the mock clock says. */
  uptime(): number;
  /** Resolves after so many milliseconds of real time. */
  delay(length: number): Promise<void>;
  /** Resolves when the process has been asked to stop. */
  readonly stopping: Promise<void>;
  requestStop(): void;
  /** Path of debug.log, or an empty string. */
  readonly logPath: string;
  readonly logging: {
    readonly enabled: ReadonlySet<string>;
    set(category: string, on: boolean): void;
  };
}
