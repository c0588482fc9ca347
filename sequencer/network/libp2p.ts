import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import type { PeerId } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { createLibp2p, type Libp2p } from "libp2p";
import { limits } from "../../protocol/index.ts";
import { streamWindowBytes } from "./channel.ts";

/** A peer has one connection, two when both dial at once, and a while longer those that are already broken. */
export const connectionsPerPeerMax = 4;

/** The library as this network wants it, not started yet: TCP, Noise, Yamux, and none of its own discovery or redialling. */
export async function createNode(options: {
  readonly privateKeySeed: Uint8Array;
  readonly listen: readonly string[];
  readonly mayConnect: (id: PeerId) => boolean;
}): Promise<Libp2p> {
  const { privateKeySeed, listen, mayConnect } = options;
  return createLibp2p({
    start: false,
    privateKey: await generateKeyPairFromSeed("Ed25519", privateKeySeed),
    addresses: { listen: [...listen] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: 16,
        streamOptions: {
          initialStreamWindowSize: streamWindowBytes,
          maxStreamWindowSize: streamWindowBytes,
          // Never reached, as senders wait for room; without it there would be no bound at all.
          maxWriteBufferLength: streamWindowBytes,
        },
      }),
    ],
    // The first place where the identity is proven.
    connectionGater: { denyInboundEncryptedConnection: (id) => !mayConnect(id) },
    connectionManager: {
      maxConnections: connectionsPerPeerMax * limits.committeeMax,
      // By default a host may open five connections a second: too few for nodes behind one address.
      inboundConnectionThreshold: 64,
      maxIncomingPendingConnections: limits.committeeMax,
    },
    connectionMonitor: { enabled: false },
  });
}
