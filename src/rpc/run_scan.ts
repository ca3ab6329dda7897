import type { Call } from "./method.ts";
import { RPC_CODE, RpcError } from "./rpc_error.ts";
import type { ScanSeat } from "./scan_seat.ts";

export interface Scan {
  /** Where one such scan at a time is. */
  readonly seat: ScanSeat;
  /** What `status` adds to the progress. */
  readonly details?: () => object;
  search(): Promise<unknown>;
}

/** Does what the argument `action` asks for: tells how far a scan is, ends it, or runs one. */
export function runScan({ args }: Call, scan: Scan): unknown {
  const { seat } = scan;
  const action = args.string("action");
  switch (action) {
    case "status":
      return seat.progress === undefined ? null : { progress: seat.progress, ...scan.details?.() };
    case "abort":
      return seat.abort();
    case "start":
      return start(scan);
    default:
      throw new RpcError(RPC_CODE.invalidParameter, `Invalid action '${action}'`);
  }
}

async function start({ seat, search }: Scan): Promise<unknown> {
  if (!seat.take()) {
    throw new RpcError(RPC_CODE.invalidParameter,
      'Scan already in progress, use action "abort" or "status"');
  }
  try {
    return await search();
  } finally {
    seat.leave();
  }
}
