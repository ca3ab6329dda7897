/**
 * A real Tor and a real I2P router in processes of their own, neither of which reaches any network.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { formatPlace, type ProxyPlace } from "../../src/connections/route.ts";
import { openPlace } from "../../src/io/networks/open_place.ts";
import { freePort, freePorts } from "../support/free_port.ts";

/** Paths of the programs, told by the environment. */
const TOR = process.env["TOR"] ?? "";
const I2PD = process.env["I2PD"] ?? "";

export const skipWithoutTor = TOR === "" ? "needs TOR" : false;
export const skipWithoutI2pd = I2PD === "" ? "needs I2PD" : false;

const START_DEADLINE = 20_000;

/** Where it can be had, a program gets a network of its own, with nobody in it. */
const ALONE = spawnSync("unshare", ["-rn", "true"]).status === 0 ? ["unshare", "-rn"] : [];

class Router {
  readonly #process: ChildProcess;
  readonly #folder: string;
  #output = "";

  protected constructor(command: readonly string[], folder: string) {
    const [program = "", ...flags] = command;
    this.#folder = folder;
    this.#process = spawn(program, flags, { stdio: ["ignore", "pipe", "pipe"] });
    const heard = (text: Buffer): void => void (this.#output += text.toString());
    this.#process.stdout?.on("data", heard);
    this.#process.stderr?.on("data", heard);
  }

  /** Resolves when something listens there. */
  protected async listens(place: ProxyPlace): Promise<void> {
    const deadline = performance.now() + START_DEADLINE;
    for (;;) {
      const isOver = performance.now() > deadline || this.#process.exitCode !== null;
      assert.ok(!isOver, `it does not listen:\n${this.#output}`);
      try {
        (await openPlace(place, new AbortController().signal)).destroy();
        return;
      } catch {
        await delay(50);
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await exited;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Sockets in the file system have short names only. */
function newFolder(): string {
  return mkdtempSync(join(tmpdir(), "tidings-"));
}

export interface TorPlan {
  /**
   * Its control port is in the file system, unless it is one for those who know no other. The network is
   * disabled; with a proxy too it is not, but all that it ever dials is a bridge on this machine that is
   * not there.
   */
  readonly has?: "control" | "control over TCP" | "proxy";
}

export class Tor extends Router {
  readonly control: ProxyPlace;
  readonly socks: ProxyPlace;

  private constructor(folder: string, control: ProxyPlace, socks: ProxyPlace) {
    const isInReach = control.type === "tcp";
    super([...(isInReach ? [] : ALONE), TOR, "-f", join(folder, "torrc")], folder);
    this.control = control;
    this.socks = socks;
  }

  /** `lines` are of its torrc. */
  static async start(lines: readonly string[], { has = "control" }: TorPlan = {}): Promise<Tor> {
    const folder = newFolder();
    const socks = join(folder, "socks");
    const control: ProxyPlace = has === "control over TCP"
      ? { type: "tcp", host: "127.0.0.1", port: await freePort() }
      : { type: "unix", path: join(folder, "control") };
    const network = has === "proxy"
      ? ["UseBridges 1", "Bridge 127.0.0.1:9", "ClientOnly 1", "SocksTimeout 1",
        `SocksPort unix:${socks} ExtendedErrors`]
      : ["DisableNetwork 1", "SocksPort 0"];
    writeFileSync(join(folder, "torrc"), [
      `DataDirectory ${join(folder, "data")}`, `ControlPort ${formatPlace(control)}`, "Log notice stdout",
      ...network, ...lines,
    ].join("\n"));
    const tor = new Tor(folder, control, { type: "unix", path: socks });
    await tor.listens(tor.control);
    if (has === "proxy") await tor.listens(tor.socks);
    return tor;
  }

  /** What a torrc says of a password. */
  static hash(password: string): string {
    const { stdout } = spawnSync(TOR, ["--quiet", "--hash-password", password], { encoding: "utf8" });
    return stdout.trim();
  }
}

export class I2pd extends Router {
  readonly sam: ProxyPlace;

  private constructor(folder: string, port: number, transportPort: number) {
    super([
      I2PD, `--datadir=${folder}`, `--conf=${join(folder, "i2pd.conf")}`, "--log=stdout", "--loglevel=error",
      "--sam.enabled=1", "--sam.address=127.0.0.1", `--sam.port=${port}`,
      "--http.enabled=0", "--httpproxy.enabled=0", "--socksproxy.enabled=0", "--i2cp.enabled=0",
      "--bob.enabled=0", "--upnp.enabled=0", "--nettime.enabled=0",
      // A network of which nobody else is, and no way to find anybody.
      "--netid=99", "--trust.hidden=1", "--reseed.threshold=0", "--ssu2.enabled=0", "--ntcp2.published=0",
      "--address4=127.0.0.1", `--ntcp2.port=${transportPort}`,
    ], folder);
    this.sam = { type: "tcp", host: "127.0.0.1", port };
  }

  static async start(): Promise<I2pd> {
    const folder = newFolder();
    writeFileSync(join(folder, "i2pd.conf"), "ipv6 = false\n[reseed]\nurls =\nyggurls =\n");
    const [port = 0, transportPort = 0] = await freePorts(2);
    const i2pd = new I2pd(folder, port, transportPort);
    await i2pd.listens(i2pd.sam);
    return i2pd;
  }
}
