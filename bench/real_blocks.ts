/**
 * How long a real block takes to be verified in full: read, decoded, held against all rules, with its
 * scripts checked by the workers. In a process that has just started, then as in a node that runs; and
 * the processor time of each part.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { Bytes } from "../src/base/bytes.ts";
import { checkLoneBlock, type LoneBlock } from "../src/chain/lone_block.ts";
import { readSpentCoins } from "../src/chain/spent_coins.ts";
import { verifyBlock } from "../src/cli/verify_block.ts";
import { decodeWith } from "../src/codec/codec.ts";
import { checkMerkleRoot, checkWitnessCommitment } from "../src/consensus/merkle.ts";
import { verifyInputs } from "../src/consensus/verify_inputs.ts";
import type { VerifyJob } from "../src/consensus/verify_job.ts";
import { installCrypto } from "../src/crypto/crypto.ts";
import { installNodeCrypto } from "../src/io/node_crypto.ts";
import { defaultThreads, VerifyPool } from "../src/io/verify_pool.ts";
import type { ChainParams } from "../src/params/chain_params.ts";
import { MAIN } from "../src/params/main.ts";
import { TESTNET3 } from "../src/params/testnet3.ts";
import { type Block, blockCodec } from "../src/primitives/block.ts";
import { sharedPath, skipWithoutShared } from "../test/support/paths.ts";
import { type Measurement, median, round } from "./support/measurement.ts";
import { recordCurve, Recording, replayCurve, type Verifies, withCurve } from "./support/recorded_curve.ts";

export const skip = skipWithoutShared;

const WARM_RUNS = 9;
/** Of which the first are not counted: the compiler is still at it, in threads of its own. */
const PART_RUNS = 12;
const PART_RUNS_UNCOUNTED = 5;

/** Unix seconds, above the time of every block here. */
const NOW = 1_900_000_000;

interface RealBlock {
  readonly name: string;
  readonly params: ChainParams;
  readonly height: number;
}

/** The first is the one whose first run is in a process that has just started. */
const BLOCKS: readonly RealBlock[] = [
  { name: "mainnet-866342", params: MAIN, height: 866_342 },
  { name: "mainnet-300025", params: MAIN, height: 300_025 },
  { name: "testnet3-928848", params: TESTNET3, height: 928_848 },
  { name: "testnet3-1087400", params: TESTNET3, height: 1_087_400 },
];

export async function run(): Promise<readonly Measurement[]> {
  installNodeCrypto();
  const threads = defaultThreads();
  const pool = new VerifyPool({ threads, report: (error) => { throw error; } });
  pool.start();
  const rows: Measurement[] = [];
  for (const block of BLOCKS) {
    const add = (what: string, milliseconds: number, unit = "ms"): void => {
      rows.push({ name: `${block.name}: ${what}`, value: round(milliseconds, 1), unit });
    };
    add(`first run, ${threads} threads`, await verified(block, pool));
    const times: number[] = [];
    for (let i = 0; i < WARM_RUNS; i++) times.push(await verified(block, pool));
    add(`warm, ${threads} threads`, median(times));
    add(`warm, ${threads} threads, best`, Math.min(...times));
    for (const [part, milliseconds] of Object.entries(measureParts(block))) {
      add(part, milliseconds, "ms CPU");
    }
  }
  await pool.close();
  return rows;
}

/** Milliseconds from its files to the verdict. */
async function verified({ name, params, height }: RealBlock, pool: VerifyPool): Promise<number> {
  const [blockPath, spentPath] = pathsOf(name);
  const report = await verifyBlock({ blockPath, spentPath, params, height, pool, now: NOW });
  if (report.violation !== undefined) throw new Error(`${name}: ${report.violation.rule}`);
  const { read, rules, scripts } = report.times;
  return read + rules + scripts;
}

/** Processor time in milliseconds, with one thread for scripts. */
function measureParts({ name, params, height }: RealBlock): Readonly<Record<string, number>> {
  const [bytes, coins] = pathsOf(name).map((path): Bytes => new Uint8Array(readFileSync(path)));
  if (bytes === undefined || coins === undefined) throw new Error("two files");
  const decode = (): Block => {
    const block = decodeWith(blockCodec, bytes);
    checkMerkleRoot(block);
    checkWitnessCommitment(block, height >= params.deployments.segwitHeight);
    return block;
  };
  const given = (block: Block): LoneBlock => {
    return { block, spent: readSpentCoins(coins), params, height, now: NOW };
  };
  const decoding = processorTime(() => void decode());
  const ruling = processorTime(() => void checkLoneBlock(given(decodeWith(blockCodec, bytes))));
  const job = jobOf(given(decode()));
  const { all, withoutSignatures } = scriptTimes(job);
  return {
    "decoding, ids and merkle trees": decoding,
    "coins and rules": ruling - decoding,
    "scripts: interpreter and signature hashes": withoutSignatures,
    "scripts: signatures": all - withoutSignatures,
  };
}

function jobOf(lone: LoneBlock): VerifyJob {
  const verdict = checkLoneBlock(lone);
  if (verdict.type !== "good") throw new Error("The block does not keep the rules");
  const { flags, spentCount, spentOutputs } = verdict.connection;
  return { kind: "block", bytes: lone.block.bytes, spentOutputs, flags, inputCount: spentCount };
}

/** With signatures, and with the answers about them given again. */
function scriptTimes(job: VerifyJob): { readonly all: number; readonly withoutSignatures: number } {
  const backend = installNodeCrypto();
  const { secp256k1 } = backend;
  const timeWith = (curve: Verifies, before = () => {}): number => {
    installCrypto(withCurve(backend, curve));
    const time = processorTime(() => {
      before();
      if (verifyInputs(job, 0, job.inputCount) !== undefined) throw new Error("A script fails");
    });
    installCrypto(backend);
    return time;
  };
  const all = timeWith(secp256k1);
  const answers = new Recording<unknown>();
  installCrypto(withCurve(backend, recordCurve(answers, secp256k1)));
  verifyInputs(job, 0, job.inputCount);
  installCrypto(backend);
  return { all, withoutSignatures: timeWith(replayCurve(answers), () => answers.rewind()) };
}

/** Milliseconds, with those of the engine's own threads; the middle one of several. */
function processorTime(work: () => void): number {
  const times = Array.from({ length: PART_RUNS }, () => {
    globalThis.gc?.();
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return median(times.slice(PART_RUNS_UNCOUNTED));
}

function pathsOf(name: string): readonly [string, string] {
  return [sharedPath("blocks", `${name}.block`), sharedPath("blocks", `${name}.spent`)];
}
