import { once } from "node:events";
import * as net from "node:net";
import type { Bytes } from "../../src/base/bytes.ts";
import { randomBytes, type Rng, seededRng } from "../../src/base/rng.ts";
import type { ProxyPlace } from "../../src/connections/route.ts";
import {
  destinationAddress, destinationOfKey, fromI2pBase64, toI2pBase64,
} from "../../src/io/networks/i2p_address.ts";
import { SocketTalk } from "../../src/io/networks/socket_talk.ts";
import { formatHost } from "../../src/primitives/host_text.ts";

interface Session {
  readonly id: string;
  /** Its destination, as the bridge shows it to peers. */
  readonly destination: string;
  /** Sockets that wait for a peer. */
  readonly waiting: net.Socket[];
}

export interface SamBehaviour {
  /** In place of the usual answer to a command that begins so, once; empty for none. It is then forgotten. */
  readonly answers?: Map<string, string>;
}

const WAIT = 10_000;
/** Of keys of the length that I2P's usual signatures have: a destination of 391 bytes, and secrets. */
const DESTINATION_BYTES = 391;
const KEY_BYTES = 679;

/** An I2P router's SAM 3.1 bridge, whose network is this one router. */
export class SamBridge {
  /** All commands, without private keys. */
  readonly commands: string[] = [];
  readonly place: ProxyPlace;
  readonly #server: net.Server;
  readonly #behaviour: SamBehaviour;
  readonly #sessions = new Map<string, Session>();
  readonly #sockets = new Set<net.Socket>();
  readonly #rng: Rng = seededRng(1);

  private constructor(server: net.Server, behaviour: SamBehaviour) {
    this.#server = server;
    this.#behaviour = behaviour;
    this.place = { type: "tcp", host: "127.0.0.1", port: (server.address() as net.AddressInfo).port };
    server.on("connection", (socket) => {
      this.#keep(socket);
      this.#serve(socket).catch(() => socket.destroy());
    });
  }

  static async start(behaviour: SamBehaviour = {}): Promise<SamBridge> {
    const server = net.createServer({ noDelay: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new SamBridge(server, behaviour);
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** As a router that is restarted: all is forgotten, and it goes on. */
  forgetAll(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sessions.clear();
  }

  close(): void {
    this.#server.close();
    this.forgetAll();
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
  }

  async #serve(socket: net.Socket): Promise<void> {
    const talk = new SocketTalk(socket);
    for (;;) {
      const line = await talk.line(100_000, WAIT * 10);
      this.commands.push(line.replace(/DESTINATION=[A-Za-z0-9~=-]{800,}/, "DESTINATION=<key>"));
      const planned = this.#planned(line);
      if (planned !== undefined) {
        if (planned !== "") socket.write(`${planned}\n`);
        continue;
      }
      const fields = new Map(line.split(" ").map((part): [string, string] => {
        const [key = "", ...rest] = part.split("=");
        return [key, rest.join("=")];
      }));
      const isTaken = await this.#answer(line, fields, talk);
      if (isTaken) return;
    }
  }

  #planned(line: string): string | undefined {
    const { answers } = this.#behaviour;
    for (const [start, answer] of answers ?? []) {
      if (!line.startsWith(start)) continue;
      answers?.delete(start);
      return answer;
    }
    return undefined;
  }

  /** True when the socket is a stream from now on. */
  async #answer(line: string, fields: ReadonlyMap<string, string>, talk: SocketTalk): Promise<boolean> {
    const { socket } = talk;
    const say = (text: string): boolean => socket.write(`${text}\n`);
    if (line.startsWith("HELLO")) {
      say("HELLO REPLY RESULT=OK VERSION=3.1");
    } else if (line.startsWith("DEST GENERATE")) {
      const key = this.#newKey();
      say(`DEST REPLY PUB=${toI2pBase64(destinationOfKey(key) as Bytes)} PRIV=${toI2pBase64(key)}`);
    } else if (line.startsWith("SESSION CREATE")) {
      this.#createSession(fields, talk);
    } else if (line.startsWith("NAMING LOOKUP")) {
      const name = fields.get("NAME") ?? "";
      const found = [...this.#sessions.values()].find(({ destination }) => nameOf(destination) === name);
      say(found === undefined ? `NAMING REPLY RESULT=KEY_NOT_FOUND NAME=${name}`
        : `NAMING REPLY RESULT=OK NAME=${name} VALUE=${found.destination}`);
    } else if (line.startsWith("STREAM CONNECT")) {
      return this.#connect(fields, talk);
    } else if (line.startsWith("STREAM ACCEPT")) {
      const session = this.#sessions.get(fields.get("ID") ?? "");
      say(`STREAM STATUS RESULT=${session === undefined ? "INVALID_ID" : "OK"}`);
      session?.waiting.push(socket);
      if (session !== undefined) talk.release();
      return session !== undefined;
    }
    return false;
  }

  #createSession(fields: ReadonlyMap<string, string>, { socket }: SocketTalk): void {
    const id = fields.get("ID") ?? "";
    const given = fields.get("DESTINATION") ?? "";
    const key = given === "TRANSIENT" ? this.#newKey() : fromI2pBase64(given);
    const destination = key === undefined ? undefined : destinationOfKey(key);
    if (key === undefined || destination === undefined) {
      socket.write("SESSION STATUS RESULT=INVALID_KEY\n");
      return;
    }
    this.#sessions.set(id, { id, destination: toI2pBase64(destination), waiting: [] });
    socket.once("close", () => this.#sessions.delete(id));
    socket.write(`SESSION STATUS RESULT=OK DESTINATION=${toI2pBase64(key)}\n`);
  }

  #connect(fields: ReadonlyMap<string, string>, talk: SocketTalk): boolean {
    const from = this.#sessions.get(fields.get("ID") ?? "");
    const wanted = fields.get("DESTINATION");
    const to = [...this.#sessions.values()].find(({ destination }) => destination === wanted);
    const listener = to?.waiting.shift();
    const result = from === undefined ? "INVALID_ID" : listener === undefined ? "CANT_REACH_PEER" : "OK";
    talk.socket.write(`STREAM STATUS RESULT=${result}\n`);
    if (from === undefined || listener === undefined) return false;
    listener.write(`${from.destination}\n`);
    talk.release().pipe(listener).pipe(talk.socket);
    return true;
  }

  #newKey(): Bytes {
    const key = randomBytes(this.#rng, KEY_BYTES);
    key.set([5, 0, DESTINATION_BYTES - 387], 384);
    return key;
  }
}

function nameOf(destination: string): string {
  const bytes = fromI2pBase64(destination);
  return bytes === undefined ? "" : formatHost(destinationAddress(bytes));
}
