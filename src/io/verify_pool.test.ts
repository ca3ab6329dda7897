import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import type { Bytes } from "../base/bytes.ts";
import { packSpentOutputs } from "../consensus/packed_outputs.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Txid } from "../primitives/hash.ts";
import { SEQUENCE_FINAL, Transaction } from "../primitives/transaction.ts";
import { defaultThreads, VerifyPool, type VerifyPoolOptions } from "./verify_pool.ts";

/** A transaction that spends `inputCount` outputs, as a job. */
function transactionJob(inputCount: number): VerifyJob {
  const inputs = Array.from({ length: inputCount }, (_, index) => ({
    prevout: { txid: new Uint8Array(32).fill(7) as Bytes as Txid, index },
    scriptSig: Uint8Array.of(0x51),
    sequence: SEQUENCE_FINAL,
    witness: [],
  }));
  const output = { value: 1000 as Sats, script: Uint8Array.of(0x51) };
  const { bytes } = Transaction.of({ version: 2, inputs, outputs: [output], locktime: 0 });
  const spentOutputs = packSpentOutputs(inputs.map(() => output));
  return { kind: "transaction", bytes, spentOutputs, flags: 0, inputCount };
}

/** The same with a spent output too few: a job that no honest node makes. */
function corruptJob(inputCount: number): VerifyJob {
  const job = transactionJob(inputCount);
  return { ...job, spentOutputs: job.spentOutputs.subarray(0, -10) };
}

