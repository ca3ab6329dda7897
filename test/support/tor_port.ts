import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import * as net from "node:net";
import { join } from "node:path";
import type { ProxyPlace } from "../../src/connections/route.ts";
import { SocketTalk } from "../../src/io/networks/socket_talk.ts";
import { tempDir } from "./temp_dir.ts";

export interface TorBehaviour {
  /** As `AUTH` names them; by default `NULL`. */
  readonly methods?: string;
  readonly password?: string;
  /** It knows nothing of the proof of work before a service. */
  readonly isOld?: boolean;
  /** Proves to know another cookie than the one in the file. */
  readonly isImpostor?: boolean;
  /** What it says to a command that begins so, in place of the usual. */
  readonly answers?: Readonly<Record<string, string>>;
  readonly socks?: string;
}

export const SERVICE_ID = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd";
export const SERVICE_KEY = "ED25519-V3:8KZ=";
const SERVER_KEY = "Tor safe cookie authentication server-to-controller hash";
const CLIENT_KEY = "Tor safe cookie authentication controller-to-server hash";

/** A Tor's control port, as far as a node speaks with it. */
export class TorPort {
  readonly commands: string[] = [];
  readonly place: ProxyPlace;
  readonly #server: net.Server;
  readonly #behaviour: TorBehaviour;
  readonly #sockets = new Set<net.Socket>();
  readonly #cookie = randomBytes(32);
  readonly #cookieFile: string;
  #proof = "";

  private constructor(server: net.Server, behaviour: TorBehaviour) {
    this.#server = server;
    this.#behaviour = behaviour;
    this.place = { type: "tcp", host: "127.0.0.1", port: (server.address() as net.AddressInfo).port };
    this.#cookieFile = join(tempDir(), "control_auth_cookie");
    writeFileSync(this.#cookieFile, this.#cookie);
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
      this.#serve(socket).catch(() => socket.destroy());
    });
  }

  static async start(behaviour: TorBehaviour = {}): Promise<TorPort> {
    const server = net.createServer({ noDelay: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TorPort(server, behaviour);
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  /** Says something that nobody asked for. */
  say(text: string): void {
    for (const socket of this.#sockets) socket.write(text);
  }

  /** Ends all connections. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.drop();
  }

  async #serve(socket: net.Socket): Promise<void> {
    const talk = new SocketTalk(socket);
    for (;;) {
      const line = (await talk.line(10_000, 60_000)).replace(/\r$/, "");
      this.commands.push(line);
      socket.write(this.#answer(line));
    }
  }

  #answer(line: string): string {
    const { answers = {}, methods = "NULL", isOld = false, socks = "127.0.0.1:9050" } = this.#behaviour;
    const planned = Object.entries(answers).find(([start]) => line.startsWith(start));
    if (planned !== undefined) return planned[1];
    if (line === "PROTOCOLINFO 1") {
      return `250-PROTOCOLINFO 1\r\n250-AUTH METHODS=${methods} COOKIEFILE="${this.#cookieFile}"\r\n` +
        '250-VERSION Tor="0.4.7.16"\r\n250 OK\r\n';
    }
    if (line.startsWith("AUTHCHALLENGE SAFECOOKIE ")) return this.#challenge(line.split(" ")[2] ?? "");
    const isProof = line === this.#expected(methods);
    if (line.startsWith("AUTHENTICATE")) return isProof ? "250 OK\r\n" : "515 Bad\r\n";
    if (line.startsWith("GETINFO")) return `250-net/listeners/socks="${socks}"\r\n250 OK\r\n`;
    if (!line.startsWith("ADD_ONION")) return "510 Unrecognized command\r\n";
    if (isOld && line.includes("PoW")) return "512 Unrecognized option\r\n";
    const key = line.includes("NEW:") ? `250-PrivateKey=${SERVICE_KEY}\r\n` : "";
    return `250-ServiceID=${SERVICE_ID}\r\n${key}250 OK\r\n`;
  }

  #challenge(clientNonce: string): string {
    const nonce = randomBytes(32);
    const cookie = this.#behaviour.isImpostor === true ? randomBytes(32) : this.#cookie;
    const mac = (key: string): string => createHmac("sha256", key).update(cookie)
      .update(Buffer.from(clientNonce, "hex")).update(nonce).digest("hex");
    this.#proof = mac(CLIENT_KEY);
    const hash = mac(SERVER_KEY).toUpperCase();
    return `250 AUTHCHALLENGE SERVERHASH=${hash} SERVERNONCE=${nonce.toString("hex")}\r\n`;
  }

  #expected(methods: string): string {
    const { password } = this.#behaviour;
    if (password !== undefined) return `AUTHENTICATE "${password.replaceAll(/["\\]/g, "\\$&")}"`;
    return methods.includes("NULL") ? "AUTHENTICATE" : `AUTHENTICATE ${this.#proof}`;
  }
}
