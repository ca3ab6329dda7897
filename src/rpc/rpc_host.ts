import type { CoinsSnapshot } from "../chain/coins_scan.ts";
import type { Command, CommandResult } from "../node/command.ts";
import type { NodeEvent } from "../node/event.ts";
import type { NodeCore } from "../node/node_core.ts";
import type { ScanSeat } from "./scan_seat.ts";
import type { SnapshotDesk } from "./snapshot_desk.ts";

/** How late timers came, in milliseconds, over `seconds`. */
export interface LoopDelays {
  readonly seconds: number;
  /** How often the loop was looked at. */
  readonly looks: number;
  readonly mean: number;
  readonly median: number;
  readonly p99: number;
  readonly longest: number;
}

/** What the methods need of the process that runs the node. Reads go straight to the core. */
export interface RpcHost {
  readonly core: NodeCore;
  command(command: Command): Promise<CommandResult>;
  /** Calls `listener` for every event from now on; returns how to stop that. */
  listen(listener: (event: NodeEvent) => void): () => void;
  /** All unspent coins as of a tip that was there after the call; `undefined` once the node is stopping. */
  scanCoins(): Promise<CoinsSnapshot | undefined>;
  /** Snapshots of the coins, in files. */
  readonly snapshots: SnapshotDesk;
  /** Where `scantxoutset` is done. */
  readonly coinScan: ScanSeat;
  /** Where `scanblocks` is done. */
  readonly blockScan: ScanSeat;
  /** Seconds of real time since the start, whatever the mock clock says. */
  uptime(): number;
  /** Resolves after so many milliseconds of real time. */
  delay(length: number): Promise<void>;
  /** Resolves when the process has been asked to stop. */
  readonly stopping: Promise<void>;
  requestStop(): void;
  /** Path of debug.log, or an empty string. */
  readonly logPath: string;
  /** How long the event loop was held. */
  readonly loopDelay: { read(): LoopDelays; reset(): void };
  readonly logging: {
    readonly enabled: ReadonlySet<string>;
    set(category: string, on: boolean): void;
  };
}
