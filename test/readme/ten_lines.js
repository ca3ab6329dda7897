import { chains, createNode } from "tidings";

const alice = await createNode({ chain: chains.regtest, listen: ["127.0.0.1:0"] });
const bob = await createNode({ chain: chains.regtest });
const [host, port] = alice.address.split(":");
await bob.connect(host, Number(port));
for (const peer of bob.peers.list()) console.log(peer.direction, peer.address, peer.userAgent);
await bob.close();
await alice.close();
