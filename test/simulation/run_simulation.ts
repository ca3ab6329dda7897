/**
 * A process that simulates and prints the report: `node run_simulation.js OPTIONS-AS-JSON`.
 *
 * @module
 */
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { simulate } from "../../src/sim/simulate.ts";

installNodeCrypto();
process.stdout.write(JSON.stringify(simulate(JSON.parse(process.argv[2] ?? "{}"))));
