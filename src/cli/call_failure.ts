/** What is said when a call of a running node gives no result. @module */
import { registeredNodes } from "../devnet/registration.ts";
import { RPC_CODE } from "../rpc/rpc_error.ts";
import { devnetHome } from "./devnet_home.ts";
import { EXIT } from "./exit.ts";
import type { NodePlace, PlacedOutcome } from "./find_node.ts";

/** Says on standard error why a call gave no result. Returns what to exit with. */
export function reportFailure(
  { place, outcome }: PlacedOutcome, errorText: (code: number, message: string) => string = plainErrorText,
): number {
  switch (outcome.type) {
    case "result":
      return EXIT.ok;
    case "error":
      process.stderr.write(`${errorText(outcome.code, outcome.message)}\n`);
      return errorExit(outcome.code);
    case "unreachable":
      process.stderr.write(unreachableText(place, outcome.reason));
      return EXIT.cannotConnect;
    case "unauthorized":
      process.stderr.write(unauthorizedText(place));
      return EXIT.failed;
    case "not-json-rpc":
      process.stderr.write(
        `tidings: ${place.host}:${place.port} answered with status ${outcome.status}, and no JSON-RPC: ` +
        `${outcome.body.slice(0, 200)}\n  another program may have this port: --rpc names another\n`);
      return EXIT.failed;
  }
}

export function plainErrorText(code: number, message: string): string {
  return `error ${code}: ${message}`;
}

/** Codes from -1 to -125 have an exit code each. */
function errorExit(code: number): number {
  if (code === RPC_CODE.inWarmup) return EXIT.notReady;
  return code < 0 && code >= -125 ? -code : EXIT.failed;
}

function unreachableText({ chain, host, port, cookieFile, auth }: NodePlace, reason: string): string {
  const cookie = auth === undefined ? "not found" : "found";
  const [first] = registeredNodes(devnetHome());
  const devnet = first === undefined ? "" : "  found a devnet: --chain devnet, or --chain devnet:NAME\n";
  return `tidings: no node answered on ${host}:${port} (${chain}): ${reason}\n` +
    `  tried cookie  ${cookieFile}  (${cookie})\n${devnet}` +
    `  start one:    tidings node --chain ${chain}\n` +
    "  or name it:   --chain NAME --datadir DIR --rpc [HOST:]PORT\n";
}

function unauthorizedText({ chain, host, port, cookieFile, auth }: NodePlace): string {
  const what = auth === undefined ? "there is no cookie" : "the password is not its own";
  return `tidings: the node on ${host}:${port} (${chain}) did not let us in: ${what}\n` +
    `  tried cookie  ${cookieFile}\n` +
    "  name the data directory it was started with, or a user:\n" +
    "                --datadir DIR   --user USER:PASSWORD\n";
}