/** A worker whose messages are handled by `body`, with `request` and `answer` in scope. */
function scripted(body: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(`
    import { parentPort } from "node:worker_threads";
    const answer = (fault) => parentPort.postMessage({ type: "checked", fault });
    parentPort.on("message", (request) => { ${body} });`)}`);
}

async function withPool(
  options: Partial<VerifyPoolOptions>,
  run: (pool: VerifyPool) => Promise<void>,
): Promise<void> {
  const pool = new VerifyPool({ threads: 2, report: (error) => assert.fail(error), ...options });
  try {
    await run(pool);
  } finally {
    await pool.close();
  }
}

test("a good job passes and a corrupt one is named, in threads as on the main thread", async () => {
  for (const threads of [0, 2]) {
    await withPool({ threads }, async (pool) => {
      for (const count of [1, 2, 40, 100]) {
        assert.equal(await pool.verify(transactionJob(count)), undefined);
        assert.equal((await pool.verify(corruptJob(count)))?.rule, "verify-job-corrupt");
      }
      assert.equal(pool.threadCount, threads);
    });
  }
});

test("workers start only when there is work for them", async () => {
  await withPool({}, async (pool) => {
    assert.equal(pool.threadCount, 0);
    await pool.verify(transactionJob(1));
    assert.equal(pool.threadCount, 0);
    await pool.verify(transactionJob(4));
    assert.equal(pool.threadCount, 1);
  });
});

test("many jobs at once are each answered with their own verdict", async () => {
  await withPool({}, async (pool) => {
    const jobs = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? corruptJob(40) : transactionJob(1 + (i % 50))));
    const verdicts = await Promise.all(jobs.map((job) => pool.verify(job)));
    assert.deepEqual(verdicts.map((verdict) => verdict !== undefined), jobs.map((_, i) => i % 3 === 0));
  });
});

/** The first thread to come takes the first piece, and takes long over it. */
const FIRST_IS_SLOW = `
  const first = Atomics.add(new Int32Array(request.memory, 0, 2), 1, request.pieceInputs);
  if (first === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);`;

test("of two violations the one of the earlier input wins, though it is found later", async () => {
  const script = scripted(`${FIRST_IS_SLOW}
    answer({ from: first, violation: { rule: "broken", detail: "input " + first } });`);
  await withPool({ script }, async (pool) => {
    assert.deepEqual(await pool.verify(transactionJob(64)), { rule: "broken", detail: "input 0" });
  });
});

test("a job is for every thread that has nothing to do, when there are sixteen inputs for each", async () => {
  const script = scripted(`${FIRST_IS_SLOW}
    answer({ from: first, violation: { rule: String(request.pieceInputs), detail: "" } });`);
  await withPool({ script }, async (pool) => {
    assert.equal((await pool.verify(transactionJob(31)))?.rule, "16");
    assert.equal(pool.threadCount, 1);
    assert.equal((await pool.verify(transactionJob(800)))?.rule, "100");
    assert.equal(pool.threadCount, 2);
    assert.equal((await pool.verify(transactionJob(4_000)))?.rule, "128");
  });
});

test("who waits can take part, and a thread that has not begun is not waited for", async () => {
  await withPool({ script: scripted("") }, async (pool) => {
    const verdicts = Promise.all([pool.verify(transactionJob(40)), pool.verify(transactionJob(2_000))]);
    pool.help();
    assert.deepEqual(await verdicts, [undefined, undefined]);
    const corrupt = pool.verify(corruptJob(40));
    pool.help();
    assert.equal((await corrupt)?.rule, "verify-job-corrupt");
  });
});

test("threads and who waits find the first fault between them, wherever it is", async () => {
  const job = transactionJob(3_000);
  for (const bad of [0, 127, 128, 1_500, 2_999]) {
    // OP_0 leaves false; a true one would have passed.
    const outputs = Array.from({ length: 3_000 }, (_, at) => {
      return { value: 1000 as Sats, script: Uint8Array.of(at === bad || at > 2_000 + bad ? 0x6a : 0x51) };
    });
    const broken = { ...job, spentOutputs: packSpentOutputs(outputs) };
    await withPool({}, async (pool) => {
      const verdict = pool.verify(broken);
      pool.help();
      assert.match((await verdict)?.detail ?? "", new RegExp(`^input ${bad} of `));
    });
  }
});

test("a worker that crashes is reported, and its job is checked on the main thread", async () => {
  const reports: string[] = [];
  const options = { script: scripted("process.exit(3)"), report: (error: Error) => void reports.push(error.message) };
  await withPool(options, async (pool) => {
    do {
      assert.equal(await pool.verify(transactionJob(40)), undefined);
      assert.equal((await pool.verify(corruptJob(40)))?.rule, "verify-job-corrupt");
    } while (reports.length < 3 || pool.threadCount > 0);
    // Three crashes were no accident: no more workers are started.
    const before = reports.length;
    assert.equal(await pool.verify(transactionJob(40)), undefined);
    assert.equal(reports.length, before);
    assert.match(String(reports[0]), /ended with code 3/);
  });
});

test("a worker that answers with an error of its own is reported, and goes on", async () => {
  const reports: string[] = [];
  const script = scripted(`parentPort.postMessage({ type: "failed", error: "a bug" })`);
  await withPool({ script, report: (error) => reports.push(error.message) }, async (pool) => {
    assert.equal(await pool.verify(transactionJob(20)), undefined);
    assert.deepEqual(reports, ["A verify worker failed: a bug"]);
    assert.equal(pool.threadCount, 1);
  });
});

test("jobs that are out when the pool closes are still answered", async () => {
  const script = scripted("");
  const pool = new VerifyPool({ threads: 1, report: (error) => assert.fail(error), script });
  const verdicts = Promise.all([pool.verify(transactionJob(20)), pool.verify(corruptJob(20))]);
  await pool.close();
  const [good, bad] = await verdicts;
  assert.equal(good, undefined);
  assert.equal(bad?.rule, "verify-job-corrupt");
  assert.equal(await pool.verify(transactionJob(20)), undefined);
});

test("there is a thread for each processor but one, and one at least", () => {
  assert.ok(defaultThreads() >= 1 && defaultThreads() <= 15);
});

test("workers start in a program that was given on the command line", () => {
  const main = `
    import { VerifyPool } from ${JSON.stringify(new URL("./verify_pool.js", import.meta.url).href)};
    const pool = new VerifyPool({ threads: 1, report: (error) => console.log(error.message) });
    const empty = { kind: "transactions", bytes: new Uint8Array(0), spentOutputs: new Uint8Array(0), flags: 0 };
    console.log((await pool.verify({ ...empty, inputCount: 40 }))?.rule, pool.threadCount);
    await pool.close();`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", main], { encoding: "utf8" });
  assert.equal(stdout, "verify-job-corrupt 1\n");
});
