/**
 * One process of the study: told seeds, it runs every setting with each, and tells of each run.
 *
 * @module
 */
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { simulateEclipse } from "../../src/sim/eclipse.ts";
import { ATTACKERS, SETTINGS } from "./settings.ts";

/** What became of one node. */
export interface EclipseRun {
  readonly attacker: string;
  readonly setting: string;
  readonly isEclipsed: boolean;
  readonly outbound: number;
  readonly attackers: number;
}

installNodeCrypto();
process.on("message", (seed: number) => {
  const runs: EclipseRun[] = [];
  for (const [name, attacker] of Object.entries(ATTACKERS)) {
    for (const { name: setting, defences } of SETTINGS) {
      const { isEclipsed, outbound, attackers } = simulateEclipse({ seed, attacker, defences });
      runs.push({ attacker: name, setting, isEclipsed, outbound, attackers });
    }
  }
  process.send?.(runs);
});
