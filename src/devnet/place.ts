/**
 * Where a devnet keeps its data while it runs, and what becomes of it.
 *
 * @module
 */
import { promises as fs } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type RegisteredNode, Registration, REGISTRATION_FILE } from "./registration.ts";
import { checkSeed, loadSettings, savedNodes, saveSettings } from "./saved_settings.ts";
import { type DevnetPlan, SEED_DEFAULT } from "./options.ts";
import { type PlannedNode, planNodes } from "./topology.ts";

/** What the plan comes to, once the folder has been looked at. */
export interface Place {
  readonly folder: string;
  readonly isTemporary: boolean;
  readonly seed: number;
  readonly nodes: readonly PlannedNode[];
  /** For others to see. */
  announce(nodes: readonly RegisteredNode[]): Promise<void>;
  /** Gives the folder up, and deletes what is not kept. */
  release(): Promise<void>;
}

/**
 * Takes the folder. `home`: where a network of this name registers itself, and keeps what is not
 * kept elsewhere; left out, nobody but us knows of it.
 *
 * @throws {TidingsError} ALREADY_RUNNING, STORE_UNUSABLE, CONFIG
 */
export async function takePlace(plan: DevnetPlan, home: string | undefined): Promise<Place> {
  const taken: Registration[] = [];
  const release = async (): Promise<void> => {
    for (const registration of taken.splice(0)) await registration.release();
  };
  try {
    if (home !== undefined) taken.push(await Registration.take(home));
    return plan.state === undefined
      ? await takeTemporary(plan, home, taken, release)
      : await takeKept(plan, resolve(plan.state), taken, release);
  } catch (error) {
    await release();
    throw error;
  }
}

type Release = () => Promise<void>;

async function takeTemporary(
  { nodes, seed = SEED_DEFAULT }: DevnetPlan, home: string | undefined, taken: readonly Registration[],
  release: Release,
): Promise<Place> {
  const folder = home ?? await fs.mkdtemp(join(tmpdir(), "tidings-devnet-"));
  await empty(folder);
  return {
    folder, seed,
    nodes: planNodes(nodes),
    isTemporary: true,
    announce: (registered) => announceAll(taken, registered),
    async release() {
      await empty(folder);
      await release();
      await fs.rm(folder, { recursive: true, force: true });
    },
  };
}

async function takeKept(
  plan: DevnetPlan, folder: string, taken: Registration[], release: Release,
): Promise<Place> {
  taken.push(await Registration.take(folder));
  const saved = await loadSettings(folder);
  const seed = saved === undefined ? (plan.seed ?? SEED_DEFAULT) : checkSeed(folder, saved, plan.seed);
  const nodes = planNodes(saved !== undefined && !plan.hasNodes ? savedNodes(saved) : plan.nodes);
  await saveSettings(folder, { seed, nodes });
  const announce = (registered: readonly RegisteredNode[]): Promise<void> => announceAll(taken, registered);
  return { folder, seed, nodes, isTemporary: false, announce, release };
}

async function announceAll(taken: readonly Registration[], nodes: readonly RegisteredNode[]): Promise<void> {
  for (const registration of taken) await registration.announce(nodes);
}

/** Deletes all but the file by which we hold it: also what one that was killed left behind. */
async function empty(folder: string): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    if (name !== REGISTRATION_FILE) await fs.rm(join(folder, name), { recursive: true, force: true });
  }
}
